/**
 * xxHash64 with seed 0, whose low half is the content checksum of Zstandard frames (RFC 8878, section 3.1.1): whole stripes as they
 * come, then the rest.
 *
 * Source: xxHash fast digest algorithm specification, XXH64.
 */
const PRIME_1: u64 = 0x9e3779b185ebca87;
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME_3: u64 = 0x165667b19e3779f9;
const PRIME_4: u64 = 0x85ebca77c2b2ae63;
const PRIME_5: u64 = 0x27d4eb2f165667c5;
const STRIPE: usize = 32;

@unmanaged
export class Xxhash64 {
  private lane1: u64;
  private lane2: u64;
  private lane3: u64;
  private lane4: u64;

  begin(): void {
    this.lane1 = PRIME_1 + PRIME_2;
    this.lane2 = PRIME_2;
    this.lane3 = 0;
    this.lane4 = 0 - PRIME_1;
  }

  /** Takes the whole stripes of [from, end). Returns where the rest begins, which comes again with what follows it. */
  update(from: usize, end: usize): usize {
    let lane1 = this.lane1;
    let lane2 = this.lane2;
    let lane3 = this.lane3;
    let lane4 = this.lane4;
    for (; end - from >= STRIPE; from += STRIPE) {
      lane1 = round(lane1, load<u64>(from));
      lane2 = round(lane2, load<u64>(from, 8));
      lane3 = round(lane3, load<u64>(from, 16));
      lane4 = round(lane4, load<u64>(from, 24));
    }
    this.lane1 = lane1;
    this.lane2 = lane2;
    this.lane3 = lane3;
    this.lane4 = lane4;
    return from;
  }

  /** The hash of a message of `length` bytes; [from, end), less than a stripe, is what `update` has left of it. */
  digest(from: usize, end: usize, length: u32): u64 {
    let hash = PRIME_5;
    if (length >= <u32>STRIPE) {
      hash = rotl<u64>(this.lane1, 1) + rotl<u64>(this.lane2, 7) + rotl<u64>(this.lane3, 12) + rotl<u64>(this.lane4, 18);
      hash = merge(hash, this.lane1);
      hash = merge(hash, this.lane2);
      hash = merge(hash, this.lane3);
      hash = merge(hash, this.lane4);
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
}

@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME_2, 31) * PRIME_1;
}

@inline
function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
}
