/** Bits appended from the lowest up (RFC 8878, section 4.1). */

/** Where speed does not matter: adds the lowest `count` bits of `value`, which has no others, at bit offset `bit` of zeroed bytes. Returns the bit after them. */
export function appendBits(bytes: usize, bit: usize, value: u32, count: u32): usize {
  const at = bytes + (bit >> 3);
  store<u64>(at, load<u64>(at) | ((<u64>value) << (<u64>bit & 7)));
  return bit + count;
}

@inline
export function lowestBits(value: u32, count: u64): u64 {
  return (<u64>value) & (((<u64>1) << count) - 1);
}
