/**
 * Writes mappings as Memory Regions: while the writer hashes, compresses and writes the pages of one fragment, the pages of the next one are read. Bytes are
 * copied once by the kernel, into a buffer that the writer hands on to its sink.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type MslWriter, type PageTally, pagesOf } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import { hasNoPages, isAnonymous, isOfFile, type MemoryArea } from "../memory/area.js";
import { type Fragment, fragmentsOf } from "../memory/fragments.js";
import { type PagesRead, readPages } from "../memory/page-reader.js";
import { type PageStretchAt, pageStretches } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import type { BufferPool } from "./buffer-pool.js";

/** Blocks that wait for the writer: a process can have many mappings without a page in memory. */
const UNWRITTEN_MOST = 4096;

export interface RegionWriterOptions {
  /** Size of a page of the system, in bytes. */
  readonly pageBytes: number;
  /** Whether pages are read at all. */
  readonly readsPages: boolean;
  /** Whether pages of mapped files are read that are not in the page table of the process. */
  readonly filePages: boolean;
  /** Their size is a multiple of the page size. */
  readonly buffers: BufferPool;
  /** Resolves when the bytes of the blocks so far are written. */
  readonly written: () => Promise<void>;
  /** Whether nothing is hashed and written while there is room in the buffers, because the process is stopped meanwhile. */
  readonly readsFirst: boolean;
  readonly signal: AbortSignal | undefined;
  /** Returns the time in nanoseconds since 1970 UTC. */
  readonly now: () => bigint;
  /** Called for each block that was handed to the writer. `pages` counts pages of the system. */
  readonly onPages: (pages: Omit<PageTally, "reserved">, isGone: boolean) => void;
}

export class RegionWriter {
  readonly #files: ProcessFiles;
  readonly #writer: MslWriter;
  readonly #options: RegionWriterOptions;
  /** Blocks that were read and that the writer does not have yet. */
  readonly #unwritten: (() => void)[] = [];

  constructor(files: ProcessFiles, writer: MslWriter, options: RegionWriterOptions) {
    this.#files = files;
    this.#writer = writer;
    this.#options = options;
  }

  /** Resolves when all pages were read; `written` resolves when they are written. Throws `aborted`, and errors of earlier writes. */
  async read(area: MemoryArea): Promise<void> {
    const { pageBytes, buffers, readsFirst, signal } = this.#options;
    const triesAll = this.#triesAll(area);
    const sizes = { pageBytes: BigInt(pageBytes), capacity: BigInt(buffers.pieceMost) };
    let regionUuid: string = crypto.randomUUID();
    for await (const fragment of fragmentsOf(this.#stretches(area, triesAll), sizes)) {
      throwIfAborted(signal);
      if (fragment.isFirst) regionUuid = crypto.randomUUID();
      const bytes = bytesOf(fragment);
      if (!buffers.hasRoomFor(bytes)) this.#writeAll();
      const piece = await buffers.take(bytes);
      const timestampNs = this.#options.now();
      // Not to be cancelled in the middle: what is read of a block stays.
      const pages = await readPages(this.#files, fragment.stretches, piece.bytes, { pageBytes, triesAll });
      this.#note(pages);
      const uuid = regionUuid;
      this.#unwritten.push(() =>
        buffers.giveBackAfter(piece, this.#write(area, fragment, uuid, timestampNs, pages, piece.bytes)),
      );
      if (!readsFirst || this.#unwritten.length === UNWRITTEN_MOST) this.#writeAll();
    }
  }

  /** Resolves when everything that was read is written. Throws the first error of the writer. */
  async written(): Promise<void> {
    this.#writeAll();
    await this.#options.buffers.allBack();
  }

  /** Writes what was read, block by block, as long as there is time. Throws the first error of the writer. */
  async writtenWithin(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    for (const write of [() => {}, ...this.#unwritten.splice(0)]) {
      const left = end - performance.now();
      if (left <= 0) return;
      write();
      const late = new AbortController();
      const timeout = delay(left, undefined, { signal: late.signal }).catch(() => {});
      await Promise.race([this.#options.buffers.allBack(), timeout]);
      late.abort();
    }
  }

  #writeAll(): void {
    for (const write of this.#unwritten.splice(0)) write();
  }

  async #write(
    { protection, type }: MemoryArea,
    { start, end, pageSizeLog2, isFirst, isContinued }: Fragment,
    regionUuid: string,
    timestampNs: bigint,
    { states, bytes }: PagesRead,
    buffer: Uint8Array,
  ): Promise<void> {
    const scale = 2 ** pageSizeLog2 / this.#options.pageBytes;
    const pages = pagesOf(states.map(({ count, state }) => ({ count: count / scale, state })));
    const regionSize = end - start;
    const pageData = buffer.subarray(0, bytes);
    await this.#writer.memoryRegion(
      { baseAddr: start, regionSize, protection, regionType: type, pageSizeLog2, timestampNs, pages, pageData },
      isFirst ? { uuid: regionUuid, hasChildren: isContinued } : { continuationOf: regionUuid },
    );
    await this.#options.written();
  }

  #stretches(area: MemoryArea, triesAll: boolean): AsyncIterable<PageStretchAt> {
    const { start, end, mapping } = area;
    if (!this.#options.readsPages) return once({ start, end, present: false });
    if (triesAll) return once({ start, end, present: true });
    if (hasNoPages(mapping, area)) return once({ start, end, present: false });
    return pageStretches(this.#files, { start, end, pageBytes: BigInt(this.#options.pageBytes) });
  }

  /**
   * A read of a page that userfaultfd has to serve ("um", "ui") fails; one of a device can have effects. What is private and anonymous has no pages
   * elsewhere: a read would take a huge page away from the system.
   */
  #triesAll({ mapping }: MemoryArea): boolean {
    const { flags, shared } = mapping;
    const hasPagesElsewhere = isOfFile(mapping) && (shared || !isAnonymous(mapping));
    return this.#options.filePages && hasPagesElsewhere && !["um", "ui", "io", "pf"].some((flag) => flags.has(flag));
  }

  #note({ states, isGone }: PagesRead): void {
    const tally = { captured: 0, failed: 0, unmapped: 0 };
    for (const { count, state } of states) if (state !== "reserved") tally[state] += count;
    this.#options.onPages(tally, isGone);
  }
}

/** Bytes of the pages that are there, or are to be tried. */
function bytesOf({ stretches }: Fragment): number {
  return stretches.reduce((sum, { start, end, present }) => sum + (present ? Number(end - start) : 0), 0);
}

async function* once<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value;
}
