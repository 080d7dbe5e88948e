/** How much of the memory of a capture was searched, over all ranges asked for. */
import type { Coverage } from "@memslice/analysis";
import type { MemoryRange } from "@memslice/msl";
import { byteText, counted } from "../terminal/quantity-text.js";
import type { Questioned } from "./questioned.js";

/** The most blocks that are named. */
const MOST_BLOCKS = 5;

/** The coverage of all ranges together. */
export interface CaptureCoverage extends Coverage {
  /** The blocks of the regions with overlapped bytes. */
  readonly overlappedBlocks: readonly number[];
}

/** The coverage of a range that nothing was searched in, since the findings before it have reached the limit. */
export async function coverageOfNone(
  memory: Questioned["memory"],
  { start, end }: MemoryRange,
  signal: AbortSignal,
): Promise<Coverage> {
  const { captured, failed, missing, unmapped } = await memory.extent(start, end, signal);
  const { missingRegions, overlappedRegions } = await import("@memslice/analysis");
  const overlapped = (await overlappedRegions(memory, start, end, signal)).reduce((sum, { bytes: some }) => sum + some, 0n);
  return {
    searched: 0n,
    notSearched: { failed, missing, overlapped, leftOut: captured, givenUp: 0n },
    unmapped,
    ...(await missingRegions(memory, signal)),
    atLimit: true,
    complete: false,
  };
}

export async function captureCoverage(
  capture: Questioned,
  ranges: readonly MemoryRange[],
  coverages: readonly Coverage[],
  signal: AbortSignal,
): Promise<CaptureCoverage> {
  const sum = (bytesOf: (coverage: Coverage) => bigint) => coverages.reduce((bytes, one) => bytes + bytesOf(one), 0n);
  const { missingRegions } = await import("@memslice/analysis");
  const overlapped = sum(({ notSearched }) => notSearched.overlapped);
  return {
    searched: sum(({ searched }) => searched),
    notSearched: {
      failed: sum(({ notSearched }) => notSearched.failed),
      missing: sum(({ notSearched }) => notSearched.missing),
      overlapped,
      leftOut: sum(({ notSearched }) => notSearched.leftOut),
      givenUp: sum(({ notSearched }) => notSearched.givenUp),
    },
    unmapped: sum(({ unmapped }) => unmapped),
    atLimit: coverages.some(({ atLimit }) => atLimit),
    complete: coverages.every(({ complete }) => complete),
    ...(await missingRegions(capture.memory, signal)),
    overlappedBlocks: overlapped > 0n ? await overlappedBlocks(capture, ranges, signal) : [],
  };
}

async function overlappedBlocks({ memory }: Questioned, ranges: readonly MemoryRange[], signal: AbortSignal): Promise<number[]> {
  const { overlappedRegions } = await import("@memslice/analysis");
  const blocks = new Set<number>();
  for (const { start, end } of ranges)
    for (const { region } of await overlappedRegions(memory, start, end, signal)) blocks.add(region.block.index);
  return [...blocks];
}

export function coverageJson({ searched, notSearched, unmapped, ...rest }: CaptureCoverage) {
  const { failed, missing, overlapped, leftOut, givenUp } = notSearched;
  return {
    searched: String(searched),
    notSearched: {
      failed: String(failed),
      missing: String(missing),
      overlapped: String(overlapped),
      leftOut: String(leftOut),
      givenUp: String(givenUp),
    },
    unmapped: String(unmapped),
    unreadableRegions: rest.unreadableRegions,
    regionsMissing: rest.regionsMissing,
    cutOff: rest.cutOff,
    overlappedBlocks: rest.overlappedBlocks,
    atLimit: rest.atLimit,
    complete: rest.complete,
  };
}

/** For example "60.0 KiB searched; not searched: 12.0 KiB of pages that failed". */
export function coverageText({
  searched,
  notSearched,
  unreadableRegions,
  cutOff,
  atLimit,
  complete,
  ...rest
}: CaptureCoverage): string {
  const { failed, missing, overlapped, leftOut, givenUp } = notSearched;
  const gaps = [
    failed > 0n && `${bytes(failed)} of pages that failed`,
    missing > 0n && `${bytes(missing)} that the capture lacks`,
    overlapped > 0n &&
      `${bytes(overlapped)} of regions that overlap others (--block N asks one of them: ${blocksText(rest.overlappedBlocks)})`,
    leftOut > 0n && `${bytes(leftOut)} behind the limit`,
    givenUp > 0n && `${bytes(givenUp)} that would have taken too long`,
    atLimit && leftOut === 0n && "what follows the last finding, at the limit",
    unreadableRegions > 0 && `${counted(unreadableRegions, "regions")} that cannot be read`,
    rest.regionsMissing && "memory, since the header announces MemoryRegions, and the chain reaches no block with it",
    cutOff && "what may follow the end of the file, since End-of-Capture is missing",
  ].filter((gap) => gap !== false);
  return `${bytes(searched)} searched${complete ? ", all that was asked for" : `; not searched: ${gaps.join(", ")}`}`;
}

/** For example "1, 5"; with `…` behind the first ones of many. */
export function blocksText(blocks: readonly number[]): string {
  return `${blocks.slice(0, MOST_BLOCKS).join(", ")}${blocks.length > MOST_BLOCKS ? ", …" : ""}`;
}

function bytes(number: bigint): string {
  return byteText(Number(number));
}
