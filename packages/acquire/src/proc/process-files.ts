/**
 * The files of /proc through which the memory of one process is read. They go on to mean the same address space when the process runs another program (execve),
 * until `follow` is called, or ends and its pid is given to another process; its memory then reads as gone, never as that of the other one.
 */
import { closeSync, openSync, read, readSync } from "node:fs";
import { MslError } from "@memslice/msl";
import { FileNames } from "./file-names.js";
import { type Mapping, parseMappings } from "./mapping.js";
import { errnoOf, unreadable } from "./proc-file.js";
import { processStat } from "./process-stat.js";
import { hasEnded, memoryTask } from "./process-threads.js";

/** Bytes that are read of a text at once. */
const TEXT_PIECE = 256 * 1024;
/** The first position that a read of a file cannot have: the kernel's type of file offsets is signed. */
const POSITION_END = 1n << 63n;
const PAGEMAP_ENTRY_BYTES = 8n;
const FIRST_LINES_BYTES = 4096;

/** The result of a read of memory: the bytes that were read, or the system's reason. `gone`: the address space is no more. */
export interface MemoryBytes {
  readonly bytes: number;
  readonly failure?: "unreadable" | "gone";
}

/** Descriptors of files of /proc, by their names. */
type OpenedFiles = Readonly<Record<"mem" | "pagemap" | "smaps" | "maps", number>>;

export class ProcessFiles {
  readonly pid: number;
  /** Start time of the process, in clock ticks since the start of the system. */
  readonly startTicks: bigint;
  readonly #names: FileNames;
  #opened: OpenedFiles;
  #closed = false;

  /** Throws `source` naming the file that cannot be opened. */
  constructor(pid: number, names: FileNames = new FileNames()) {
    this.pid = pid;
    this.#names = names;
    this.startTicks = processStat(pid).startTicks;
    this.#opened = openedFiles(pid);
  }

  /**
   * Opens the files again, for the program that the process runs now. Returns whether that is another one than before. A process that has ended keeps the files.
   * Throws `source` if the files of the new program may not be read.
   */
  follow(): boolean {
    if (!this.isAlive) return false;
    let opened: OpenedFiles;
    try {
      opened = openedFiles(this.pid);
    } catch (error) {
      if (!this.isAlive) return false;
      throw error;
    }
    // The pid may have been given to another process before the files were opened.
    const [kept, closed] = this.isAlive ? [opened, this.#opened] : [this.#opened, opened];
    const isOther = kept === opened && !firstLines(opened.maps).equals(firstLines(closed.maps));
    this.#opened = kept;
    closeAll(closed);
    return isOther;
  }

  /** The mappings with the kernel's counts, which it makes by going over all page tables. None if the address space is gone. */
  async mappings(): Promise<Mapping[]> {
    return this.#named(await this.#text(this.#opened.smaps, "smaps"));
  }

  /** The mappings without counts: much quicker. */
  async mappedRanges(): Promise<Mapping[]> {
    return this.#named(await this.#text(this.#opened.maps, "maps"));
  }

  #named(text: string): Mapping[] {
    return this.#names.named(this.pid, parseMappings(text));
  }

  /** To be called before the process is stopped: names of its files are no longer looked up. */
  keepNames(): void {
    this.#names.keep();
  }

  /** Whether the process runs, and has not become another one under the same pid. */
  get isAlive(): boolean {
    try {
      const stat = processStat(this.pid);
      return stat.startTicks === this.startTicks && !hasEnded(stat);
    } catch {
      return false;
    }
  }

