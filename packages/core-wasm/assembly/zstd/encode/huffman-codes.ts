/**
 * Huffman codes of literals from their lengths, and the description from which decoders rebuild them.
 *
 * A literal with a code of b bits has weight longest + 1 - b, a literal that does not occur weight 0. Codes are numbered from the longest to
 * the shortest, and codes of one length in the order of their literals. The weight of the last literal that occurs is implied.
 * Layout: workspace.ts.
 * Source: RFC 8878, section 4.2.1.
 */
import { appendBits } from "../bits";
import { DIRECT, MAXIMUM_BITS, WEIGHT_ACCURACY_LOG } from "../huffman-table";
import {
  accuracyLogFor,
  buildEncodingTable,
  describeDistribution,
  firstState,
  nextState,
  normalise,
  stepBits,
  stepOf,
} from "./fse";
import {
  CODE_LENGTHS_OFFSET,
  FrameEncoder,
  FSE_TABLE_SLOT,
  FSE_TABLES_OFFSET,
  HUFFMAN_CODES_OFFSET,
  NORMALISED_OFFSET,
  STORED_TABLE_BYTES,
  STORED_TABLE_OFFSET,
  WEIGHT_COUNTS_OFFSET,
  WEIGHTS_OFFSET,
} from "./workspace";

const LITERALS: u32 = 256;
/** A code is a u32: its bits from bit CODE_SHIFT on, their number in the bits below. */
export const CODE_SHIFT: u32 = 8;

const WEIGHT_KINDS: u32 = MAXIMUM_BITS + 1;
/** The slot behind the slots of the sequence codes. */
const WEIGHT_TABLE: usize = FSE_TABLES_OFFSET + 6 * FSE_TABLE_SLOT;

/** Writes the code of every literal that occurs. */
export function assignCodes(encoder: FrameEncoder, longest: u32): void {
  const lengths = encoder.at(CODE_LENGTHS_OFFSET);
  const codes = encoder.at(HUFFMAN_CODES_OFFSET);
  let next: u32 = 0;
  for (let length = longest; length > 0; length--) {
    for (let literal: u32 = 0; literal < LITERALS; literal++) {
      if (<u32>load<u8>(lengths + literal) !== length) continue;
      store<u32>(codes + (literal << 2), (next << CODE_SHIFT) | length);
      next++;
    }
    next >>= 1;
  }
}

/** Writes the description at STORED_TABLE_OFFSET. Returns its bytes, 0 if the codes cannot be described. */
export function describeCodes(encoder: FrameEncoder, longest: u32): usize {
  const lengths = encoder.at(CODE_LENGTHS_OFFSET);
  const weights = encoder.at(WEIGHTS_OFFSET);
  const description = encoder.at(STORED_TABLE_OFFSET);
  let last: u32 = 0;
  for (let literal: u32 = 0; literal < LITERALS; literal++) {
    const length = <u32>load<u8>(lengths + literal);
    store<u8>(weights + literal, <u8>(length === 0 ? 0 : longest + 1 - length));
    if (length !== 0) last = literal;
  }
  memory.fill(description, 0, STORED_TABLE_BYTES);
  const directBytes = 1 + ((last + 1) >> 1);
  const compressedBytes = compressWeights(encoder, weights, last, description);
  if (compressedBytes !== 0 && compressedBytes <= <usize>DIRECT && (compressedBytes <= <usize>directBytes || last > DIRECT)) {
    store<u8>(description, <u8>(compressedBytes - 1));
    return compressedBytes;
  }
  if (last > DIRECT) return 0;
  store<u8>(description, <u8>(DIRECT + last - 1));
  // Weights are stored in pairs: behind an odd number of them comes a 0.
  store<u8>(weights + last, 0);
  for (let i: u32 = 0; i < last; i += 2) {
    store<u8>(description + 1 + (i >> 1), (load<u8>(weights + i) << 4) | load<u8>(weights + i + 1));
  }
  return directBytes;
}

/**
 * Writes `count` weights as an FSE bitstream behind the first byte of `description`. Returns the bytes of both, 0 if this form does not
 * suit them.
 */
function compressWeights(encoder: FrameEncoder, weights: usize, count: u32, description: usize): usize {
  const counts = encoder.at(WEIGHT_COUNTS_OFFSET);
  memory.fill(counts, 0, 4 * WEIGHT_KINDS);
  let most: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const slot = counts + ((<usize>load<u8>(weights + i)) << 2);
    store<u32>(slot, load<u32>(slot) + 1);
    most = max<u32>(most, load<u32>(slot));
  }
  // A decoder finds the end of the stream by running out of bits. Equal weights take no bits, so that it would not end.
  if (most === count) return 0;
  const log = accuracyLogFor(count, WEIGHT_KINDS, WEIGHT_ACCURACY_LOG);
  const normalised = encoder.at(NORMALISED_OFFSET);
  const table = encoder.at(WEIGHT_TABLE);
  normalise(counts, WEIGHT_KINDS, count, log, normalised);
  buildEncodingTable(encoder, table, normalised, WEIGHT_KINDS, log);

  // Two states take turns. The state of the first weight is written last.
  const distributionBytes = describeDistribution(normalised, log, description + 1);
  const stream = description + 1 + distributionBytes;
  let bit: usize = 0;
  let state = firstState(table, load<u8>(weights + count - 1));
  let other = firstState(table, load<u8>(weights + count - 2));
  for (let i = <i32>count - 3; i >= 0; i--) {
    const step = stepOf(table, load<u8>(weights + i));
    const bits = stepBits(state, step);
    bit = appendBits(stream, bit, state & ((1 << bits) - 1), bits);
    const next = nextState(table, state, bits, step);
    state = other;
    other = next;
  }
  const mask: u32 = (1 << log) - 1;
  bit = appendBits(stream, bit, state & mask, log);
  bit = appendBits(stream, bit, other & mask, log);
  bit = appendBits(stream, bit, 1, 1);
  return 1 + distributionBytes + ((bit + 7) >> 3);
}
