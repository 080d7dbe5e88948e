/**
 * A copy of a stream in a temporary file, for random access. The file has no name while it is used: the system removes it when the process
 * ends, in whatever way.
 */
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { MslError, type Source } from "@memslice/msl";

const ONLY_OWNER = 0o600;

export class Spool implements Source {
  readonly size: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  /** Copies the stream to its end. Throws `limit` if it has more than `limit` bytes, `source`, `aborted`. */
  static async of(stream: Readable, limit: number, signal: AbortSignal): Promise<Spool> {
    const file = await unnamedFile();
    try {
      return new Spool(file, await copy(stream, file, limit));
    } catch (cause) {
      await file.close();
      if (cause instanceof MslError) throw cause;
      if (signal.aborted) throw new MslError("aborted", "The operation was cancelled", { cause });
      throw failure("The stream cannot be kept in a temporary file", cause);
    }
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const target = new Uint8Array(length);
    await this.readInto(offset, target, signal);
    return target;
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    for (let done = 0; done < target.length; ) {
      if (signal?.aborted) throw new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
      const { bytesRead } = await this.#file.read(target, done, target.length - done, offset + done).catch((cause: unknown) => {
        throw failure(`The temporary file cannot be read at offset ${offset + done}`, cause);
      });
      if (bytesRead === 0) {
        throw new MslError("truncated", `${target.length} bytes at offset ${offset} pass the end of the stream at ${this.size}`, {
          offset,
        });
      }
      done += bytesRead;
    }
  }

  /** Removes the file. Not called `close`: a reader closes its source, and the same spool may be opened by a second reader. */
  async remove(): Promise<void> {
    await this.#file.close();
  }
}

async function unnamedFile(): Promise<FileHandle> {
  try {
    const folder = await mkdtemp(join(tmpdir(), "msl-"));
    try {
      return await open(join(folder, "stream"), "wx+", ONLY_OWNER);
    } finally {
      await rm(folder, { recursive: true });
    }
  } catch (cause) {
    throw failure("No temporary file can be made for the stream", cause);
  }
}

async function copy(stream: Readable, file: FileHandle, limit: number): Promise<number> {
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > limit) {
      const message = `The stream has more than ${limit} bytes, the maximum for a temporary file (spoolLimit): save the stream to a file, and give the name of that file`;
      throw new MslError("limit", message, { offset: limit });
    }
    for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
  }
  return size;
}

function failure(sentence: string, cause: unknown): MslError {
  return new MslError("source", `${sentence}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
