/** A region that was split into continuation fragments. Every fragment is a complete region of its own part of the addresses. */

import { concatenated } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-header.js";
import type { Problem } from "../format/layout/decode.js";
import {
  arrayOfStates,
  joinRuns,
  type PageMap,
  type PageRun,
  type PageRunBatch,
  type PageState,
  PagesInRuns,
  type PageTally,
  RunJoiner,
} from "../format/page-map.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { Remembered } from "../source/cancellable-work.js";
import { TimeSlice } from "../source/time-slice.js";
import { type Coverage, type PageDataExtent, type Region, RegionExtent, type RegionStretch } from "./region.js";

export class JoinedRegion extends RegionExtent implements Region {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** In the order of addresses; each begins where the one before it ends. */
  readonly fragments: readonly Region[];
  readonly #coverage = new Remembered<Coverage>();

  private constructor(block: BlockInfo, head: RegionHead, fragments: readonly Region[]) {
    super();
    this.block = block;
    this.head = head;
    this.fragments = fragments;
  }

  /** `first`: the fragment that the others name as their parent. `fragments`: all of them; a region may have very many. */
  static async of(first: Region, fragments: readonly Region[], signal: AbortSignal | undefined): Promise<JoinedRegion> {
    const slice = new TimeSlice(signal);
    let regionSize = 0n;
    let numPages = 0;
    for (const { regionSize: size, head } of fragments) {
      if (slice.isSpent(8)) await slice.renew();
      regionSize += size;
      numPages += head.numPages;
    }
    const baseAddr = fragments[0]?.baseAddr ?? first.baseAddr;
    return new JoinedRegion(first.block, { ...first.head, baseAddr, regionSize, numPages }, fragments);
  }

  get blocks(): readonly BlockInfo[] {
    return this.fragments.map(({ block }) => block);
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return (await this.coverage(signal)).pages;
  }

  async pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent> {
    const slice = new TimeSlice(signal);
    const sum = { needed: 0, held: 0, missingPages: 0 };
    for (const fragment of this.fragments) {
      if (slice.isSpent(8)) await slice.renew();
      const { needed, held, missingPages } = await fragment.pageDataExtent(signal);
      sum.needed += needed;
      sum.held += held;
      sum.missingPages += missingPages;
    }
    return { ...sum, compression: null };
  }

  /** Made once, for all readers. */
  coverage(signal?: AbortSignal): Promise<Coverage> {
    return this.#coverage.get((given) => this.#cover(given), signal);
  }

  async #cover(signal: AbortSignal | undefined): Promise<Coverage> {
    const slice = new TimeSlice(signal);
    const parts: Coverage[] = [];
    for (const fragment of this.fragments) {
      if (slice.isSpent(8)) await slice.renew();
      parts.push(await fragment.coverage(signal));
    }
    const pages = await JoinedPages.of(parts, slice);
    return { pages, stretches: (from, to) => this.#stretches(parts, from, to) };
  }

  *#stretches(parts: readonly Coverage[], from: bigint, to: bigint): Generator<RegionStretch, void, undefined> {
    for (let index = this.#fragmentAt(from); index < parts.length; index++) {
      if ((this.fragments[index]?.baseAddr ?? to) >= to) return;
      for (const stretch of parts[index]?.stretches(from, to) ?? []) yield { ...stretch, region: this };
    }
  }

  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const slice = new TimeSlice(signal);
    const deviations: Deviation[] = [];
    let first: Problem | undefined;
    for (const fragment of this.fragments) {
      if (slice.isSpent(8)) await slice.renew();
      const { problem, deviations: found } = await fragment.check(signal);
      first ??= problem;
      for (const deviation of found) deviations.push(deviation);
    }
    return { problem: first, deviations };
  }

  async readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let filled = 0;
    const end = this.baseAddr + offset + BigInt(length);
    let at = this.baseAddr + offset;
    for (let index = this.#fragmentAt(at); at < end; index++) {
      const fragment = this.fragments[index];
      if (!fragment) break;
      const stop = fragment.endAddr < end ? fragment.endAddr : end;
      const bytes = await fragment.readCaptured(at - fragment.baseAddr, Number(stop - at), signal, into?.subarray(filled));
      parts.push(bytes);
      filled += bytes.length;
      at += BigInt(bytes.length);
      // Stops at missing bytes: the bytes behind them must not move into their place.
      if (at < stop) break;
    }
    return into ? into.subarray(0, filled) : concatenated(parts);
  }

  /** The index of the fragment that covers the address, or of the first one behind it. A binary search: there may be very many fragments. */
  #fragmentAt(address: bigint): number {
    let low = 0;
    let high = this.fragments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.fragments[middle]?.endAddr ?? address) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Part {
  readonly pages: PageMap;
  /** The number, in the joined map, of the part's first page. */
  readonly start: number;
  /** Captured pages of the parts before it. */
  readonly capturedBefore: number;
}

