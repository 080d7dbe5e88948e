/** Entropy by region: the summaries of `entropy` for the regions of a capture, as findings in the order of their addresses. */
import { MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, requireOptions, TimeSlice, tableOf, throwIfAborted } from "@memslice/msl/work";
import { checkBounds } from "../asking/bounds.js";
import type { Coverage } from "../coverage.js";
import { type OwnedRange, sortedBy } from "../intervals.js";
import type { Memory } from "../memory.js";
import { type EntropyOptions, entropy, WINDOWS } from "./entropy.js";
import type { RegionEntropy } from "./region-entropy.js";

/** Options of `entropyByRegion`: those of `entropy`, but for the regions, which are those of the capture. */
export type EntropyByRegionOptions = Omit<EntropyOptions, "regions">;

export const ENTROPY_BY_REGION = tableOf<EntropyByRegionOptions>("entropyByRegion")(WINDOWS);

/** A region, or the part of it that was asked about. */
export interface RegionWithEntropy extends RegionEntropy {
  /** Its index in the list that `regions` of the capture gives. */
  readonly index: number;
  /** The first address. */
  readonly address: bigint;
  /** Bytes of address space. */
  readonly size: bigint;
}

/** Regions in batches, in the order of their addresses. */
export interface EntropyByRegion extends AsyncIterable<readonly RegionWithEntropy[]> {
  /** How much of memory was looked at. Throws `usage` before the end. */
  readonly coverage: Coverage;
}

/** The part of a capture that regions and their bytes come from. */
export interface CaptureWithRegions {
  readonly memory: Memory;
  /** The regions, each with its first address and the address behind its last byte. */
  regions(signal?: AbortSignal): Promise<readonly { readonly baseAddr: bigint; readonly endAddr: bigint }[]>;
}

/** Regions in a batch at most. */
const BATCH = 4096;

/**
 * Entropy, classes and profile of each region of a capture that shares an address with the range asked about, also of those without a captured byte.
 * `limit` bounds the regions. Windows are those of `entropy`: one that lies in several regions counts to the first of them. Throws what `entropy` throws.
 */
export function entropyByRegion(capture: CaptureWithRegions, options: EntropyByRegionOptions = {}): EntropyByRegion {
  requireOptions(ENTROPY_BY_REGION, options);
  checkBounds(options);
  const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal, ...rest } = options;
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly RegionWithEntropy[], void, undefined> {
    const all = await regionsBetween(capture, from, to, signal);
    const regions = all.length > limit ? all.slice(0, limit) : all;
    const answer = entropy(capture.memory, { ...rest, from, to, regions, ...(signal && { signal }) });
    for await (const _ of answer) throwIfAborted(signal);
    const { coverage: looked, regions: summaries } = answer;
    const isCut = regions.length < all.length;
    coverage = isCut ? { ...looked, atLimit: true, complete: false } : looked;
    const slice = new TimeSlice(signal);
    for (let at = 0; at < summaries.length; at += BATCH) {
      if (slice.isSpent(BATCH)) await slice.renew();
      yield summaries.slice(at, at + BATCH).map((summary, i) => {
        const { index, start, end } = regions[at + i] ?? { index: 0, start: 0n, end: 0n };
        return { index, address: start, size: end - start, ...summary };
      });
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage is known when all regions have been looked at");
    },
  };
}

/** The parts of the regions between two addresses, ascending. */
async function regionsBetween(
  capture: CaptureWithRegions,
  from: bigint,
  to: bigint,
  signal: AbortSignal | undefined,
): Promise<OwnedRange[]> {
  const slice = new TimeSlice(signal);
  const parts: OwnedRange[] = [];
  for (const [index, { baseAddr, endAddr }] of (await capture.regions(signal)).entries()) {
    if (slice.isSpent()) await slice.renew();
    const start = baseAddr > from ? baseAddr : from;
    const end = endAddr < to ? endAddr : to;
    if (start < end) parts.push({ start, end, index });
  }
  return sortedBy(parts, ({ start }) => start, signal);
}
