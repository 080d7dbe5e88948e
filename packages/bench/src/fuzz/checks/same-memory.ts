/** Reads by address of two captures, one made from the other, and what the report of the making says about each difference. */
import type { Capture, MemoryRead, MemoryState, Region, TranscodeReport } from "@memslice/msl";
import { require } from "../finding.js";
import { extentOf, type Window } from "./address-windows.js";

/** Fields by which a change says that a region ends elsewhere. */
const EXTENT_FIELDS: ReadonlySet<string> = new Set(["regionSize", "baseAddr"]);
const STATES: readonly MemoryState[] = ["captured", "failed", "unmapped", "absent", "missing"];
const ABSENT = STATES.indexOf("absent");

/** What the report says about the memory of a region of the source. */
interface Told {
  readonly start: bigint;
  readonly end: bigint;
  /** The region is not in the output: what it covered, if another region had the addresses too, is read instead. */
  readonly leftOut: boolean;
  /** Some of its pages lost their bytes. */
  readonly failed: boolean;
  /** It takes other addresses than before. */
  readonly extent: boolean;
}

/**
 * Throws `Disagreement` for the first address whose byte or state is another one in `output` without the report saying so. What explains
 * a difference: a region at the address that was left out, in a report that is incomplete; pages that failed, where the address reads as a
 * hole and the report is incomplete; a region that grew, where no region had the address before.
 */
export async function requireSameMemory(
  source: Capture,
  output: Capture,
  report: TranscodeReport,
  windows: readonly Window[],
): Promise<void> {
  const told = tellingsOf(await source.regions(), report);
  for (const { address, length } of windows) {
    const before = flat(await source.memory.read(address, length));
    const after = flat(await output.memory.read(address, length));
    if (same(before.bytes, after.bytes) && same(before.states, after.states)) continue;
    for (let i = 0; i < length; i++) {
      if (before.bytes[i] === after.bytes[i] && before.states[i] === after.states[i]) continue;
      const at = address + BigInt(i);
      const isTold = told.some(
        ({ start, end, leftOut, failed, extent }) =>
          start <= at &&
          at < end &&
          ((leftOut && !report.complete) ||
            (failed && !report.complete && !isCaptured(after, i)) ||
            (extent && before.states[i] === ABSENT)),
      );
      const change = `${cell(before, i)} before and ${cell(after, i)} after transcode`;
      require(`memory at 0x${at.toString(16)} is ${change}, complete ${report.complete}, and the report does not say so`, isTold);
    }
  }
}

function tellingsOf(regions: readonly Region[], { blocks, leftOut }: TranscodeReport): Told[] {
  const missing = new Set<number | undefined>(leftOut.map(({ index }) => index));
  const failed = new Set<number>();
  const moved = new Set<number>();
  for (const { source, changes } of blocks) {
    if (changes.some(({ id }) => id === "pages-failed")) failed.add(source.index);
    if (changes.some(({ field }) => EXTENT_FIELDS.has(field ?? ""))) moved.add(source.index);
  }
  return regions.map((region) => ({
    ...extentOf(region),
    leftOut: region.blocks.some(({ index }) => missing.has(index)),
    failed: region.blocks.some(({ index }) => failed.has(index)),
    extent: region.blocks.some(({ index }) => moved.has(index)),
  }));
}

/** A byte and the index of a state for each address; the byte of a hole is 0. */
interface Flat {
  readonly bytes: Uint8Array;
  readonly states: Uint8Array;
}

function flat(read: MemoryRead): Flat {
  const states = new Uint8Array(read.length);
  for (const { address, length, state } of read.segments) {
    const at = Number(address - read.address);
    states.fill(STATES.indexOf(state), at, at + length);
  }
  return { bytes: read.bytes({ fill: 0 }), states };
}

function isCaptured({ states }: Flat, i: number): boolean {
  return STATES[states[i] ?? 0] === "captured";
}

function cell({ bytes, states }: Flat, i: number): string {
  const state = STATES[states[i] ?? 0] ?? "captured";
  return state === "captured" ? `byte 0x${(bytes[i] ?? 0).toString(16)}` : state;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
