/**
 * xxHash32 with seed 0, the checksum of LZ4 frames.
 *
 * Reads [from, from + length) and keeps no state. Source: xxHash fast digest algorithm specification, XXH32.
 */
const PRIME_1: u32 = 0x9e3779b1;
const PRIME_2: u32 = 0x85ebca77;
const PRIME_3: u32 = 0xc2b2ae3d;
const PRIME_4: u32 = 0x27d4eb2f;
const PRIME_5: u32 = 0x165667b1;

export function xxhash32(from: usize, length: u32): u32 {
  const end = from + length;
  let hash = PRIME_5;
  if (length >= 16) {
    let lane1 = PRIME_1 + PRIME_2;
    let lane2 = PRIME_2;
    let lane3: u32 = 0;
    let lane4: u32 = 0 - PRIME_1;
    do {
      lane1 = round(lane1, load<u32>(from));
      lane2 = round(lane2, load<u32>(from, 4));
      lane3 = round(lane3, load<u32>(from, 8));
      lane4 = round(lane4, load<u32>(from, 12));
      from += 16;
    } while (end - from >= 16);
    hash = rotl<u32>(lane1, 1) + rotl<u32>(lane2, 7) + rotl<u32>(lane3, 12) + rotl<u32>(lane4, 18);
  }
  hash += length;
  for (; end - from >= 4; from += 4) hash = rotl<u32>(hash + load<u32>(from) * PRIME_3, 17) * PRIME_4;
  for (; from < end; from++) hash = rotl<u32>(hash + <u32>load<u8>(from) * PRIME_5, 11) * PRIME_1;
  hash = (hash ^ (hash >> 15)) * PRIME_2;
  hash = (hash ^ (hash >> 13)) * PRIME_3;
  return hash ^ (hash >> 16);
}

@inline
function round(lane: u32, input: u32): u32 {
  return rotl<u32>(lane + input * PRIME_2, 13) * PRIME_1;
}
