/** Sinks that write files, in Node, Bun and Deno. */
import { type FileHandle, open } from "node:fs/promises";
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import { requireOptions } from "../options/require-options.js";
import { FILE_SINK } from "../options/writing.js";
import { openFileSource } from "../source/file-source.js";
import type { FileSinkOptions, ResumableFile, SyncPolicy } from "./options.js";
import type { FlushPolicy, Sink } from "./sink.js";

class FileSink extends Shown implements Sink {
  /** A power failure costs one block at most only if each block reaches the file at once. */
  readonly flushPolicy: FlushPolicy;
  readonly keepsBytes = false;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sync: SyncPolicy;
  #closed = false;

  constructor(handle: FileHandle, path: string, { sync = "end" }: FileSinkOptions) {
    super();
    this.#handle = handle;
    this.#path = path;
    this.#sync = sync;
    this.flushPolicy = sync === "block" ? "block" : "gathered";
  }

  override toJSON() {
    return { path: this.#path, closed: this.#closed };
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      done += (await this.#try(() => this.#handle.write(bytes, done, bytes.length - done))).bytesWritten;
    }
  }

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    let left = parts;
    while (left.length > 0) {
      const { bytesWritten } = await this.#try(() => this.#handle.writev(left));
      left = behind(left, bytesWritten);
    }
  }

  async flush(): Promise<void> {
    if (this.#sync === "block") await this.#try(() => this.#handle.datasync());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      if (this.#sync !== "never") await this.#try(() => this.#handle.sync());
    } finally {
      await this.#handle.close();
    }
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new MslError("sink", `${this.#path} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }
}

/** What is left of arrays behind their first `done` bytes: a call of the system may write less than all. */
function behind(parts: readonly Uint8Array[], done: number): readonly Uint8Array[] {
  let before = 0;
  return parts.flatMap((part) => {
    const at = Math.max(0, done - before);
    before += part.length;
    return at < part.length ? [part.subarray(at)] : [];
  });
}

/** Creates a file for a capture. Throws `usage` for wrong options, and `sink` with the system's reason, such as a file that exists. */
export async function fileSink(path: string | URL, options: FileSinkOptions = {}): Promise<Sink> {
  requireOptions(FILE_SINK, options);
  return openSink(path, options.overwrite ? "w" : "wx", options);
}

/** Opens a file that holds an unfinished capture. Throws `source` if it cannot be read. */
export async function openUnfinished(path: string | URL, options: FileSinkOptions): Promise<ResumableFile> {
  return {
    source: await openFileSource(path),
    append: async (offset) => {
      await cutAt(path, offset);
      return openSink(path, "a", options);
    },
  };
}

async function cutAt(path: string | URL, size: number): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r+");
    await handle.truncate(size);
  } catch (cause) {
    throw new MslError("sink", `${String(path)} cannot be cut to ${size} bytes: ${(cause as Error).message}`, { cause });
  } finally {
    await handle?.close();
  }
}

async function openSink(path: string | URL, flags: string, options: FileSinkOptions): Promise<Sink> {
  try {
    return new FileSink(await open(path, flags, options.mode), String(path), options);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "EEXIST" ? "it exists already, and `overwrite` is not set" : message;
    throw new MslError("sink", `${String(path)} cannot be opened for writing: ${reason}`, { cause });
  }
}
