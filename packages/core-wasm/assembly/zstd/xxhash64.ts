/**
 * xxHash64 with seed 0, whose low half is the content checksum of Zstandard frames (RFC 8878, section 3.1.1).
 *
 * Reads [from, from + length) and keeps no state. Source: xxHash fast digest algorithm specification, XXH64.
 */
const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;

export function xxhash64(from: usize, length: u32): u64 {
  const end = from + length;
  let hash = PRIME_5;
  if (length >= 32) {
    let lane1 = PRIME_1 + PRIME_2;
    let lane2 = PRIME_2;
    let lane3: u64 = 0;
    let lane4: u64 = 0 - PRIME_1;
    do {
      lane1 = round(lane1, load<u64>(from));
      lane2 = round(lane2, load<u64>(from, 8));
      lane3 = round(lane3, load<u64>(from, 16));
      lane4 = round(lane4, load<u64>(from, 24));
      from += 32;
    } while (end - from >= 32);
    hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18);
    hash = merge(hash, lane1);
    hash = merge(hash, lane2);
    hash = merge(hash, lane3);
    hash = merge(hash, lane4);
  }
  hash += <u64>length;
  for (; end - from >= 8; from += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(from)), 27) * PRIME_1 + PRIME_4;
  if (end - from >= 4) {
    hash = rotl<u64>(hash ^ (<u64>load<u32>(from) * PRIME_1), 23) * PRIME_2 + PRIME_3;
    from += 4;
  }
  for (; from < end; from++) hash = rotl<u64>(hash ^ (<u64>load<u8>(from) * PRIME_5), 11) * PRIME_1;
  hash = (hash ^ (hash >> 33)) * PRIME_2;
  hash = (hash ^ (hash >> 29)) * PRIME_3;
  return hash ^ (hash >> 32);
}

@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

@inline
function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}
