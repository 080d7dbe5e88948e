/** Files of a new folder, which only their owner can read: written from front to back, and able to leave bytes out. */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RawTarget, SparseSink } from "@memslice/convert";
import { MslError } from "@memslice/msl";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Makes each file in `folder`, and the folders in their names. */
export function newFilesIn(folder: string): RawTarget {
  return {
    file: async (name) => {
      const path = join(folder, name);
      return tried(path, async () => {
        await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
        return new SparseFile(await open(path, "wx", FILE_MODE), path);
      });
    },
  };
}

class SparseFile implements SparseSink {
  readonly keepsBytes = false;
  readonly #handle: FileHandle;
  readonly #path: string;
  #position = 0n;
  #closed = false;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await tried(this.#path, () =>
        writtenAt(this.#handle, bytes.subarray(done), this.#position + BigInt(done)),
      );
      done += bytesWritten;
    }
    this.#position += BigInt(bytes.length);
  }

  skip(bytes: bigint): void {
    this.#position += bytes;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

const TOO_LARGE = ". Addresses of a process lie up to 128 TiB apart: name ranges with --range, or write a file for each region";

/** Node takes positions as numbers, which are exact up to 8 PiB; file systems end at 8 EiB. */
function writtenAt(handle: FileHandle, bytes: Uint8Array, position: bigint) {
  if (position > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new Error(`byte ${position} lies behind the last one that a file can have here${TOO_LARGE}`);
  }
  return handle.write(bytes, 0, bytes.length, Number(position));
}

async function tried<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const hint = (cause as NodeJS.ErrnoException).code === "EFBIG" ? TOO_LARGE : "";
    throw new MslError("sink", `${path} cannot be written: ${message}${hint}`, { cause });
  }
}
