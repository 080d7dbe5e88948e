/**
 * Huffman-coded literals: one bitstream, or four that hold a quarter each.
 *
 * Layout: huffman-table.ts for the cells of the table.
 * Invariants: writes stay in [output, output + length). A stream that does not end exactly with its last literal is malformed.
 * Source: RFC 8878, section 4.2.2.
 */
import { countBits, windowAt } from "./bits";
import { HUFFMAN_OFFSET, Workspace } from "./workspace";

/** Literals that one window always holds: 5 codes of at most 11 bits. */
const GROUP: usize = 5;
const GROUP_BITS: i64 = 55;
export const JUMP_TABLE_BYTES: usize = 6;
/** The least number of literals in four streams: with fewer the last stream would be empty. */
const MINIMUM_FOR_FOUR_STREAMS: u32 = 6;

/**
 * Decodes the first `wanted` of `length` literals from [at, end) to `output`. False if the stream is malformed; its end is checked if all
 * are wanted.
 */
export function decodeOneStream(workspace: Workspace, at: usize, end: usize, output: usize, length: u32, wanted: u32): bool {
  const bits = countBits(at, end);
  if (bits < 0 || length === 0) return false;
  const left = decodeStream(workspace, at, bits, output, output + wanted);
  return wanted < length ? left >= 0 : left === 0;
}

/**
 * Decodes `length` literals from the four streams in [at, end) to `output`, or the first `wanted` alone if the first stream has them. False if a
 * stream is malformed.
 */
export function decodeFourStreams(workspace: Workspace, at: usize, end: usize, output: usize, length: u32, wanted: u32): bool {
  if (length < MINIMUM_FOR_FOUR_STREAMS || end - at < JUMP_TABLE_BYTES) return false;
  const stream1 = at + JUMP_TABLE_BYTES;
  const stream2 = stream1 + load<u16>(at);
  const stream3 = stream2 + load<u16>(at, 2);
  const stream4 = stream3 + load<u16>(at, 4);
  if (stream4 >= end) return false;
  let bits1 = countBits(stream1, stream2);
  let bits2 = countBits(stream2, stream3);
  let bits3 = countBits(stream3, stream4);
  let bits4 = countBits(stream4, end);
  if ((bits1 | bits2 | bits3 | bits4) < 0) return false;

  const quarter = <usize>((length + 3) >> 2);
  if (<usize>wanted < quarter) return decodeStream(workspace, stream1, bits1, output, output + wanted) >= 0;
  const outputEnd = output + length;
  const end1 = output + quarter;
  const end2 = end1 + quarter;
  const end3 = end2 + quarter;
  let output1 = output;
  let output2 = end1;
  let output3 = end2;
  let output4 = end3;

  const table = workspace.part(HUFFMAN_OFFSET);
  const indexShift = 64 - <u64>workspace.huffmanBits;
  // The last stream has the fewest literals: while it has some left, the others have, too.
  while (min(min(bits1, bits2), min(bits3, bits4)) >= GROUP_BITS && outputEnd - output4 >= GROUP) {
    bits1 -= decodeGroup(table, indexShift, windowAt(stream1, bits1), output1);
    bits2 -= decodeGroup(table, indexShift, windowAt(stream2, bits2), output2);
    bits3 -= decodeGroup(table, indexShift, windowAt(stream3, bits3), output3);
    bits4 -= decodeGroup(table, indexShift, windowAt(stream4, bits4), output4);
    output1 += GROUP;
    output2 += GROUP;
    output3 += GROUP;
    output4 += GROUP;
  }
  return (
    decodeStream(workspace, stream1, bits1, output1, end1) === 0 &&
    decodeStream(workspace, stream2, bits2, output2, end2) === 0 &&
    decodeStream(workspace, stream3, bits3, output3, end3) === 0 &&
    decodeStream(workspace, stream4, bits4, output4, outputEnd) === 0
  );
}

/** Decodes literals up to `outputEnd` from the last `bits` of a stream. Returns the number of bits left, negative if there are too few. */
function decodeStream(workspace: Workspace, stream: usize, bits: i64, output: usize, outputEnd: usize): i64 {
  const table = workspace.part(HUFFMAN_OFFSET);
  const indexShift = 64 - <u64>workspace.huffmanBits;
  while (bits >= GROUP_BITS && outputEnd - output >= GROUP) {
    bits -= decodeGroup(table, indexShift, windowAt(stream, bits), output);
    output += GROUP;
  }
  for (; output < outputEnd; output++) {
    const cell = cellAt(table, indexShift, windowAt(stream, bits));
    bits -= <i64>lengthOf(cell);
    if (bits < 0) return bits;
    store<u8>(output, literalOf(cell));
  }
  return bits;
}

/** Decodes GROUP literals to `output`. Returns the number of bits of their codes. */
@inline
function decodeGroup(table: usize, indexShift: u64, window: u64, output: usize): i64 {
  const cell1 = cellAt(table, indexShift, window);
  window <<= <u64>cell1;
  const cell2 = cellAt(table, indexShift, window);
  window <<= <u64>cell2;
  const cell3 = cellAt(table, indexShift, window);
  window <<= <u64>cell3;
  const cell4 = cellAt(table, indexShift, window);
  window <<= <u64>cell4;
  const cell5 = cellAt(table, indexShift, window);
  store<u8>(output, literalOf(cell1));
  store<u8>(output, literalOf(cell2), 1);
  store<u8>(output, literalOf(cell3), 2);
  store<u8>(output, literalOf(cell4), 3);
  store<u8>(output, literalOf(cell5), 4);
  return <i64>lengthOf(cell1 + cell2 + cell3 + cell4 + cell5);
}

/** The cell of the next code. A shift by a cell is a shift by its code length, since shifts take 6 bits and the length has no more. */
@inline
function cellAt(table: usize, indexShift: u64, window: u64): u32 {
  return load<u16>(table + (<usize>(window >> indexShift) << 1));
}

@inline
function lengthOf(cell: u32): u32 {
  return cell & 0xff;
}

@inline
function literalOf(cell: u32): u8 {
  return <u8>(cell >> 8);
}
