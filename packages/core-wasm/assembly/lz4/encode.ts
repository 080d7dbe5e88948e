/**
 * LZ4 block encoder. Takes the first match that its one hash table yields, and moves in growing steps through data that does not compress.
 *
 * Layout of the workspace: the hash table, u32 positions.
 * Invariants: reads stay in [source, source + length), writes in the first lz4EncodeBound(length) bytes of the destination: a sequence of
 * literals and a match is never longer than the bytes that it encodes, except for one byte per 255 literals. Whole vectors are written only
 * before the last LAST_MATCH_DISTANCE bytes of the source are encoded, which leaves room behind them.
 * Source: LZ4 block format description, with its rules for the end of a block.
 */
import { LZ4_REACH } from "../../src/layout";
import { copyLiterals, matchEnd, slotOf, tableLog } from "../codec/match-search";
import { EXTENDED, MINIMUM_MATCH as LEAST_MATCH } from "./block";

const MINIMUM_MATCH: usize = LEAST_MATCH;
const MAXIMUM_OFFSET: usize = LZ4_REACH;
/** The last match begins at least this far from the end: the format demands 12 bytes, reading whole vectors 16. */
const LAST_MATCH_DISTANCE: usize = 16;
/** The last bytes of the source, which the format demands to be literals. */
const LAST_LITERALS: usize = 5;
const HASHED_BYTES: u64 = 5;
const LEAST_TABLE_LOG: u32 = 8;
const MOST_TABLE_LOG: u32 = 13;
/** Steps grow by one every 1 << STEP_SHIFT positions without a match. */
const STEP_SHIFT: u32 = 5;

/** The most bytes that the block for a source of `length` bytes takes. */
export function lz4EncodeBound(length: u32): u32 {
  return length + length / 255 + 16;
}

export function lz4EncodeWorkspaceSize(length: u32): u32 {
  return <u32>4 << tableLog(length, LEAST_TABLE_LOG, MOST_TABLE_LOG);
}

/** Returns the length of the block. */
export function lz4EncodeBlock(source: usize, length: u32, destination: usize, workspace: usize): u32 {
  const sourceEnd = source + length;
  let output = destination;
  let anchor = source;
  if (length > <u32>LAST_MATCH_DISTANCE) {
    const log = tableLog(length, LEAST_TABLE_LOG, MOST_TABLE_LOG);
    memory.fill(workspace, 0, <usize>4 << log);
    const shift = <u64>(64 - log);
    const lastStart = sourceEnd - LAST_MATCH_DISTANCE;
    const matchLimit = sourceEnd - LAST_LITERALS;
    // Position 0 is in the table already.
    let input = source + 1;
    let attempts: u32 = 1 << STEP_SHIFT;
    while (input <= lastStart) {
      const word = load<u64>(input);
      const slot = workspace + slotOf(word, HASHED_BYTES, shift);
      let candidate = source + load<u32>(slot);
      store<u32>(slot, <u32>(input - source));
      if (load<u32>(candidate) !== <u32>word || input - candidate > MAXIMUM_OFFSET) {
        input += attempts++ >> STEP_SHIFT;
        continue;
      }
      attempts = 1 << STEP_SHIFT;
      const offset = input - candidate;
      const end = matchEnd(input + MINIMUM_MATCH, candidate + MINIMUM_MATCH, matchLimit);
      while (input > anchor && candidate > source && load<u8>(input - 1) === load<u8>(candidate - 1)) {
        input--;
        candidate--;
      }
      output = writeSequence(output, anchor, input, offset, end - input);
      anchor = end;
      input = end;
      if (input <= lastStart) {
        const inside = input - 2;
        store<u32>(workspace + slotOf(load<u64>(inside), HASHED_BYTES, shift), <u32>(inside - source));
      }
    }
  }
  output = writeLastLiterals(output, anchor, sourceEnd);
  return <u32>(output - destination);
}

/** Writes the literals [anchor, input) and a match. Returns the end of the output. */
@inline
function writeSequence(output: usize, anchor: usize, input: usize, offset: usize, length: usize): usize {
  const literals = input - anchor;
  const token = output++;
  let nibbles: u32;
  if (literals < <usize>EXTENDED) {
    nibbles = <u32>literals << 4;
    v128.store(output, v128.load(anchor));
  } else {
    nibbles = EXTENDED << 4;
    output = writeExtension(output, literals - EXTENDED);
    copyLiterals(output, anchor, literals);
  }
  output += literals;
  store<u16>(output, <u16>offset);
  output += 2;
  const more = length - MINIMUM_MATCH;
  if (more < <usize>EXTENDED) {
    nibbles |= <u32>more;
  } else {
    nibbles |= EXTENDED;
    output = writeExtension(output, more - EXTENDED);
  }
  store<u8>(token, <u8>nibbles);
  return output;
}

function writeLastLiterals(output: usize, anchor: usize, sourceEnd: usize): usize {
  const literals = sourceEnd - anchor;
  if (literals < <usize>EXTENDED) {
    store<u8>(output++, <u8>(literals << 4));
  } else {
    store<u8>(output++, <u8>(EXTENDED << 4));
    output = writeExtension(output, literals - EXTENDED);
  }
  memory.copy(output, anchor, literals);
  return output + literals;
}

/** Writes the part of a length that its nibble does not hold: bytes of 255, and one smaller byte. Returns the end of the output. */
function writeExtension(output: usize, rest: usize): usize {
  const full = rest / 255;
  if (full < 16) {
    for (let i: usize = 0; i < full; i++) store<u8>(output + i, 255);
  } else {
    memory.fill(output, 255, full);
  }
  store<u8>(output + full, <u8>(rest - 255 * full));
  return output + full + 1;
}
