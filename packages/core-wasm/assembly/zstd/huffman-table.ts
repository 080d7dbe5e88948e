/**
 * The Huffman table of literals: reading its weights and building its decoding table.
 *
 * Layout of a cell, u16: code length in the low byte, literal in the high byte. The table has 1 << huffmanBits cells, so that the next
 * huffmanBits bits of a stream are an index. Weight w > 0 stands for a code of huffmanBits + 1 - w bits; the last weight is implied.
 * Source: RFC 8878, section 4.2.1.
 */
import { Status } from "../codec/report";
import { countBits, highest, windowAt } from "./bits";
import { baseOf, buildTable, cellOf, describe, nextStateOf, readDistribution, stateAt, stateBitsOf } from "./fse";
import { COUNTS_OFFSET, DESCRIPTIONS_OFFSET, DESCRIPTIONS_SLOT, HUFFMAN_OFFSET, WEIGHT_TABLE_OFFSET, WEIGHTS_OFFSET, Workspace } from "./workspace";

/** Bits of the longest code. */
export const MAXIMUM_BITS: u32 = 11;
const LARGEST_WEIGHT: u32 = MAXIMUM_BITS;
export const WEIGHT_ACCURACY_LOG: u32 = 6;
/** One less than there are literals: the last weight is implied. */
const MAXIMUM_WEIGHTS: u32 = 255;
/**
 * A first byte of at least this is the number of weights of 4 bits that follow, less one, plus this. A smaller one is the size of an FSE
 * bitstream.
 */
export const DIRECT: u32 = 128;
/** The slot behind the slots of the three sequence codes. */
const WEIGHT_DESCRIPTIONS: usize = DESCRIPTIONS_OFFSET + 3 * DESCRIPTIONS_SLOT;

/** Reads the table's description at `at` and builds the table. Returns the address behind the description. */
export function readHuffmanTable(workspace: Workspace, at: usize, end: usize): usize {
  if (at >= end) return workspace.fail(Status.Malformed, at);
  const header = <u32>load<u8>(at);
  const weightsEnd = at + 1 + (header < DIRECT ? header : (header - DIRECT + 2) >> 1);
  if (weightsEnd > end) return workspace.fail(Status.Malformed, at);
  let count: u32;
  if (header < DIRECT) {
    count = readCompressedWeights(workspace, at + 1, weightsEnd);
    if (count === 0) return 0;
  } else {
    count = header - DIRECT + 1;
    unpackWeights(workspace.part(WEIGHTS_OFFSET), at + 1, count);
  }
  return buildHuffmanTable(workspace, count) ? weightsEnd : workspace.fail(Status.Malformed, at);
}

function unpackWeights(weights: usize, at: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const pair = load<u8>(at + (i >> 1));
    store<u8>(weights + i, (i & 1) === 0 ? pair >> 4 : pair & 15);
  }
}

/**
 * Reads weights from an FSE bitstream with two states in turns, until a state finds too few bits for its next step. Returns their number, 0
 * after a failure.
 */
function readCompressedWeights(workspace: Workspace, at: usize, end: usize): u32 {
  const stream = readDistribution(workspace, at, end, WEIGHT_ACCURACY_LOG, LARGEST_WEIGHT);
  if (stream === 0) return 0;
  const descriptions = workspace.part(WEIGHT_DESCRIPTIONS);
  for (let weight: u32 = 0; weight <= LARGEST_WEIGHT; weight++) store<u64>(descriptions + (weight << 3), describe(weight, 0));
  const table = workspace.part(WEIGHT_TABLE_OFFSET);
  buildTable(workspace, table, descriptions);

  const stateBits = workspace.accuracyLog;
  let bits = countBits(stream, end) - <i64>(2 * stateBits);
  if (bits < 0) {
    workspace.fail(Status.Malformed, stream);
    return 0;
  }
  let window = windowAt(stream, bits + <i64>(2 * stateBits));
  const firstState = stateAt(workspace, table);
  let state = firstState + highest(window, stateBits);
  let otherState = firstState + highest(window << <u64>stateBits, stateBits);

  const weights = workspace.part(WEIGHTS_OFFSET);
  let count: u32 = 0;
  while (true) {
    const cell = cellOf(workspace, state);
    store<u8>(weights + count, <u8>baseOf(cell));
    count++;
    // The other state always holds one more weight.
    if (count === MAXIMUM_WEIGHTS) {
      workspace.fail(Status.Malformed, stream);
      return 0;
    }
    const needed = stateBitsOf(cell);
    if (bits < <i64>needed) {
      store<u8>(weights + count, <u8>baseOf(cellOf(workspace, otherState)));
      return count + 1;
    }
    window = windowAt(stream, bits);
    bits -= <i64>needed;
    state = otherState;
    otherState = nextStateOf(cell) + highest(window, needed);
  }
}

/** Completes the `count` weights and builds the table. False if they do not describe a complete prefix code. */
function buildHuffmanTable(workspace: Workspace, count: u32): bool {
  const weights = workspace.part(WEIGHTS_OFFSET);
  const table = workspace.part(HUFFMAN_OFFSET);
  // By weight, u32: first the number of literals, later the cell at which the run of the next literal begins.
  const runs = workspace.part(COUNTS_OFFSET);
  memory.fill(runs, 0, (LARGEST_WEIGHT + 1) << 2);

  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const weight = <u32>load<u8>(weights + i);
    if (weight > LARGEST_WEIGHT) return false;
    countWeight(runs, weight);
    sum += (1 << weight) >> 1;
  }
  if (sum === 0) return false;
  const bits: u32 = 32 - clz<u32>(sum);
  if (bits > MAXIMUM_BITS) return false;
  const missing = (<u32>1 << bits) - sum;
  if (popcnt<u32>(missing) !== 1) return false;
  const implied = ctz<u32>(missing) + 1;
  store<u8>(weights + count, <u8>implied);
  countWeight(runs, implied);
  // A complete code has at least two codes of the greatest length; without them the greatest length would be another.
  if (load<u32>(runs, 4) < 2) return false;

  let cell: u32 = 0;
  for (let weight: u32 = 1; weight <= bits; weight++) {
    const run = runs + (weight << 2);
    const literals = load<u32>(run);
    store<u32>(run, cell);
    cell += literals << (weight - 1);
  }
  for (let literal: u32 = 0; literal <= count; literal++) {
    const weight = <u32>load<u8>(weights + literal);
    if (weight === 0) continue;
    const run = runs + (weight << 2);
    const first = load<u32>(run);
    const length = <u32>1 << (weight - 1);
    store<u32>(run, first + length);
    fillCells(table + (first << 1), length, <u16>((literal << 8) | (bits + 1 - weight)));
  }
  workspace.huffmanBits = bits;
  return true;
}

@inline
function countWeight(runs: usize, weight: u32): void {
  const run = runs + (weight << 2);
  store<u32>(run, load<u32>(run) + 1);
}

function fillCells(at: usize, count: u32, cell: u16): void {
  const end = at + (count << 1);
  if (count >= 8) {
    const cells = i16x8.splat(cell);
    for (; at < end; at += 16) v128.store(at, cells);
  } else {
    for (; at < end; at += 2) store<u16>(at, cell);
  }
}
