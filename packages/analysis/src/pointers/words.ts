/** What a pointer looks like in memory: size, byte order, alignment, bits that carry no address. */
import type { WordSearchOptions } from "@memslice/core-wasm/scan";
import { type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, bigint, checksOf, flag, oneOf, type SlicedWork, U64_MOST } from "@memslice/msl/work";
import type { Piece } from "../asking/pieces.js";
import { hex } from "../intervals.js";

/** How pointers stand in memory. */
export interface WordOptions {
  /** Bytes of a pointer. Default 8. */
  readonly pointerBytes?: 4 | 8;
  /** Whether the most significant byte comes first. Default false. */
  readonly bigEndian?: boolean;
  /** Pointers stand at addresses that are multiples of this number: a power of two up to `pointerBytes`, which is the default. 1 finds all. */
  readonly alignment?: 1 | 2 | 4 | 8;
  /**
   * Bits of a pointer that carry no address, such as the tag of an object (`0x7n`) or of ARM's top byte (`0xffn << 56n`): a pointer is compared as
   * if they were 0. Default: none.
   */
  readonly ignoredBits?: bigint;
}

export const WORDS = checksOf<WordOptions>()({
  pointerBytes: oneOf([4, 8]),
  bigEndian: flag,
  alignment: oneOf([1, 2, 4, 8]),
  ignoredBits: bigint(0n, U64_MOST),
});

/** A search for words, as it is sent to threads. */
export type WordSpec = WordSearchOptions;

/** Ranges between two steps, which take about as many units of work. */
const PER_STEP = 512;

/** The first and the last address of each range, as far as they are not behind `largest`. `ranges`: ascending. */
export function* firstsAndLasts(
  ranges: readonly MemoryRange[],
  largest = ADDRESS_SPACE_END,
): SlicedWork<Pick<WordSpec, "firsts" | "lasts">> {
  const firsts = new BigUint64Array(ranges.length);
  const lasts = new BigUint64Array(ranges.length);
  let count = 0;
  for (const { start, end } of ranges) {
    if (start > largest) break;
    firsts[count] = start;
    lasts[count] = end - 1n < largest ? end - 1n : largest;
    if (++count % PER_STEP === 0) yield PER_STEP;
  }
  if (count === ranges.length) return { firsts, lasts };
  // Copies: a view would be sent to threads with all of its buffer.
  return { firsts: firsts.slice(0, count), lasts: lasts.slice(0, count) };
}

/** The search for words that lie in ranges, which ascend. Throws `usage` for options that make no sense, and for ranges that no word can lie in. */
export function* wordSpec(ranges: readonly MemoryRange[], options: WordOptions): SlicedWork<WordSpec> {
  const { pointerBytes: width = 8, bigEndian = false, alignment = width, ignoredBits = 0n } = options;
  if (alignment > width) {
    throw new MslError(
      "usage",
      `The alignment is ${alignment} bytes, expected a power of two up to the ${width} bytes of a pointer`,
    );
  }
  const largest = (1n << BigInt(8 * width)) - 1n;
  if (ignoredBits >= largest) {
    throw new MslError(
      "usage",
      `The ignored bits are ${hex(ignoredBits)}, expected a part of the ${8 * width} bits of a pointer`,
    );
  }
  const { firsts, lasts } = yield* firstsAndLasts(ranges, largest);
  if (firsts.length === 0) {
    throw new MslError("usage", `No pointer of ${width} bytes leads to the target: expected addresses up to ${hex(largest)}`);
  }
  return { width, bigEndian, alignment, ignoredBits, firsts, lasts };
}

/** Bytes that pieces repeat, so that every word lies whole in one: a multiple of all alignments. */
export const WORD_OVERLAP = 8;

/** The offset of the first word of a piece: aligned by its address, and not whole in the repeated bytes, where the piece before has it. */
export function firstWord({ address, repeated }: Piece, { width, alignment = width }: WordSpec): number {
  const from = Math.max(0, repeated - width + 1);
  return from + Number(-(address + BigInt(from)) & BigInt(alignment - 1));
}
