/**
 * The Huffman table of literals (RFC 8878, section 4.2.1): reading its weights and building its decoding table.
 *
 * A cell is a u16: code length in the low byte, literal in the high one. The table has 1 << huffmanBits cells, so that the next
 * huffmanBits bits of a stream are an index. Weight w > 0 means a code of huffmanBits + 1 - w bits; the last weight is implied.
 */
import { Status } from "../codec/report";
import { countBits, highest, windowAt } from "./bit-reader";
import { baseOf, buildTable, cellOf, describe, nextStateOf, readDistribution, stateAt, stateBitsOf } from "./fse";
import { COUNTS_OFFSET, DESCRIPTIONS_OFFSET, DESCRIPTIONS_SLOT, HUFFMAN_OFFSET, WEIGHT_TABLE_OFFSET, WEIGHTS_OFFSET, Workspace } from "./workspace";

const MAXIMUM_BITS: u32 = 11;
const LARGEST_WEIGHT: u32 = MAXIMUM_BITS;
const WEIGHT_ACCURACY_LOG: u32 = 6;
/** 256 literals less the one whose weight is implied. */
const MAXIMUM_WEIGHTS: u32 = 255;
/** Header bytes from here on count weights of 4 bits; smaller ones are the size of an FSE bitstream. */
const DIRECT: u32 = 128;
/** The slot after those of the three sequence codes. */
const WEIGHT_DESCRIPTIONS: usize = DESCRIPTIONS_OFFSET + 3 * DESCRIPTIONS_SLOT;

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

/** Two states take turns until one of them finds no bits for its next step. Returns the number of weights, 0 after a failure. */
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
    // The other state holds one more weight in any case.
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

/** Completes the `count` weights and builds the table; false if they are no complete prefix code. */
function buildHuffmanTable(workspace: Workspace, count: u32): bool {
  const weights = workspace.part(WEIGHTS_OFFSET);
  const table = workspace.part(HUFFMAN_OFFSET);
  /** By weight: first the number of literals, then the cell where the next one's run begins. u32 each. */
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
  // A complete code has an even number of longest codes; without any it would be shorter than it says.
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
