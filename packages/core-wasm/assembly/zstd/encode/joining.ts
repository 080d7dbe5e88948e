/**
 * Joins neighbouring segments as long as one block for both takes fewer bits than two blocks: different content costs more bits in common
 * tables, tables of their own cost their descriptions. The pair that saves most is joined first.
 *
 * The cost of a segment is an estimate: its entropy, which Huffman codes and FSE come close to, and the descriptions of its tables.
 * Layout: segment.ts.
 */
import { COUNTS_BYTES, Segment, segmentAt } from "./segment";
import { FrameEncoder } from "./workspace";

/** Bits of the headers of a block and its sections, and the bits that have to be saved to be worth the time of another block. */
const BLOCK_COST: f32 = 500;
/** Bits of a table's description per symbol that occurs. */
const SYMBOL_COST: f32 = 4;
const NONE: usize = 0;

/** Joins segments among the first `count`. The remaining segments are linked by `next`, beginning with the first. */
export function joinSegments(encoder: FrameEncoder, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const segment = segmentAt(encoder, i);
    segment.next = i + 1 < count ? changetype<usize>(segmentAt(encoder, i + 1)) : NONE;
    if (count > 1) segment.cost = costOf(segment.counts, segment.literalsLength, segment.sequenceCount);
  }
  const first = segmentAt(encoder, 0);
  for (let segment = first; segment.next !== NONE; segment = changetype<Segment>(segment.next)) findSaving(segment);

  while (true) {
    let best = first;
    let beforeBest = NONE;
    let bestSaving: f32 = -1;
    let before = NONE;
    for (let segment = first; segment.next !== NONE; segment = changetype<Segment>(segment.next)) {
      if (segment.saving > bestSaving) {
        bestSaving = segment.saving;
        best = segment;
        beforeBest = before;
      }
      before = changetype<usize>(segment);
    }
    if (bestSaving < 0) return;
    joinToNext(best);
    if (best.next !== NONE) findSaving(best);
    if (beforeBest !== NONE) findSaving(changetype<Segment>(beforeBest));
  }
}

function findSaving(segment: Segment): void {
  const next = changetype<Segment>(segment.next);
  const literals = segment.literalsLength + next.literalsLength;
  const sequences = segment.sequenceCount + next.sequenceCount;
  const joined = costOfBoth(segment.counts, next.counts, literals, sequences);
  segment.saving = segment.cost + next.cost - joined;
}

function joinToNext(segment: Segment): void {
  const next = changetype<Segment>(segment.next);
  segment.cost = segment.cost + next.cost - segment.saving;
  segment.next = next.next;
  segment.literalsLength += next.literalsLength;
  segment.sequenceCount += next.sequenceCount;
  const counts = segment.counts;
  const others = next.counts;
  for (let slot: usize = 0; slot < COUNTS_BYTES; slot += 16) {
    v128.store(counts + slot, i32x4.add(v128.load(counts + slot), v128.load(others + slot)));
  }
}

function costOf(counts: usize, literals: u32, sequences: u32): f32 {
  let sum = f32x4.splat(0);
  for (let slot: usize = 0; slot < COUNTS_BYTES; slot += 16) sum = f32x4.add(sum, informationOf(v128.load(counts + slot)));
  return blockCost(sum, literals, sequences);
}

function costOfBoth(counts: usize, others: usize, literals: u32, sequences: u32): f32 {
  let sum = f32x4.splat(0);
  for (let slot: usize = 0; slot < COUNTS_BYTES; slot += 16) {
    sum = f32x4.add(sum, informationOf(i32x4.add(v128.load(counts + slot), v128.load(others + slot))));
  }
  return blockCost(sum, literals, sequences);
}

/** Bits of a block. n symbols with counts c take n log2 n - sum of c log2 c bits; each sequence has one symbol of each of three codes. */
function blockCost(sum: v128, literals: u32, sequences: u32): f32 {
  const known =
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  return BLOCK_COST + weightedLog2(literals) + 3 * weightedLog2(sequences) - known;
}

function weightedLog2(count: u32): f32 {
  return f32x4.extract_lane(weightedLog2s(f32x4.splat(<f32>count)), 0);
}

/** c log2 c of four counts, less the bits that describe the symbols that occur. */
@inline
function informationOf(counts: v128): v128 {
  const occurs = i32x4.ne(counts, i32x4.splat(0));
  const description = v128.and(occurs, f32x4.splat(SYMBOL_COST));
  return f32x4.sub(weightedLog2s(f32x4.convert_i32x4_u(counts)), description);
}

/**
 * x log2 x of four floats, 0 for 0. The exponent of a float is the integer part of its logarithm, and log2(1 + m) is about m + 0.344 m (1 -
 * m).
 */
@inline
function weightedLog2s(values: v128): v128 {
  const mantissa = f32x4.mul(f32x4.convert_i32x4_s(v128.and(values, i32x4.splat(0x7fffff))), f32x4.splat(1.0 / 8388608.0));
  const linear = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(values), f32x4.splat(1.0 / 8388608.0)), f32x4.splat(127));
  const bend = f32x4.mul(f32x4.mul(mantissa, f32x4.sub(f32x4.splat(1), mantissa)), f32x4.splat(0.344));
  return f32x4.mul(values, f32x4.add(linear, bend));
}
