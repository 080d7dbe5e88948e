/** The question of `msl pointers --table`: how many pointers each region has into each. */
import type { Coverage, WordOptions } from "@memslice/analysis";
import type { Region } from "@memslice/msl";
import { addressText, paddedAddress, placeJson, placeText } from "../documents/place-text.js";
import type { Output } from "../output.js";
import { flowed } from "../terminal/columns.js";
import { safeText } from "../terminal/safe-text.js";
import type { Asked } from "./ask-captures.js";
import type { Questioned } from "./questioned.js";

/** Pointers from one region into another, or into itself. */
interface PointerPair {
  /** The base of the region in which the pointers stand. */
  readonly address: bigint;
  readonly to: Region;
  readonly count: number;
}

export async function pointerPairs(
  capture: Questioned,
  words: WordOptions,
  { output, signal }: { readonly output: Output; readonly signal: AbortSignal },
): Promise<Asked<PointerPair>> {
  const { Places, pointerTable } = await import("@memslice/analysis");
  const places = Places.of(capture, signal);
  const placeOf = async ({ baseAddr }: Region) => (await places.at([baseAddr]))[0] ?? { address: baseAddr };
  return {
    ask: (memory, { limit, threads, onProgress }) => {
      let coverage: Coverage | undefined;
      async function* run(): AsyncGenerator<readonly PointerPair[], void, undefined> {
        const regions = (await capture.regions(signal)).filter(({ regionSize }) => regionSize > 0n);
        if (regions.length === 0) return;
        const ranges = regions.map(({ baseAddr, endAddr }) => ({ start: baseAddr, end: endAddr }));
        const table = await pointerTable(memory, ranges, { ...words, threads, signal, ...(onProgress && { onProgress }) });
        const isCut = table.counts.length > limit;
        coverage = isCut ? { ...table.coverage, atLimit: true, complete: false } : table.coverage;
        const pairs = isCut ? table.counts.slice(0, limit) : table.counts;
        yield pairs.flatMap(({ from, to, count }) => {
          const [stands, leads] = [regions[from], regions[to]];
          return stands && leads ? [{ address: stands.baseAddr, to: leads, count }] : [];
        });
      }
      return {
        [Symbol.asyncIterator]: run,
        get coverage() {
          return coverage ?? NOTHING;
        },
      };
    },
    view: {
      heading: "   count  from                                to",
      text: async ({ address, to, count }, place) => {
        const cells = [
          String(count).padStart(8),
          output.style("bold", paddedAddress(address)),
          safeText(place).padEnd(14),
          `-> ${paddedAddress(to.baseAddr)}`,
          safeText(placeText(await placeOf(to))),
        ];
        return flowed(cells, output.lineWidth);
      },
      json: async ({ to, count }) => {
        const { module, moduleOffset } = placeJson(await placeOf(to));
        return {
          count,
          ...(module !== undefined && { targetModule: module, targetModuleOffset: moduleOffset }),
          targetRegionBase: addressText(to.baseAddr),
          targetRegionType: to.head.regionTypeName,
        };
      },
    },
  };
}

/** The coverage of a capture without regions. */
const NOTHING: Coverage = {
  searched: 0n,
  notSearched: { failed: 0n, missing: 0n, overlapped: 0n, leftOut: 0n, givenUp: 0n },
  unmapped: 0n,
  atLimit: false,
  complete: true,
};
