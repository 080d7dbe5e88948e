/** The question of `msl pointers --table`: how many pointers each region has into each. */
import type { Coverage, Memory, PointerCount, WordOptions } from "@memslice/analysis";
import { MslError, type Region } from "@memslice/msl";
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
  const { alone } = capture;
  const places = Places.of(alone?.capture ?? capture, signal);
  const placeOf = async ({ baseAddr }: Region) => (await places.at([baseAddr]))[0] ?? { address: baseAddr };
  return {
    ask: (memory, { limit, threads, onProgress }) => {
      let coverage: Coverage | undefined;
      async function* run(): AsyncGenerator<readonly PointerPair[], void, undefined> {
        const regions = (await capture.regions(signal)).filter(({ regionSize }) => regionSize > 0n);
        if (regions.length === 0) {
          coverage = await coverageWithoutRegions(memory, signal);
          return;
        }
        const ranges = regions.map(({ baseAddr, endAddr }) => ({ start: baseAddr, end: endAddr }));
        const table = await pointerTable(memory, ranges, { ...words, threads, signal, ...(onProgress && { onProgress }) });
        const counts = alone ? fromOne(table.counts) : table.counts;
        const isCut = counts.length > limit;
        coverage = isCut ? { ...table.coverage, atLimit: true, complete: false } : table.coverage;
        const pairs = isCut ? counts.slice(0, limit) : counts;
        yield pairs.flatMap(({ from, to, count }) => {
          const [stands, leads] = [alone?.region ?? regions[from], regions[to]];
          return stands && leads ? [{ address: stands.baseAddr, to: leads, count }] : [];
        });
      }
      return {
        [Symbol.asyncIterator]: run,
        get coverage() {
          if (coverage) return coverage;
          throw new MslError("internal", "The coverage of a table of pointers is known when all of its pairs have been taken");
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

/** One count for each region that is pointed into: pointers of one region stand at addresses that other regions may have as well. */
function fromOne(counts: readonly PointerCount[]): PointerCount[] {
  const byTarget = new Map<number, number>();
  for (const { to, count } of counts) byTarget.set(to, (byTarget.get(to) ?? 0) + count);
  return [...byTarget].toSorted(([a], [b]) => a - b).map(([to, count]) => ({ from: 0, to, count }));
}

/** The coverage of a memory without regions that can be read. */
async function coverageWithoutRegions(memory: Memory, signal: AbortSignal): Promise<Coverage> {
  const { missingRegions } = await import("@memslice/analysis");
  const missing = await missingRegions(memory, signal);
  return {
    searched: 0n,
    notSearched: { failed: 0n, missing: 0n, overlapped: 0n, leftOut: 0n, givenUp: 0n },
    unmapped: 0n,
    ...missing,
    atLimit: false,
    complete: missing.unreadableRegions === 0 && !missing.regionsMissing && !missing.cutOff,
  };
}
