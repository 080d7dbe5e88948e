/**
 * xxHash with seed 0: XXH32, the checksum of LZ4 frames, and XXH64, whose low 32 bits are the checksum of Zstandard frames. A message may be
 * passed in pieces: `update` hashes whole stripes, and `digest` hashes the bytes at the end that are no whole stripe.
 *
 * Layout of the hash state: four lanes of one word each. A word is u32 in XXH32 and u64 in XXH64; a stripe is four words of the message.
 * Source: xxHash fast digest algorithm specification.
 */
@unmanaged
class Xxhash<Word> {
  protected lane1: Word;
  protected lane2: Word;
  protected lane3: Word;
  protected lane4: Word;

  begin(): void {
    this.lane1 = prime1<Word>() + prime2<Word>();
    this.lane2 = prime2<Word>();
    this.lane3 = <Word>0;
    this.lane4 = <Word>0 - prime1<Word>();
  }

  /**
   * Hashes the whole stripes in [from, end). Returns the address of the first byte that was not hashed: the next call has to begin with
   * this byte.
   */
  update(from: usize, end: usize): usize {
    let lane1 = this.lane1;
    let lane2 = this.lane2;
    let lane3 = this.lane3;
    let lane4 = this.lane4;
    for (; end - from >= stripe<Word>(); from += stripe<Word>()) {
      lane1 = round<Word>(lane1, load<Word>(from));
      lane2 = round<Word>(lane2, load<Word>(from, sizeof<Word>()));
      lane3 = round<Word>(lane3, load<Word>(from, 2 * sizeof<Word>()));
      lane4 = round<Word>(lane4, load<Word>(from, 3 * sizeof<Word>()));
    }
    this.lane1 = lane1;
    this.lane2 = lane2;
    this.lane3 = lane3;
    this.lane4 = lane4;
    return from;
  }

  @inline
  protected joinedLanes(): Word {
    return rotl<Word>(this.lane1, 1) + rotl<Word>(this.lane2, 7) + rotl<Word>(this.lane3, 12) + rotl<Word>(this.lane4, 18);
  }
}

@unmanaged
export class Xxhash32 extends Xxhash<u32> {
  /** Returns the hash of a message of `length` bytes. [from, end) holds the last bytes, fewer than a stripe, which `update` did not hash. */
  digest(from: usize, end: usize, length: u32): u32 {
    let hash: u32 = length >= <u32>stripe<u32>() ? this.joinedLanes() : PRIME32_5;
    hash += length;
    for (; end - from >= 4; from += 4) hash = rotl<u32>(hash + load<u32>(from) * PRIME32_3, 17) * PRIME32_4;
    for (; from < end; from++) hash = rotl<u32>(hash + <u32>load<u8>(from) * PRIME32_5, 11) * PRIME32_1;
    hash = (hash ^ (hash >> 15)) * PRIME32_2;
    hash = (hash ^ (hash >> 13)) * PRIME32_3;
    return hash ^ (hash >> 16);
  }

  /** Returns the hash of the `length` bytes at `from`. */
  of(from: usize, length: u32): u32 {
    const end = from + length;
    this.begin();
    return this.digest(this.update(from, end), end, length);
  }
}

@unmanaged
export class Xxhash64 extends Xxhash<u64> {
  /** Returns the hash of a message of `length` bytes. [from, end) holds the last bytes, fewer than a stripe, which `update` did not hash. */
  digest(from: usize, end: usize, length: u32): u64 {
    let hash = PRIME64_5;
    if (length >= <u32>stripe<u64>()) {
      hash = this.joinedLanes();
      hash = merge(hash, this.lane1);
      hash = merge(hash, this.lane2);
      hash = merge(hash, this.lane3);
      hash = merge(hash, this.lane4);
    }
    hash += <u64>length;
    for (; end - from >= 8; from += 8) hash = rotl<u64>(hash ^ round<u64>(0, load<u64>(from)), 27) * PRIME64_1 + PRIME64_4;
    if (end - from >= 4) {
      hash = rotl<u64>(hash ^ (<u64>load<u32>(from) * PRIME64_1), 23) * PRIME64_2 + PRIME64_3;
      from += 4;
    }
    for (; from < end; from++) hash = rotl<u64>(hash ^ (<u64>load<u8>(from) * PRIME64_5), 11) * PRIME64_1;
    hash = (hash ^ (hash >> 33)) * PRIME64_2;
    hash = (hash ^ (hash >> 29)) * PRIME64_3;
    return hash ^ (hash >> 32);
  }
}

const PRIME32_1: u32 = 0x9e3779b1;
const PRIME32_2: u32 = 0x85ebca77;
const PRIME32_3: u32 = 0xc2b2ae3d;
const PRIME32_4: u32 = 0x27d4eb2f;
const PRIME32_5: u32 = 0x165667b1;

const PRIME64_1: u64 = 0x9e3779b185ebca87;
const PRIME64_2: u64 = 0xc2b2ae3d27d4eb4f;
const PRIME64_3: u64 = 0x165667b19e3779f9;
const PRIME64_4: u64 = 0x85ebca77c2b2ae63;
const PRIME64_5: u64 = 0x27d4eb2f165667c5;

/** Size of a stripe in bytes. */
@inline
function stripe<Word>(): usize {
  return 4 * sizeof<Word>();
}

@inline
function prime1<Word>(): Word {
  return sizeof<Word>() === 4 ? <Word>PRIME32_1 : <Word>PRIME64_1;
}

@inline
function prime2<Word>(): Word {
  return sizeof<Word>() === 4 ? <Word>PRIME32_2 : <Word>PRIME64_2;
}

@inline
function round<Word>(lane: Word, input: Word): Word {
  return rotl<Word>(lane + input * prime2<Word>(), sizeof<Word>() === 4 ? <Word>13 : <Word>31) * prime1<Word>();
}

@inline
function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round<u64>(0, lane)) * PRIME64_1 + PRIME64_4;
}
