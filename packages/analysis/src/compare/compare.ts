/** What changed between two captures. */

import { MslError, type ThreadUse } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
  callback,
  integer,
  oneOf,
  requireOptions,
  signal,
  THREADS,
  TimeSlice,
  tableOf,
} from "@memslice/msl/work";
import { type ProgressOption, QuestionProgress } from "../asking/progress.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { unchanged } from "../asking/unchanged.js";
import { extentOf, hasAllRegions, type MissingRegions, missingRegions, overlappedBytes } from "../coverage.js";
import { sortedBy } from "../intervals.js";
import type { Memory } from "../memory.js";
import { LIMIT } from "../options/questions.js";
import { byModule, chosenMode, SAME_ADDRESSES } from "./alignment.js";
import type { AlignMode, ChangedModule, ChangedRegion, Comparable, ComparedRegion, Difference } from "./difference.js";
import type { Counts } from "./findings.js";
import { memoryDifferences } from "./memory-differences.js";
import { moduleDifferences, pairModules } from "./module-pairs.js";
import { regionDifferences } from "./region-pairs.js";

/** Options of `compare`. */
export interface CompareOptions extends ThreadsOption, ProgressOption {
  /**
   * "address": bytes at one address belong together. "module": bytes at one place of a module do, wherever it is loaded; outside of modules, regions, or
   * runs of regions that touch, of one type and size in the order of their addresses, if both sides have as many. "auto", the default: "module" if a module has moved, otherwise "address".
   */
  readonly align?: AlignMode | "auto";
  /** Ranges of changed bytes with at most this number of equal bytes between them are one. 0 to 1,023, default 16. */
  readonly gap?: number;
  /** The most differences that are listed; the summary counts all of them. Default: no limit. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Smaller than the smallest page that is counted: no range of changed bytes spans a page that is the same. */
const MOST_GAP = 1023;

export const COMPARE = tableOf<CompareOptions>("compare")({
  align: oneOf(["auto", "address", "module"]),
  gap: integer(0, MOST_GAP, "bytes"),
  limit: LIMIT,
  threads: THREADS,
  signal,
  onProgress: callback(),
});

/** Bytes of one side, and what it lacks as a whole. */
export interface ComparedCoverage extends MissingRegions {
  /** Bytes that both sides captured. */
  readonly compared: bigint;
  /** Captured bytes without captured bytes on the other side, or whose counterpart could not be told. */
  readonly notComparable: bigint;
  readonly failed: bigint;
  readonly missing: bigint;
  /** Captured bytes of regions at addresses where another region of the same side is preferred: they are not compared. */
  readonly overlapped: bigint;
  readonly unmapped: bigint;
}

/** Numbers of differences. */
export interface ComparisonSummary {
  readonly align: AlignMode;
  /** Whether anything differs. */
  readonly different: boolean;
  /** Whether the comparison came to its end, all bytes that should have been captured could be compared, and no region of either side is missing as a whole. */
  readonly complete: boolean;
  /** Bytes that both sides captured. */
  readonly equalBytes: bigint;
  readonly changedBytes: bigint;
  readonly changedRanges: number;
  /** Pages with changed bytes, and their size in bytes: the smallest page size of the regions, or 4,096. */
  readonly changedPages: bigint;
  readonly pageSize: number;
  /** Bytes of memory that only the second side has, that only the first one has, and in another state. */
  readonly addedBytes: bigint;
  readonly removedBytes: bigint;
  readonly stateChangedBytes: bigint;
  /** Bytes, in any state, that could not be aligned. */
  readonly notAlignedBytes: bigint;
  readonly regions: { readonly added: number; readonly removed: number; readonly changed: number };
  /** Bytes of regions whose protection differs; how often is in `regions.changed`. */
  readonly reprotectedBytes: bigint;
  /** `moved`: at another base, and otherwise as they were. */
  readonly modules: { readonly added: number; readonly removed: number; readonly moved: number; readonly changed: number };
  readonly coverage: { readonly a: ComparedCoverage; readonly b: ComparedCoverage };
}

/** Differences in batches, in the order of the addresses of `a`; those that have an address in `b` alone come last if modules have moved. */
export interface Comparison extends AsyncIterable<readonly Difference[]> {
  /** Throws `usage` before the comparison has ended. */
  readonly summary: ComparisonSummary;
  /** How many threads have compared bytes so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

const LEAST_PAGE_BYTES = 1024;
const PAGE_BYTES = 4096;
/** Differences of regions and modules in a batch at most. */
const BATCH = 4096;

/**
 * Compares two captures, or memories: `compare(await openCapture("before.msl"), await openCapture("after.msl"))`. Bytes that one side did not capture are
 * neither equal nor changed. Throws `usage` for options that make no sense and for align "module" without a common module, and what the captures throw.
 */
export function compare(a: Comparable, b: Comparable, options: CompareOptions = {}): Comparison {
  requireOptions(COMPARE, options);
  const { align = "auto", gap = 16, limit = Number.POSITIVE_INFINITY, signal } = options;
  const threads = new QuestionThreads(options.threads);
  let summary: ComparisonSummary | undefined;
  async function* run(): AsyncGenerator<readonly Difference[], void, undefined> {
    const modules = await pairModules((await a.modules?.(signal)) ?? [], (await b.modules?.(signal)) ?? [], signal);
    const regions = { a: (await a.regions?.(signal)) ?? [], b: (await b.regions?.(signal)) ?? [] };
    const mode = await chosenMode(align, modules, signal);
    const parts = mode === "address" ? SAME_ADDRESSES : await byModule(modules, regions, signal);
    const changedModules = await moduleDifferences(modules, signal);
    const changedRegions = await regionDifferences(regions.a, regions.b, parts, signal);
    const place = (one: Difference) => placeOf(one, mode);
    const listed = await sortedBy([...changedModules, ...changedRegions], place, signal);
    const counts: Counts = {
      equal: 0n,
      changed: 0n,
      ranges: 0,
      pages: 0n,
      added: 0n,
      removed: 0n,
      stateChanged: 0n,
      notComparable: 0n,
    };
    const slice = new TimeSlice(signal);
    const pageSize = await pageSizeOf([regions.a, regions.b], slice);
    const changes = { ...(await regionChanges(changedRegions, slice)), modules: await moduleChanges(changedModules, slice) };
    const progress = await QuestionProgress.of(options, async () => {
      const [ofA, ofB] = await Promise.all([a, b].map(({ memory }) => extentOf(memory, 0n, ADDRESS_SPACE_END, signal)));
      return (ofA?.captured ?? 0n) + (ofB?.captured ?? 0n);
    });
    let left = limit;
    let isWhole = false;
    try {
      const found = memoryDifferences(a.memory, b.memory, parts, { gap, pageSize, counts, progress, threads, signal });
      for await (const batch of merged(listed, unchanged([a.memory, b.memory], found, { signal }), place)) {
        const some = left < batch.length ? batch.slice(0, left) : batch;
        left -= some.length;
        if (some.length > 0) yield some;
        if (slice.isSpent(batch.length)) await slice.renew();
      }
      isWhole = true;
    } finally {
      const compared = counts.equal + counts.changed;
      const coverage = {
        a: await coverageOf(a.memory, compared, signal),
        b: await coverageOf(b.memory, compared, signal),
      };
      const bytes = counts.changed + counts.added + counts.removed + counts.stateChanged;
      summary = {
        align: mode,
        different: listed.length > 0 || bytes > 0n,
        complete: isWhole && isComplete(coverage.a) && isComplete(coverage.b),
        equalBytes: counts.equal,
        changedBytes: counts.changed,
        changedRanges: counts.ranges,
        changedPages: counts.pages,
        pageSize,
        addedBytes: counts.added,
        removedBytes: counts.removed,
        stateChangedBytes: counts.stateChanged,
        notAlignedBytes: counts.notComparable,
        ...changes,
        coverage,
      };
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return threads.use;
    },
    get summary() {
      if (summary) return summary;
      throw new MslError("usage", "The summary of a comparison is known when the comparison has ended");
    },
  };
}

/** The address of `a`. Differences that have none follow: at their address, or behind all others if addresses of both sides differ. */
function placeOf({ a, b }: Difference, mode: AlignMode): bigint {
  return a ?? (mode === "address" ? (b ?? 0n) : ADDRESS_SPACE_END - 1n);
}

/** The listed differences, each before those of memory at its place. */
async function* merged(
  listed: readonly Difference[],
  batches: AsyncIterable<readonly Difference[]>,
  place: (one: Difference) => bigint,
): AsyncGenerator<readonly Difference[], void, undefined> {
  let next = 0;
  for await (const batch of batches) {
    let together: Difference[] = [];
    for (const one of batch) {
      for (let other = listed[next]; other && place(other) <= place(one); other = listed[++next]) {
        together.push(other);
        if (together.length < BATCH) continue;
        yield together;
        together = [];
      }
      together.push(one);
    }
    yield together;
  }
  for (; next < listed.length; next += BATCH) yield listed.slice(next, next + BATCH);
}

async function pageSizeOf(lists: readonly (readonly ComparedRegion[])[], slice: TimeSlice): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (const regions of lists) {
    for (const { head } of regions) {
      if (slice.isSpent()) await slice.renew();
      if (head.pageSize >= LEAST_PAGE_BYTES && head.pageSize < least) least = head.pageSize;
    }
  }
  return Number.isFinite(least) ? least : PAGE_BYTES;
}

async function coverageOf(memory: Memory, compared: bigint, signal: AbortSignal | undefined): Promise<ComparedCoverage> {
  const { captured, failed, missing, unmapped } = await extentOf(memory, 0n, ADDRESS_SPACE_END, signal);
  const overlapped = await overlappedBytes(memory, 0n, ADDRESS_SPACE_END, signal);
  const notComparable = captured > compared ? captured - compared : 0n;
  return { compared, notComparable, failed, missing, overlapped, unmapped, ...(await missingRegions(memory, signal)) };
}

function isComplete({ notComparable, failed, missing, overlapped, ...lacking }: ComparedCoverage): boolean {
  return notComparable + failed + missing + overlapped === 0n && hasAllRegions(lacking);
}

async function regionChanges(list: readonly ChangedRegion[], slice: TimeSlice) {
  const regions = { added: 0, removed: 0, changed: 0 };
  let reprotectedBytes = 0n;
  for (const { change, fields, length } of list) {
    if (slice.isSpent()) await slice.renew();
    regions[change]++;
    if (fields.includes("protection")) reprotectedBytes += length;
  }
  return { regions, reprotectedBytes };
}

async function moduleChanges(list: readonly ChangedModule[], slice: TimeSlice) {
  const counts = { added: 0, removed: 0, moved: 0, changed: 0 };
  for (const { change, fields } of list) {
    if (slice.isSpent()) await slice.renew();
    counts[change === "changed" && fields.every((field) => field === "base") ? "moved" : change]++;
  }
  return counts;
}
