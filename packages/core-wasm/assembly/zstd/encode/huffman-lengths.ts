/**
 * Lengths of Huffman codes of at most MAXIMUM_BITS bits.
 *
 * The tree is built from two queues: literals sorted by count, and inner nodes, which are made in the order of their counts. Codes that
 * become too long are cut; then other codes are lengthened, where that costs least, until the code is complete again.
 * Layout: workspace.ts.
 * Source: RFC 8878, section 4.2.1.
 */
import { MAXIMUM_BITS } from "../huffman-table";
import {
  BUCKETS_OFFSET,
  CODE_LENGTHS_OFFSET,
  FrameEncoder,
  NODE_COUNTS_OFFSET,
  NODE_DEPTHS_OFFSET,
  NODE_PARENTS_OFFSET,
  SORTED_OFFSET,
} from "./workspace";

const LITERALS: u32 = 256;
/** Bits per pass of the radix sort. Counts are at most 2^17, so that two passes suffice. */
const BUCKET_BITS: u32 = 9;
const BUCKETS: u32 = 1 << BUCKET_BITS;

/**
 * Writes the code length of every literal by the counts, 0 for a literal that does not occur. At least two have to occur. Returns the
 * greatest length.
 */
export function chooseCodeLengths(encoder: FrameEncoder, counts: usize): u32 {
  const sorted = encoder.at(SORTED_OFFSET);
  const used = sortByCount(encoder, counts, sorted);
  const depths = encoder.at(NODE_DEPTHS_OFFSET);
  buildTree(encoder, counts, sorted, used);
  limitDepths(encoder, sorted, depths, used);

  const lengths = encoder.at(CODE_LENGTHS_OFFSET);
  memory.fill(lengths, 0, LITERALS);
  for (let i: u32 = 0; i < used; i++) store<u8>(lengths + load<u8>(sorted + i), load<u8>(depths + i));
  return load<u8>(depths);
}

/** Writes the literals that occur to `sorted`, the rarest first. Returns their number. */
function sortByCount(encoder: FrameEncoder, counts: usize, sorted: usize): u32 {
  const byLowBits = sorted + LITERALS;
  let used: u32 = 0;
  for (let literal: u32 = 0; literal < LITERALS; literal++) {
    if (load<u32>(counts + (literal << 2)) === 0) continue;
    store<u8>(sorted + used, <u8>literal);
    used++;
  }
  sortByBits(encoder, counts, sorted, used, 0, byLowBits);
  sortByBits(encoder, counts, byLowBits, used, BUCKET_BITS, sorted);
  return used;
}

/** One pass of a stable radix sort, by BUCKET_BITS bits of the counts. */
function sortByBits(encoder: FrameEncoder, counts: usize, from: usize, used: u32, shift: u32, to: usize): void {
  const buckets = encoder.at(BUCKETS_OFFSET);
  memory.fill(buckets, 0, 2 * BUCKETS);
  for (let i: u32 = 0; i < used; i++) {
    const bucket = bucketOf(buckets, counts, load<u8>(from + i), shift);
    store<u16>(bucket, load<u16>(bucket) + 1);
  }
  let next: u32 = 0;
  for (let bucket = buckets; bucket < buckets + 2 * BUCKETS; bucket += 2) {
    const size = load<u16>(bucket);
    store<u16>(bucket, <u16>next);
    next += size;
  }
  for (let i: u32 = 0; i < used; i++) {
    const literal = load<u8>(from + i);
    const bucket = bucketOf(buckets, counts, literal, shift);
    const place = load<u16>(bucket);
    store<u16>(bucket, place + 1);
    store<u8>(to + place, literal);
  }
}

@inline
function bucketOf(buckets: usize, counts: usize, literal: u32, shift: u32): usize {
  return buckets + (((load<u32>(counts + (literal << 2)) >> shift) & (BUCKETS - 1)) << 1);
}

