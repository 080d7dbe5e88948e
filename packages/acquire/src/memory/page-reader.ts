/** Reads the pages of a fragment into a buffer, and tells for each page whether its bytes are there, could not be read, or whether the page is gone. */
import type { PageState, PageStretch } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { isGuard, missingFrom, type PageStretchAt } from "../proc/page-table.js";
import type { MemoryBytes, ProcessFiles } from "../proc/process-files.js";

/** The fewest bytes that another thread reads. Handing a read over takes as long as reading about a quarter of them. */
const LATER_BYTES = 128 * 1024;
/** The fewest bytes that two threads or more read, a part each. */
const PARALLEL_BYTES = 2 * 1024 * 1024;
const PARALLEL_MOST = 4;
/** Bytes that are read in about a microsecond. */
const BYTES_PER_UNIT = 2048;
/** Units that a failed read takes, beside the bytes. */
const UNITS_PER_CALL = 2;

/** The files of a process that pages are read from. */
type PageFiles = Pick<ProcessFiles, "memory" | "memoryNow" | "pagemapNow" | "mappedRanges">;

/** What was read of a fragment. */
export interface PagesRead {
  /** From the first page of the fragment to its last. */
  readonly states: readonly PageStretch[];
  /** The bytes of the captured pages, at the start of the buffer. */
  readonly bytes: number;
  /** The process has ended, or runs another program: what follows is gone, too. */
  readonly isGone: boolean;
}

export interface ReadOptions {
  readonly pageBytes: number;
  /** Pages that are not there are tried too: those of a mapped file. */
  readonly triesAll?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** `target` has room for all pages of the stretches that are there. Throws `aborted`, and `source` if the files of the process fail. */
export async function readPages(
  files: PageFiles,
  stretches: readonly PageStretchAt[],
  target: Uint8Array,
  options: ReadOptions,
): Promise<PagesRead> {
  const reading = new Reading(files, target, options);
  for (const { start, end, present } of stretches) {
    if (present) await reading.read(start, end);
    else reading.note("unmapped", Number((end - start) / BigInt(options.pageBytes)));
  }
  return reading;
}

class Reading implements PagesRead {
  readonly states: { count: number; state: PageState }[] = [];
  bytes = 0;
  isGone = false;
  readonly #files: PageFiles;
  readonly #target: Uint8Array;
  readonly #pageBytes: number;
  readonly #triesAll: boolean;
  readonly #slice: TimeSlice;

  constructor(files: PageFiles, target: Uint8Array, { pageBytes, triesAll = false, signal }: ReadOptions) {
    this.#files = files;
    this.#target = target;
    this.#pageBytes = pageBytes;
    this.#triesAll = triesAll;
    this.#slice = new TimeSlice(signal);
  }

  note(state: PageState, count: number): void {
    const last = this.states.at(-1);
    if (last?.state === state) last.count += count;
    else if (count > 0) this.states.push({ count, state });
  }

  async read(start: bigint, end: bigint): Promise<void> {
    const page = BigInt(this.#pageBytes);
    // Pages that were tried and could not be read, whether the process has them or not: consecutive, and not noted yet.
    const refused: bigint[] = [];
    for (let at = start; at < end; ) {
      const left = Number((end - at) / page);
      if (this.isGone) return this.note("unmapped", left);
      const { bytes, failure } = await this.#bytesAt(at, Number(end - at));
      // A read ends before the first page that cannot be read; the next one begins with that page, and fails.
      const pages = Math.floor(bytes / this.#pageBytes);
      if (pages === 0 && failure === "unreadable" && this.#triesAll) {
        refused.push(at);
        at += page;
        continue;
      }
      await this.#settle(refused.splice(0));
      this.bytes += pages * this.#pageBytes;
      this.note("captured", pages);
      at += BigInt(pages) * page;
      if (failure === "gone") this.isGone = true;
      else if (pages === 0) at += BigInt(this.#skip(at, left)) * page;
    }
    await this.#settle(refused);
  }

  async #bytesAt(address: bigint, length: number): Promise<MemoryBytes> {
    const target = this.#target.subarray(this.bytes, this.bytes + length);
    if (length >= PARALLEL_BYTES) return this.#inParallel(address, target);
    if (length >= LATER_BYTES) return this.#files.memory(address, target);
    if (this.#slice.isSpent(UNITS_PER_CALL + length / BYTES_PER_UNIT)) await this.#slice.renew();
    return this.#files.memoryNow(address, target);
  }

  /** The result is that of one read: parts behind the first one that is not complete are dropped. */
  async #inParallel(address: bigint, target: Uint8Array): Promise<MemoryBytes> {
    const pages = Math.ceil(target.length / this.#pageBytes / PARALLEL_MOST);
    const partBytes = Math.max(pages * this.#pageBytes, PARALLEL_BYTES / 2);
    const parts: Promise<MemoryBytes>[] = [];
    for (let at = 0; at < target.length; at += partBytes) {
      parts.push(this.#files.memory(address + BigInt(at), target.subarray(at, at + partBytes)));
    }
    const read = await Promise.all(parts);
    const first = read.findIndex(({ bytes }, index) => bytes < Math.min(partBytes, target.length - index * partBytes));
    return first < 0 ? { bytes: target.length } : { ...read[first], bytes: first * partBytes + (read[first]?.bytes ?? 0) };
  }

  /** Takes note of the pages from `at` on that cannot be read: failed if the page is there, otherwise unmapped. Returns their number. */
  #skip(at: bigint, most: number): number {
    const missing = missingFrom(this.#files, at, most, BigInt(this.#pageBytes));
    this.note(missing > 0 ? "unmapped" : "failed", Math.max(missing, 1));
    return Math.max(missing, 1);
  }

  /**
   * Takes note of pages that were tried although the process does not have them, and could not be read, such as those behind the end of their file: failed if they are
   * still mapped, unmapped if the mapping has vanished. A guard page has no content, and is unmapped.
   */
  async #settle(refused: readonly bigint[]): Promise<void> {
    if (refused.length === 0) return;
    const mappings = await this.#files.mappedRanges();
    let index = 0;
    for (const at of refused) {
      while ((mappings[index]?.end ?? at + 1n) <= at) index++;
      const isMapped = (mappings[index]?.start ?? at + 1n) <= at;
      this.note(isMapped && !isGuard(this.#files, at, BigInt(this.#pageBytes)) ? "failed" : "unmapped", 1);
    }
  }
}
