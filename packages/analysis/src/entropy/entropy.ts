/** How much information the bytes of memory hold: entropy and class of each window. */
import { type MemoryRange, MslError, type ThreadUse } from "@memslice/msl";
import { answersOf } from "../asking/ask.js";
import { checkBounds } from "../asking/bounds.js";
import { QuestionThreads, type ThreadsOption } from "../asking/threads.js";
import { type Coverage, CoverageCount } from "../coverage.js";
import { ownedRanges } from "../intervals.js";
import { ADDRESS_SPACE_END, type Memory } from "../memory.js";
import { type RegionEntropy, RegionSummaries } from "./region-entropy.js";
import { type EntropyWindows, WindowRows } from "./window-rows.js";

/** Options of `entropy`. */
export interface EntropyOptions extends ThreadsOption {
  /** Bytes of a window, 64 to 2^30. Windows begin at multiples of it. Default 4,096. */
  readonly windowBytes?: number;
  /** The first address, and the address behind the last one. Default: the whole address space. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** The most windows. Default: no limit. */
  readonly limit?: number;
  /** Regions of which `regions` gives summaries. Where they overlap, a window counts to the one that starts first. Default: none. */
  readonly regions?: readonly MemoryRange[];
  readonly signal?: AbortSignal;
}

/** Windows in batches, in the order of their addresses. */
export interface Entropy extends AsyncIterable<EntropyWindows> {
  /** A summary for each of the regions asked about, in their order. Throws `usage` before the end. */
  readonly regions: readonly RegionEntropy[];
  /** How much of memory was looked at. Throws `usage` before the end. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

const LEAST_WINDOW = 64;
const LARGEST_WINDOW = 1 << 30;

/**
 * Shannon entropy and class of each window of memory. A hole cuts the window that it lies in: what was captured on either side of it is a window of
 * its own. Throws `usage` for options that make no sense, and what the memory throws.
 */
export function entropy(memory: Memory, options: EntropyOptions = {}): Entropy {
  const { windowBytes = 4096 } = options;
  if (!Number.isInteger(windowBytes) || windowBytes < LEAST_WINDOW || windowBytes > LARGEST_WINDOW) {
    throw new MslError(
      "usage",
      `A window has ${windowBytes} bytes, expected a whole number from ${LEAST_WINDOW} to ${LARGEST_WINDOW}`,
    );
  }
  checkBounds(options);
  const regions = options.regions ?? [];
  const owned = ownedRanges(regions);
  const threads = new QuestionThreads(options.threads);
  let end: { readonly coverage: Coverage; readonly regions: readonly RegionEntropy[] } | undefined;
  async function* run(): AsyncGenerator<EntropyWindows, void, undefined> {
    const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal } = options;
    const count = new CoverageCount();
    const rows = new WindowRows(windowBytes);
    const summaries = new RegionSummaries(owned, regions.length);
    let left = limit;
    const upToLimit = (windows: EntropyWindows): EntropyWindows => {
      const some = windows.addresses.length > left ? firstOf(windows, left) : windows;
      left -= some.addresses.length;
      summaries.add(some);
      return some;
    };
    try {
      const asked = { from, to, threads, coverage: count, ...(signal && { signal }) };
      for await (const answered of answersOf(memory, "entropy", { windowBytes }, asked)) {
        const windows = upToLimit(rows.endingIn(answered));
        if (windows.addresses.length > 0) yield windows;
        if (left <= 0) {
          count.endAtLimit();
          return;
        }
      }
      const last = upToLimit(rows.end());
      if (last.addresses.length > 0) yield last;
    } finally {
      end = { coverage: await count.end(memory, from, to, signal), regions: summaries.summaries() };
    }
  }
  const ended = () => {
    if (end) return end;
    throw new MslError("usage", "Coverage and regions are known when all windows have been looked at");
  };
  return {
    [Symbol.asyncIterator]: run,
    get coverage() {
      return ended().coverage;
    },
    get threads() {
      return threads.use;
    },
    get regions() {
      return ended().regions;
    },
  };
}

function firstOf({ addresses, lengths, entropies, classes }: EntropyWindows, count: number): EntropyWindows {
  return {
    addresses: addresses.slice(0, count),
    lengths: lengths.slice(0, count),
    entropies: entropies.slice(0, count),
    classes: classes.slice(0, count),
  };
}
