/** Files in runtimes that have none, browsers and workerd, in place of file-source.ts and file-sink.ts: every attempt to open a file throws. */
import { MslError } from "../errors.js";
import type { FileSinkOptions, ResumableFile } from "../write/options.js";
import type { Sink } from "../write/sink.js";
import type { Source } from "./source.js";

/** Throws `source`. */
export async function openFileSource(path: string | URL): Promise<Source> {
  throw noFiles("source", path, "opened", "bytes, a Blob or a Source");
}

export function lendableFile(_source: Source): undefined {}

export async function isLocalFile(_name: string): Promise<boolean> {
  return false;
}

/** Throws `sink`. */
export async function fileSink(path: string | URL, _options?: FileSinkOptions): Promise<Sink> {
  throw noFiles("sink", path, "written", "a Sink or a WritableStream");
}

/** Throws `sink`. */
export async function openUnfinished(path: string | URL, _options: FileSinkOptions): Promise<ResumableFile> {
  throw noFiles("sink", path, "written", "a Sink or a WritableStream");
}

function noFiles(code: "source" | "sink", path: string | URL, done: string, other: string): MslError {
  return new MslError(code, `${String(path)} cannot be ${done}: this runtime has no file system; pass ${other}`);
}
