/**
 * Lengths of Huffman codes of at most MAXIMUM_BITS bits (RFC 8878, section 4.2.1).
 *
 * The tree is built from two queues: literals by count, and inner nodes, whose counts ascend by themselves. Codes that come out
 * too long are cut, and others lengthened where that costs least until the code is complete again.
 */
import {
  BUCKETS_OFFSET,
  CODE_LENGTHS_OFFSET,
  FrameEncoder,
  NODE_COUNTS_OFFSET,
  NODE_DEPTHS_OFFSET,
  NODE_PARENTS_OFFSET,
  SORTED_OFFSET,
} from "./workspace";

export const MAXIMUM_BITS: u32 = 11;
const LITERALS: u32 = 256;
/** Counts are at most 2^17, so that two passes of this many bits sort them. */
const BUCKET_BITS: u32 = 9;
const BUCKETS: u32 = 1 << BUCKET_BITS;

/** Writes the code length of every literal from their counts, 0 for those that do not occur; at least two have to. Returns the longest one. */
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

/** Writes the literals that occur to `sorted`, rarest first. Returns their number. */
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

/** One stable pass over BUCKET_BITS bits of the counts. */
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

/** Leaves the depth of the leaf of `sorted[i]` in depths[i]. */
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

/** Depths descend with the counts' ascent, and stay so. */
function limitDepths(encoder: FrameEncoder, sorted: usize, depths: usize, used: u32): void {
  if (<u32>load<u8>(depths) <= MAXIMUM_BITS) return;
  // In units of the longest code, of which a complete code has 1 << MAXIMUM_BITS.
  let missing: i32 = -(1 << MAXIMUM_BITS);
  for (let i: u32 = 0; i < used; i++) {
    const depth = min<u32>(load<u8>(depths + i), MAXIMUM_BITS);
    store<u8>(depths + i, <u8>depth);
    missing += 1 << (MAXIMUM_BITS - depth);
  }
  while (missing > 0) missing -= lengthenCheapest(encoder, depths, used, missing);
  while (missing < 0) {
    // Lengthening freed more than was missing: shorten, what occurs most first.
    for (let i = <i32>used - 1; i >= 0; i--) {
      const depth = <u32>load<u8>(depths + i);
      const units = 1 << (MAXIMUM_BITS - depth);
      if (depth < 2 || units > -missing) continue;
      store<u8>(depths + i, <u8>(depth - 1));
      missing += units;
    }
  }
}

/** Lengthens by one bit the code that loses least for the units it frees. Returns these. */
function lengthenCheapest(encoder: FrameEncoder, depths: usize, used: u32, missing: i32): i32 {
  const nodeCounts = encoder.at(NODE_COUNTS_OFFSET);
  let bestLoss: u32 = u32.MAX_VALUE;
  let best: u32 = 0;
  let bestUnits: i32 = 0;
  let depth: u32 = MAXIMUM_BITS;
  for (let i: u32 = 0; i < used; i++) {
    // Of codes of one length, the first is the rarest.
    if (<u32>load<u8>(depths + i) === depth) continue;
    depth = load<u8>(depths + i);
    const units = 1 << (MAXIMUM_BITS - 1 - depth);
    // Units beyond the missing ones are worth nothing.
    const loss = (load<u32>(nodeCounts + (i << 2)) << MAXIMUM_BITS) / <u32>min<i32>(units, missing);
    if (loss >= bestLoss) continue;
    bestLoss = loss;
    best = i;
    bestUnits = units;
  }
  store<u8>(depths + best, load<u8>(depths + best) + 1);
  return bestUnits;
}
