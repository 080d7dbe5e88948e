/** Compares reads by address of two captures, one made from the other, with the differences listed in the report of `transcode`. */
import type { Capture, MemoryRead, MemoryState, TranscodeReport } from "@memslice/msl";
import { ask, require } from "../finding.js";
import type { Window } from "./address-windows.js";

const STATES: readonly MemoryState[] = ["captured", "failed", "unmapped", "absent", "missing"];

/** A range of addresses at which, according to the report, reads differ. */
interface ListedRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly before: string;
  readonly after: string;
}

/**
 * Throws `Disagreement` for the first address whose byte or state differs in `output` although `report.addresses` does not list it, or
 * whose states differ from the listed ones. Also throws for a report that calls itself complete although it lists a range that was lost
 * for another reason than the selection.
 */
export async function requireSameMemory(
  source: Capture,
  output: Capture,
  report: TranscodeReport,
  windows: readonly Window[],
): Promise<void> {
  const lost = report.addresses.find(({ selection }) => selection !== true);
  require(`the report is complete, and lists 0x${lost?.start}`, lost === undefined || !report.complete);
  const ranges = report.addresses.map(
    ({ start, end, before, after }): ListedRange => ({
      start: BigInt(start),
      end: BigInt(end),
      before: before.state,
      after: after.state,
    }),
  );
  for (const { address, length } of windows) {
    const listed = ranges.filter(({ start, end }) => start < address + BigInt(length) && address < end);
    // The limits may refuse a read of the source; transcode has then left the region out.
    const read = await ask(() => source.memory.read(address, length));
    if (!read.value) continue;
    const before = flat(read.value);
    const after = flat(await output.memory.read(address, length));
    if (listed.length === 0 && same(before.bytes, after.bytes) && same(before.states, after.states)) continue;
    for (let i = 0; i < length; i++) {
      const at = address + BigInt(i);
      const change = `memory at 0x${at.toString(16)} is ${cell(before, i)} before and ${cell(after, i)} after transcode`;
      const range = listed.find(({ start, end }) => start <= at && at < end);
      if (range) {
        const states = `${range.before} and ${range.after}`;
        require(`${change}, and the report says ${states}`, isState(range.before, before, i) && isState(range.after, after, i));
      } else {
        const unchanged = before.bytes[i] === after.bytes[i] && before.states[i] === after.states[i];
        require(`${change}, complete ${report.complete}, and the report does not say so`, unchanged);
      }
    }
  }
}

function isState(state: string, { states }: Flat, i: number): boolean {
  return state === "various" || state === STATES[states[i] ?? 0];
}

/** For each address a byte and the index of a state; the byte of a hole is 0. */
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

function cell({ bytes, states }: Flat, i: number): string {
  const state = STATES[states[i] ?? 0] ?? "captured";
  return state === "captured" ? `byte 0x${(bytes[i] ?? 0).toString(16)}` : state;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
