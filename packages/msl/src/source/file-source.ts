/** Files of Node, Bun and Deno. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { MslError, throwIfAborted } from "../errors.js";
import { requireRange, type Source } from "./source.js";

/** A file that other threads of this process can read by its descriptor. */
export interface LendableFile {
  /** The file stays open until it is given back. `onClose` is called when its owner closes it: the borrower gives it back soon then. */
  lend(onClose?: () => void): LentFile;
}

/** A file that other threads of this process read, too. The file stays open until `giveBack` is called. */
export interface LentFile {
  /** The descriptor of the file in every thread of this process. */
  readonly descriptor: number;
  readonly path: string;
  /** Tells that no thread reads the file any more. */
  giveBack(): void;
}

class FileSource implements Source, LendableFile {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #path: string;
  /** When it was opened. */
  readonly #status: FileStatus;
  readonly #lent = new Map<Promise<void>, (() => void) | undefined>();
  #isClosed = false;

  constructor(handle: FileHandle, path: string, status: FileStatus) {
    this.#handle = handle;
    this.#path = path;
    this.#status = status;
    this.size = Number(status.size);
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

  /** Waits until every borrower has given the file back: once the file is closed, its descriptor may mean another file. */
  async close(): Promise<void> {
    for (const onClose of this.#lent.values()) onClose?.();
    await Promise.all(this.#lent.keys());
    this.#isClosed = true;
    await this.#handle.close();
  }

  /**
   * Compares size and time of the last change, which the system counts in steps of up to 10 ms: two writes within one step have one time. What is written
   * through a mapping counts when the system notes it, on some file systems never. A closed file is not asked.
   */
  async requireUnchanged(): Promise<void> {
    if (this.#isClosed) return;
    const { size, mtimeNs } = await statusOf(this.#handle, this.#path);
    if (size === this.#status.size && mtimeNs === this.#status.mtimeNs) return;
    const found =
      size === this.#status.size
        ? "it was written to since it was opened"
        : `it has ${size} bytes, and had ${this.#status.size} when it was opened`;
    throw new MslError(
      "changed",
      `${this.#path} was changed while it was open: ${found}. What was found in it may be made of bytes from before and after; copy it to where nobody writes, and ask the copy`,
    );
  }

  lend(onClose?: () => void): LentFile {
    let giveBack = () => {};
    const returned = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    this.#lent.set(returned, onClose);
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

/** The facts by which a change of a file is noticed. */
interface FileStatus {
  readonly size: bigint;
  readonly mtimeNs: bigint;
}

async function statusOf(handle: FileHandle, path: string): Promise<FileStatus> {
  try {
    return await handle.stat({ bigint: true });
  } catch (cause) {
    throw new MslError("source", `The system does not tell whether ${path} was changed: ${(cause as Error).message}`, { cause });
  }
}

/** Opens a regular file. Throws `source` with the system's reason. */
export async function openFileSource(path: string | URL): Promise<Source> {
  const name = String(path);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const status = await handle.stat({ bigint: true });
    if (!status.isFile()) throw new Error("it is not a regular file");
    return new FileSource(handle, name, status);
  } catch (cause) {
    await handle?.close();
    throw new MslError("source", `${name} cannot be opened: ${(cause as Error).message}`, { cause });
  }
}

/** Whether the file system has an entry of this name, of whatever kind. */
export async function isLocalFile(name: string): Promise<boolean> {
  return stat(name).then(
    () => true,
    () => false,
  );
}

/** The file behind a source, if its descriptor means the same file in all threads, as in Node and Bun; in Deno it does not. */
export function lendableFile(source: Source): LendableFile | undefined {
  return source instanceof FileSource && !("Deno" in globalThis) ? source : undefined;
}

/** A file that ends before bytes that it had when it was opened; also for threads that read it by its descriptor. */
export function shortenedFile(path: string, offset: number): MslError {
  return new MslError("truncated", `${path} became shorter while it was read: there is nothing at offset ${offset} any more`, {
    offset,
  });
}

/** A read that the system refused; also for threads that read by descriptor. */
export function unreadableFile(path: string, offset: number, cause: unknown): MslError {
  return new MslError("source", `${path} cannot be read at offset ${offset}: ${(cause as Error).message}`, { offset, cause });
}
