/**
 * Bitstreams: read backwards, last bit first, and written forwards, lowest bit first. Numbers of 3 bytes.
 *
 * A reader is a pair of locals: the stream's start and `bits`, the number of bits not yet read. The last byte's highest set bit
 * marks the end. A window is loaded from the 8 bytes that end with the byte of the next bit. It may begin before the stream but not
 * before the source, because at least 8 bytes precede every stream: a frame header, a block header and more.
 * Invariant: `bits` is not negative when a window is loaded. Bits before the stream's start are arbitrary; a reader that has consumed
 * some of them finds `bits` negative.
 * Source: RFC 8878, section 4.1.
 */

/** The least number of bits in a window, from its highest bit down. */
export const WINDOW_BITS: u32 = 57;

/** The number of bits before the end mark of the stream [from, end), or -1 if it has none. */
export function countBits(from: usize, end: usize): i64 {
  if (from >= end) return -1;
  const last = <u32>load<u8>(end - 1);
  if (last === 0) return -1;
  return <i64>((end - from) << 3) - <i64>(clz<u32>(last) - 23);
}

/** The next bits, the first of them as the highest of a 64-bit word. */
@inline
export function windowAt(stream: usize, bits: i64): u64 {
  return load<u64>(stream + <usize>((bits + 7) >> 3) - 8) << <u64>(-bits & 7);
}

/** The highest `count` bits of a window. Takes `count` modulo 64, as shifts do. */
@inline
export function highest(window: u64, count: u64): u32 {
  return <u32>((window >> 1) >> ~count);
}

/**
 * Writes the lowest `count` bits of `value`, which has no others, at bit offset `bit` of zeroed bytes. Returns the bit offset behind them.
 * Not for places where speed matters.
 */
export function appendBits(bytes: usize, bit: usize, value: u32, count: u32): usize {
  const at = bytes + (bit >> 3);
  store<u64>(at, load<u64>(at) | ((<u64>value) << (<u64>bit & 7)));
  return bit + count;
}

@inline
export function lowestBits(value: u32, count: u64): u64 {
  return (<u64>value) & (((<u64>1) << count) - 1);
}

@inline
export function load24(at: usize): u32 {
  return <u32>load<u16>(at) | ((<u32>load<u8>(at, 2)) << 16);
}

@inline
export function store24(at: usize, value: u32): void {
  store<u16>(at, <u16>value);
  store<u8>(at, <u8>(value >> 16), 2);
}

/** A little-endian number of 0 to 8 bytes. */
export function loadBytes(at: usize, bytes: u32): u64 {
  let value: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) value |= (<u64>load<u8>(at + i)) << (<u64>(i << 3));
  return value;
}