  /**
   * Reads the entries of /proc/PID/pagemap of the pages from `firstPage` on, 8 bytes each. Returns the number of entries: fewer at the end of the
   * address space, 0 if it is gone.
   */
  async pagemap(firstPage: bigint, target: Uint8Array): Promise<number> {
    const position = firstPage * PAGEMAP_ENTRY_BYTES;
    try {
      return Math.floor((await readLater(this.#opened.pagemap, target, position)) / Number(PAGEMAP_ENTRY_BYTES));
    } catch (cause) {
      throw unreadable(`/proc/${this.pid}/pagemap`, cause);
    }
  }

  /** The same, at once: for a few pages. */
  pagemapNow(firstPage: bigint, target: Uint8Array): number {
    try {
      return Math.floor(
        readSync(this.#opened.pagemap, target, 0, target.length, firstPage * PAGEMAP_ENTRY_BYTES) / Number(PAGEMAP_ENTRY_BYTES),
      );
    } catch (cause) {
      throw unreadable(`/proc/${this.pid}/pagemap`, cause);
    }
  }

  /** Reads memory by another thread, so that this one does other work meanwhile. Stops at the first page that cannot be read. */
  async memory(address: bigint, target: Uint8Array): Promise<MemoryBytes> {
    if (address + BigInt(target.length) > POSITION_END) return { bytes: 0, failure: "unreadable" };
    try {
      const bytes = await readLater(this.#opened.mem, target, address);
      return bytes === 0 ? { bytes, failure: "gone" } : { bytes };
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  /** The same, by this thread: quicker for a few pages. */
  memoryNow(address: bigint, target: Uint8Array): MemoryBytes {
    if (address + BigInt(target.length) > POSITION_END) return { bytes: 0, failure: "unreadable" };
    try {
      const bytes = readSync(this.#opened.mem, target, 0, target.length, address);
      return bytes === 0 ? { bytes, failure: "gone" } : { bytes };
    } catch (cause) {
      return this.#failed(cause);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeAll(this.#opened);
  }

  /** EIO and EFAULT say that a page cannot be read. Every other reason concerns the file. */
  #failed(cause: unknown): MemoryBytes {
    const reason = errnoOf(cause);
    if (reason === "EIO" || reason === "EFAULT") return { bytes: 0, failure: "unreadable" };
    if (reason === "ESRCH") return { bytes: 0, failure: "gone" };
    throw new MslError(
      "source",
      `/proc/${this.pid}/mem cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }

  /** All of a text that the kernel writes while it is read. */
  async #text(descriptor: number, name: string): Promise<string> {
    const pieces: Buffer[] = [];
    for (let position = 0; ; ) {
      const piece = Buffer.allocUnsafe(TEXT_PIECE);
      const bytes = await this.#piece(descriptor, piece, position, name);
      if (bytes === 0) return Buffer.concat(pieces).toString("utf8");
      pieces.push(piece.subarray(0, bytes));
      position += bytes;
    }
  }

  async #piece(descriptor: number, piece: Buffer, position: number, name: string): Promise<number> {
    try {
      return await readLater(descriptor, piece, BigInt(position));
    } catch (cause) {
      if (errnoOf(cause) === "ESRCH") return 0;
      throw unreadable(`/proc/${this.pid}/${name}`, cause);
    }
  }
}

/** Throws `source` naming the file that cannot be opened. */
function openedFiles(pid: number): OpenedFiles {
  const opened: number[] = [];
  const task = memoryTask(pid);
  const open = (name: keyof OpenedFiles) => {
    const path = `/proc/${task}/${name}`;
    try {
      const descriptor = openSync(path, "r");
      opened.push(descriptor);
      return descriptor;
    } catch (cause) {
      for (const descriptor of opened) closeSync(descriptor);
      throw unreadable(path, cause);
    }
  };
  return { mem: open("mem"), pagemap: open("pagemap"), smaps: open("smaps"), maps: open("maps") };
}

function closeAll(files: OpenedFiles): void {
  for (const descriptor of Object.values(files)) closeSync(descriptor);
}

/** The first lines of an opened maps file, as many as the kernel writes at once; none if the address space is gone. */
function firstLines(maps: number): Buffer {
  const lines = Buffer.alloc(FIRST_LINES_BYTES);
  try {
    return lines.subarray(0, readSync(maps, lines, 0, lines.length, 0));
  } catch {
    return lines.subarray(0, 0);
  }
}

/** Reads by a thread of the runtime. Positions are 64-bit. */
function readLater(descriptor: number, target: Uint8Array, position: bigint): Promise<number> {
  return new Promise((resolve, reject) => {
    read(descriptor, target, 0, target.length, position, (error, bytes) => (error ? reject(error) : resolve(bytes)));
  });
}
