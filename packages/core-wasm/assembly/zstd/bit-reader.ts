/**
 * Bitstreams that are read backwards, last bit first (RFC 8878, section 4.1).
 *
 * A reader is a pair of locals: the stream's begin and `bits`, the number of bits not yet read. The last byte's highest set bit
 * marks the end. Windows are loaded from the 8 bytes that end with the byte of the next bit; they may begin before the stream
 * but not before the source, because a frame header, a block header and more, at least 8 bytes, precede every stream.
 * Invariant: `bits` is not negative when a window is loaded. Bits below the stream's begin are arbitrary; whoever consumed them
 * finds `bits` negative.
 */

/** Bits a window is sure to hold, from its highest down. */
export const WINDOW_BITS: u32 = 57;

/** The number of bits before the end mark of the stream [from, end), or -1 if it has none. */
export function countBits(from: usize, end: usize): i64 {
  if (from >= end) return -1;
  const last = <u32>load<u8>(end - 1);
  if (last === 0) return -1;
  return <i64>((end - from) << 3) - <i64>(clz<u32>(last) - 23);
}

/** The next bits as the highest of a 64-bit word. */
@inline
export function windowAt(stream: usize, bits: i64): u64 {
  return load<u64>(stream + <usize>((bits + 7) >> 3) - 8) << <u64>(-bits & 7);
}

/** The highest `count` bits of a window. Only the lowest 6 bits of `count` are looked at, as shifts do. */
@inline
export function highest(window: u64, count: u64): u32 {
  return <u32>((window >> 1) >> ~count);
}
