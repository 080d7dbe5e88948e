/** Files of Node, Bun and Deno. */
import { type FileHandle, open } from "node:fs/promises";
import { MslError, throwIfAborted } from "../errors.js";
import { requireRange, type Source } from "./source.js";

class FileSource implements Source {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle;
    this.#path = path;
    this.size = size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const target = new Uint8Array(length);
    await this.readInto(offset, target, signal);
    return target;
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    requireRange(offset, target.length, this.size);
    for (let done = 0; done < target.length; ) {
      throwIfAborted(signal);
      const bytesRead = await this.#readOnce(target, done, offset + done);
      if (bytesRead === 0) {
        throw new MslError("truncated", `${this.#path} became shorter while it was read: it ends at offset ${offset + done}`, {
          offset: offset + done,
        });
      }
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #readOnce(target: Uint8Array, from: number, position: number): Promise<number> {
    try {
      return (await this.#handle.read(target, from, target.length - from, position)).bytesRead;
    } catch (cause) {
      throw new MslError("source", `${this.#path} cannot be read at offset ${position}: ${(cause as Error).message}`, {
        offset: position,
        cause,
      });
    }
  }
}

/** Opens a regular file. Throws `source` with the system's reason. */
export async function openFileSource(path: string | URL): Promise<Source> {
  const name = String(path);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const status = await handle.stat();
    if (!status.isFile()) throw new Error("it is not a regular file");
    return new FileSource(handle, name, status.size);
  } catch (cause) {
    await handle?.close();
    throw new MslError("source", `${name} cannot be opened: ${(cause as Error).message}`, { cause });
  }
}
