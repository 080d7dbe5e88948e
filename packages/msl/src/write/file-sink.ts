/** Sinks that write files, in Node, Bun and Deno. Long runs of zeros become holes of the file, as cp makes them: they read as zeros and take no room on the disk. */
import { type FileHandle, open } from "node:fs/promises";
import { isZeroFilled } from "#hash";
import { MslError } from "../errors.js";
import { Shown } from "../json/shown.js";
import { requireOptions } from "../options/require-options.js";
import { FILE_SINK } from "../options/writing.js";
import { openFileSource } from "../source/file-source.js";
import type { FileSinkOptions, ResumableFile, SyncPolicy } from "./options.js";
import type { FlushPolicy, Sink } from "./sink.js";

/** Bytes of a part that is a hole if all of it is zeros: a write for each shorter run would take longer than writing the zeros. */
const PART_BYTES = 64 * 1024;
/** Shorter parts, at the end of what is given, are written. */
const SHORTEST_HOLE = 4096;

class FileSink extends Shown implements Sink {
  /** A power failure costs one block at most only if each block reaches the file at once. */
  readonly flushPolicy: FlushPolicy;
  readonly keepsBytes = false;
  readonly takesShared = true;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sync: SyncPolicy;
  /** Bytes of the file so far, with holes. From the first hole on, bytes are written by position. */
  #end = 0;
  #hasHoles = false;
  /** Whether the file is to end with zeros that it does not have yet. */
  #endsInHole = false;
  /** Whether holes may be left; undefined as long as the system was not asked. */
  #leavesHoles: boolean | undefined;
  #closed = false;

  /** `isEmpty`: bytes are written from the start of the file on. Others are appended, wherever the file ends. */
  constructor(handle: FileHandle, path: string, isEmpty: boolean, { sync = "end" }: FileSinkOptions) {
    super();
    this.#handle = handle;
    this.#path = path;
    if (!isEmpty || !isZeroFilled) this.#leavesHoles = false;
    this.#sync = sync;
    this.flushPolicy = sync === "block" ? "block" : "gathered";
  }

  override toJSON() {
    return { path: this.#path, closed: this.#closed };
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { zeros, end } = this.#leavesHoles === false ? { zeros: false, end: bytes.length } : runOf(bytes, at);
      if (zeros && (await this.#mayLeaveHoles())) {
        this.#end += end - at;
        this.#hasHoles = true;
        this.#endsInHole = true;
      } else await this.#writeAll(bytes, at, end);
      at = end;
    }
  }

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    let left = parts;
    while (left.length > 0) {
      const { bytesWritten } = await this.#try(() => this.#handle.writev(left, this.#position()));
      this.#count(bytesWritten);
      left = behind(left, bytesWritten);
    }
  }

  async flush(): Promise<void> {
    await this.#endAtHole();
    if (this.#sync === "block") await this.#try(() => this.#handle.datasync());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#endAtHole();
      if (this.#sync !== "never") await this.#try(() => this.#handle.sync());
    } finally {
      await this.#handle.close();
    }
  }

  async #writeAll(bytes: Uint8Array, from: number, end: number): Promise<void> {
    for (let at = from; at < end; ) {
      const { bytesWritten } = await this.#try(() => this.#handle.write(bytes, at, end - at, this.#position()));
      this.#count(bytesWritten);
      at += bytesWritten;
    }
  }

  /** Where the next bytes are written; undefined for where the last ones ended: pipes and files that are appended to have no positions. */
  #position(): number | undefined {
    return this.#hasHoles ? this.#end : undefined;
  }

  #count(bytesWritten: number): void {
    this.#end += bytesWritten;
    if (bytesWritten > 0) this.#endsInHole = false;
  }

  /** Only regular files have holes. */
  async #mayLeaveHoles(): Promise<boolean> {
    this.#leavesHoles ??= (await this.#try(() => this.#handle.stat())).isFile();
    return this.#leavesHoles;
  }

  /** Gives the file the length of all that was written, also where it ends with a hole. */
  async #endAtHole(): Promise<void> {
    if (!this.#endsInHole) return;
    await this.#try(() => this.#handle.truncate(this.#end));
    this.#endsInHole = false;
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new MslError("sink", `${this.#path} cannot be written: ${(cause as Error).message}`, { cause });
    }
  }
}

/** The longest run of parts from `from` on that are all zeros, or all to be written. */
function runOf(bytes: Uint8Array, from: number): { readonly zeros: boolean; readonly end: number } {
  const zeros = isHole(bytes, from);
  let end = from + PART_BYTES;
  while (end < bytes.length && isHole(bytes, end) === zeros) end += PART_BYTES;
  return { zeros, end: Math.min(end, bytes.length) };
}

function isHole(bytes: Uint8Array, from: number): boolean {
  const part = bytes.subarray(from, from + PART_BYTES);
  return part.length >= SHORTEST_HOLE && isZeroFilled?.(part) === true;
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
    return new FileSink(await open(path, flags, options.mode), String(path), flags !== "a", options);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === "EEXIST" ? "it exists already, and `overwrite` is not set" : message;
    throw new MslError("sink", `${String(path)} cannot be opened for writing: ${reason}`, { cause });
  }
}
