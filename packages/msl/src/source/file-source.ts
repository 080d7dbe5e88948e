/** Files of Node, Bun and Deno. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { MslError, throwIfAborted } from "../errors.js";
import { shortenedFile, unreadableFile } from "./file-errors.js";
import { requireRange, type Source } from "./source.js";

/** A file that other threads of this process read too. It stays open until `giveBack` is called. */
export interface LentFile {
  readonly descriptor: number;
  readonly path: string;
  giveBack(): void;
}

class FileSource implements Source {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #lent = new Set<Promise<void>>();

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
      if (bytesRead === 0) throw shortenedFile(this.#path, offset + done);
      done += bytesRead;
    }
  }

  /** Waits for those who borrowed the file: its descriptor may mean another file once this one is closed. */
  async close(): Promise<void> {
    await Promise.all(this.#lent);
    await this.#handle.close();
  }

  lend(): LentFile {
    let giveBack = () => {};
    const returned = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    this.#lent.add(returned);
    returned.then(() => this.#lent.delete(returned));
    return { descriptor: this.#handle.fd, path: this.#path, giveBack };
  }

  async #readOnce(target: Uint8Array, from: number, position: number): Promise<number> {
    try {
      return (await this.#handle.read(target, from, target.length - from, position)).bytesRead;
    } catch (cause) {
      throw unreadableFile(this.#path, position, cause);
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

/** Whether there is something of this name, whatever it is. */
export async function isLocalFile(name: string): Promise<boolean> {
  return stat(name).then(
    () => true,
    () => false,
  );
}

/** The file behind a source, if its descriptor means the same in all threads: in Deno it does not. */
export function lendFile(source: Source): LentFile | undefined {
  return source instanceof FileSource && !("Deno" in globalThis) ? source.lend() : undefined;
}