/** Builds the tree. Writes the depth of the leaf of `sorted[i]` to depths[i]. */
function buildTree(encoder: FrameEncoder, counts: usize, sorted: usize, used: u32): void {
  const nodeCounts = encoder.at(NODE_COUNTS_OFFSET);
  const parents = encoder.at(NODE_PARENTS_OFFSET);
  const depths = encoder.at(NODE_DEPTHS_OFFSET);
  for (let i: u32 = 0; i < used; i++) {
    store<u32>(nodeCounts + (i << 2), load<u32>(counts + ((<usize>load<u8>(sorted + i)) << 2)));
  }
  const nodes: u32 = 2 * used - 1;
  let leaf: u32 = 0;
  let inner = used;
  for (let node = used; node < nodes; node++) {
    let sum: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const leafCount = leaf < used ? load<u32>(nodeCounts + (leaf << 2)) : u32.MAX_VALUE;
      const innerCount = inner < node ? load<u32>(nodeCounts + (inner << 2)) : u32.MAX_VALUE;
      let rarest: u32;
      if (leafCount <= innerCount) {
        rarest = leaf++;
        sum += leafCount;
      } else {
        rarest = inner++;
        sum += innerCount;
      }
      store<u16>(parents + (rarest << 1), <u16>node);
    }
    store<u32>(nodeCounts + (node << 2), sum);
  }
  store<u8>(depths + (nodes - 1), 0);
  for (let node = <i32>nodes - 2; node >= 0; node--) {
    const parent = load<u16>(parents + (<u32>node << 1));
    store<u8>(depths + node, load<u8>(depths + parent) + 1);
  }
}

/** Limits the depths to MAXIMUM_BITS. Before and after, no literal is deeper than a rarer one. */
function limitDepths(encoder: FrameEncoder, sorted: usize, depths: usize, used: u32): void {
  if (<u32>load<u8>(depths) <= MAXIMUM_BITS) return;
  // By how much the code exceeds a complete one, in units of 2^-MAXIMUM_BITS. Negative where units are left.
  let excess: i32 = -(1 << MAXIMUM_BITS);
  for (let i: u32 = 0; i < used; i++) {
    const depth = min<u32>(load<u8>(depths + i), MAXIMUM_BITS);
    store<u8>(depths + i, <u8>depth);
    excess += 1 << (MAXIMUM_BITS - depth);
  }
  while (excess > 0) excess -= lengthenCheapest(encoder, depths, used, excess);
  while (excess < 0) {
    // Lengthening has freed more units than the excess: shorten codes, those of the most frequent literals first.
    for (let i = <i32>used - 1; i >= 0; i--) {
      const depth = <u32>load<u8>(depths + i);
      const units = 1 << (MAXIMUM_BITS - depth);
      if (depth < 2 || units > -excess) continue;
      store<u8>(depths + i, <u8>(depth - 1));
      excess += units;
    }
  }
}

/** Lengthens by one bit the code that loses the fewest bits per unit that it frees. Returns the units freed. */
function lengthenCheapest(encoder: FrameEncoder, depths: usize, used: u32, excess: i32): i32 {
  const nodeCounts = encoder.at(NODE_COUNTS_OFFSET);
  let bestLoss: u32 = u32.MAX_VALUE;
  let best: u32 = 0;
  let bestUnits: i32 = 0;
  let depth: u32 = MAXIMUM_BITS;
  for (let i: u32 = 0; i < used; i++) {
    // Among codes of one length, the first belongs to the rarest literal.
    if (<u32>load<u8>(depths + i) === depth) continue;
    depth = load<u8>(depths + i);
    const units = 1 << (MAXIMUM_BITS - 1 - depth);
    // Units freed beyond the excess have no value.
    const loss = (load<u32>(nodeCounts + (i << 2)) << MAXIMUM_BITS) / <u32>min<i32>(units, excess);
    if (loss >= bestLoss) continue;
    bestLoss = loss;
    best = i;
    bestUnits = units;
  }
  store<u8>(depths + best, load<u8>(depths + best) + 1);
  return bestUnits;
}
