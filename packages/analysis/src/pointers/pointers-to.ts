/** Who points at a place in memory. */

import { type MemoryRange, MslError } from "@memslice/msl";
import { requireOptions, runAtOnce, runInSlices, tableOf } from "@memslice/msl/work";
import { type Findings, type FindingsOptions, findingsOf } from "../asking/question.js";
import { checkRange, hex, joinedRanges } from "../intervals.js";
import type { Memory } from "../memory.js";
import { FINDINGS } from "../options/questions.js";
import { WORD_OVERLAP, WORDS, type WordOptions, wordSpec } from "./words.js";

/** A value, a range of addresses, or several ranges, such as those of a module. */
export type PointerTarget = bigint | MemoryRange | readonly MemoryRange[];

/** Options of `pointersTo`: how pointers stand in memory, and where the pointers stand that are asked for. */
export interface PointersOptions extends WordOptions, FindingsOptions {}

export const POINTERS_TO = tableOf<PointersOptions>("pointersTo")({ ...FINDINGS, ...WORDS });

/** A word that points into the target. */
export interface Pointer {
  /** Where the word stands. */
  readonly address: bigint;
  /** The word as it stands in memory, with ignored bits. */
  readonly value: bigint;
}

/** Pointers in batches, in the order of their addresses. */
export type Pointers = Findings<readonly Pointer[]>;

/**
 * Finds the words of memory that point into the target. No word lies across a hole. Throws `usage` for options that make no sense and targets that no
 * word can point to (of several ranges, when the first pointer is asked for), and what the memory throws.
 */
export function pointersTo(memory: Memory, target: PointerTarget, options: PointersOptions = {}): Pointers {
  requireOptions(POINTERS_TO, options);
  const ranges = rangesOf(target, options.ignoredBits ?? 0n);
  // Long lists are put in order when the question is asked, in slices.
  const spec =
    ranges.length === 1
      ? runAtOnce(wordSpec(ranges, options))
      : async (signal: AbortSignal | undefined) => runInSlices(wordSpec(await joinedRanges(ranges, signal), options), signal);
  return findingsOf(memory, { kind: "words", spec, overlap: WORD_OVERLAP }, options, () => ({
    findingsOf: ({ address, answer: { offsets, values } }) => ({
      count: offsets.length,
      batch(from, to) {
        const pointers: Pointer[] = [];
        for (let i = from; i < to; i++) pointers.push({ address: address + BigInt(offsets[i] ?? 0), value: values[i] ?? 0n });
        return pointers;
      },
    }),
  }));
}

function rangesOf(target: PointerTarget, ignoredBits: bigint): readonly MemoryRange[] {
  if (typeof target !== "bigint") {
    const ranges = "start" in target ? [target] : target;
    if (ranges.length === 0) throw new MslError("usage", "There is no range to find pointers to");
    const [range] = ranges;
    if (ranges.length === 1 && range) checkRange(range);
    return ranges;
  }
  if ((target & ignoredBits) !== 0n) {
    throw new MslError("usage", `The target ${hex(target)} has ignored bits (${hex(ignoredBits)}), which are compared as 0`);
  }
  const range = { start: target, end: target + 1n };
  checkRange(range);
  return [range];
}
