/**
 * xxHash32 with seed 0, the checksum of LZ4 frames: of a piece of memory, or whole stripes as they come and then the rest.
 *
 * Source: xxHash fast digest algorithm specification, XXH32.
 */
const PRIME_1: u32 = 0x9e3779b1;
const PRIME_2: u32 = 0x85ebca77;
const PRIME_3: u32 = 0xc2b2ae3d;
const PRIME_4: u32 = 0x27d4eb2f;
const PRIME_5: u32 = 0x165667b1;
const STRIPE: usize = 16;

@unmanaged
export class Xxhash32 {
  private lane1: u32;
  private lane2: u32;
  private lane3: u32;
  private lane4: u32;

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
      lane1 = round(lane1, load<u32>(from));
      lane2 = round(lane2, load<u32>(from, 4));
      lane3 = round(lane3, load<u32>(from, 8));
      lane4 = round(lane4, load<u32>(from, 12));
    }
    this.lane1 = lane1;
    this.lane2 = lane2;
    this.lane3 = lane3;
    this.lane4 = lane4;
    return from;
  }

  /** The hash of a message of `length` bytes; [from, end), less than a stripe, is what `update` has left of it. */
  digest(from: usize, end: usize, length: u32): u32 {
    let hash = PRIME_5;
    if (length >= <u32>STRIPE) {
      hash = rotl<u32>(this.lane1, 1) + rotl<u32>(this.lane2, 7) + rotl<u32>(this.lane3, 12) + rotl<u32>(this.lane4, 18);
    }
    hash += length;
    for (; end - from >= 4; from += 4) hash = rotl<u32>(hash + load<u32>(from) * PRIME_3, 17) * PRIME_4;
    for (; from < end; from++) hash = rotl<u32>(hash + <u32>load<u8>(from) * PRIME_5, 11) * PRIME_1;
    hash = (hash ^ (hash >> 15)) * PRIME_2;
    hash = (hash ^ (hash >> 13)) * PRIME_3;
    return hash ^ (hash >> 16);
  }

  /** The hash of the `length` bytes at `from`. */
  of(from: usize, length: u32): u32 {
    const end = from + length;
    this.begin();
    return this.digest(this.update(from, end), end, length);
  }
}

@inline
function round(lane: u32, input: u32): u32 {
  return rotl<u32>(lane + input * PRIME_2, 13) * PRIME_1;
}
