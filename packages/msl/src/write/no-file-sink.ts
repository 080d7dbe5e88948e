import { MslError } from "../errors.js";
import type { FileSinkOptions, ResumableFile } from "./options.js";
import type { Sink } from "./sink.js";

/** Replaces file-sink.ts in browsers and workerd, which have no file system. Throws `sink`. */
export async function fileSink(path: string | URL, _options?: FileSinkOptions): Promise<Sink> {
  throw noFiles(path);
}

export async function openUnfinished(path: string | URL, _options: FileSinkOptions): Promise<ResumableFile> {
  throw noFiles(path);
}

function noFiles(path: string | URL): MslError {
  return new MslError(
    "sink",
    `${String(path)} cannot be written: this runtime has no file system; pass a Sink or a WritableStream`,
  );
}
