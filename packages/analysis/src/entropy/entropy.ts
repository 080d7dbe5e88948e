/** How much information the bytes of memory hold: entropy and class of each window. */

import { type MemoryRange, MslError } from "@memslice/msl";
import { type Check, checksOf, integer, methods, requireOptions, runInSlices, tableOf } from "@memslice/msl/work";
import { type Findings, type FindingsOptions, type Found, findingsOf } from "../asking/question.js";
import { ownedRanges } from "../intervals.js";
import type { Memory } from "../memory.js";
import { FINDINGS } from "../options/questions.js";
import { type RegionEntropy, RegionSummaries } from "./region-entropy.js";
import { type EntropyWindows, WindowRows } from "./window-rows.js";

/** Options of `entropy`. */
export interface EntropyOptions extends FindingsOptions {
  /** Bytes of a window, 64 to 2^30. Windows begin at multiples of it. Default 4,096. */
  readonly windowBytes?: number;
  /** Regions of which `regions` gives summaries. Where they overlap, a window counts to the one that starts first. Default: none. */
  readonly regions?: readonly MemoryRange[];
  /** The most parts that the profile of a region has, 1 to 1,024. Default: no profile. */
  readonly profileParts?: number;
}

const LEAST_WINDOW = 64;
const LARGEST_WINDOW = 1 << 30;
const MOST_PARTS = 1024;
/** There may be very many: each range is checked where it is used, in slices. */
const RANGES: Check<readonly MemoryRange[]> = methods("an array of ranges", "entries", "map");

export const WINDOWS = checksOf<Omit<EntropyOptions, "regions">>()({
  ...FINDINGS,
  windowBytes: integer(LEAST_WINDOW, LARGEST_WINDOW, "bytes"),
  profileParts: integer(1, MOST_PARTS, "parts"),
});
export const ENTROPY = tableOf<EntropyOptions>("entropy")({ ...WINDOWS, regions: RANGES });

/** Windows in batches, in the order of their addresses. */
export interface Entropy extends Findings<EntropyWindows> {
  /** A summary for each of the regions asked about, in their order. Throws `usage` before the end, and after an abort. */
  readonly regions: readonly RegionEntropy[];
}

/**
 * Shannon entropy and class of each window of memory. A hole cuts the window that it lies in: what was captured on either side of it is a window of
 * its own. Throws `usage` for options that make no sense, for regions that are empty or pass 2^64 (when the first window is asked for), and what the memory throws.
 */
export function entropy(memory: Memory, options: EntropyOptions = {}): Entropy {
  requireOptions(ENTROPY, options);
  const { windowBytes = 4096, profileParts } = options;
  const profile = profileParts === undefined ? undefined : { parts: profileParts, windowBytes };
  const { regions = [], signal } = options;
  let summaries = new RegionSummaries([], regions, profile);
  let made: readonly RegionEntropy[] | undefined;
  const found = (windows: EntropyWindows): Found<EntropyWindows> => ({
    count: windows.addresses.length,
    batch(from, to) {
      const some = part(windows, from, to);
      summaries.add(some);
      return some;
    },
  });
  const asked = findingsOf(memory, { kind: "entropy", spec: { windowBytes } }, options, async () => {
    const rows = new WindowRows(windowBytes);
    summaries = new RegionSummaries(await ownedRanges(regions, signal), regions, profile);
    return { findingsOf: (answered) => found(rows.endingIn(answered)), end: () => found(rows.end()) };
  });
  async function* run(): AsyncGenerator<EntropyWindows, void, undefined> {
    made = undefined;
    try {
      yield* asked;
    } finally {
      if (!signal?.aborted) made = await runInSlices(summaries.summaries(), signal);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return asked.threads;
    },
    get coverage() {
      return asked.coverage;
    },
    get regions() {
      if (made) return made;
      throw new MslError("usage", "The regions are known when the question has ended: take all windows, or leave the loop");
    },
  };
}

function part({ addresses, lengths, entropies, classes }: EntropyWindows, from: number, to: number): EntropyWindows {
  return {
    addresses: addresses.subarray(from, to),
    lengths: lengths.subarray(from, to),
    entropies: entropies.subarray(from, to),
    classes: classes.subarray(from, to),
  };
}