/** The page states of neighbouring fragments as one map, without a copy of them. */
export class JoinedPages extends PagesInRuns {
  readonly numPages: number;
  readonly #parts: readonly Part[];
  readonly #tally: PageTally;

  private constructor(parts: readonly Part[], numPages: number, tally: PageTally) {
    super();
    this.#parts = parts;
    this.numPages = numPages;
    this.#tally = tally;
  }

  static async of(maps: Iterable<{ readonly pages: PageMap }>, slice: TimeSlice): Promise<JoinedPages> {
    const sum = { captured: 0, failed: 0, unmapped: 0, reserved: 0 };
    const parts: Part[] = [];
    let start = 0;
    for (const { pages } of maps) {
      if (slice.isSpent(8)) await slice.renew();
      parts.push({ pages, start, capturedBefore: sum.captured });
      const tally = pages.tally();
      start += pages.numPages;
      sum.captured += tally.captured;
      sum.failed += tally.failed;
      sum.unmapped += tally.unmapped;
      sum.reserved += tally.reserved;
    }
    return new JoinedPages(parts, start, sum);
  }

  tally(): PageTally {
    return this.#tally;
  }

  stateAt(page: number): PageState {
    const part = this.#parts[this.#partAt(page)];
    if (!part || page < 0) throw new RangeError(`Page ${page} is not one of ${this.numPages}`);
    return part.pages.stateAt(page - part.start);
  }

  capturedBefore(page: number): number {
    const part = this.#parts[this.#partAt(page)];
    return part ? part.capturedBefore + part.pages.capturedBefore(page - part.start) : this.#tally.captured;
  }

  *runs(first = 0, end = this.numPages): Generator<PageRun> {
    yield* joinRuns(this.#pieces(first, end));
  }

  override *runBatches(first = 0, end = this.numPages): Generator<PageRunBatch> {
    const joiner = new RunJoiner();
    for (const { pages, start, from, to } of this.#partsOf(first, end)) {
      for (const { count, starts, states } of pages.runBatches(from, to)) {
        for (let i = 0; i < count; i++) {
          const batch = joiner.add(start + (starts[i] ?? 0), states[i] ?? 0);
          if (batch) yield batch;
        }
      }
    }
    yield* joiner.rest(end);
  }

  override states(first = 0, end = this.numPages, target?: Uint8Array): Uint8Array {
    const states = arrayOfStates(this, first, end, target);
    for (const { pages, start, from, to } of this.#partsOf(first, end)) {
      pages.states(from, to, states.subarray(start + from - first, start + to - first));
    }
    return states;
  }

  *#pieces(first: number, end: number): Generator<PageRun> {
    for (const { pages, start, from, to } of this.#partsOf(first, end)) {
      for (const run of pages.runs(from, to)) yield { ...run, start: run.start + start };
    }
  }

  /** The parts that hold the pages `[first, end)`: of each part the pages `[from, to)`, counted from its own first page. */
  *#partsOf(
    first: number,
    end: number,
  ): Generator<Pick<Part, "pages" | "start"> & { readonly from: number; readonly to: number }> {
    for (let index = this.#partAt(first); index < this.#parts.length; index++) {
      const part = this.#parts[index];
      if (!part || part.start >= end) return;
      const { pages, start } = part;
      const from = Math.max(0, first - start);
      const to = Math.min(pages.numPages, end - start);
      if (from < to) yield { pages, start, from, to };
    }
  }

  /** The index of the part that has the page; the number of parts for a page behind the last one. A binary search: there may be very many parts. */
  #partAt(page: number): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const part = this.#parts[middle];
      if (part && part.start + part.pages.numPages <= page) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
