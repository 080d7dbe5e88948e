/**
 * How often each byte value occurs, for entropy and for classes of pages.
 *
 * Layout of the output: u32 x 256. Four tables are filled side by side and added at the end, so that equal neighbours do not wait for each other.
 * Source: C. E. Shannon, "A mathematical theory of communication", 1948 (entropy is computed from the counts by the caller).
 */
const TABLE_BYTES: usize = 1024;

/** Bytes of the area that `countBytes` works in. */
export function histogramAreaBytes(): usize {
  return 4 * TABLE_BYTES;
}

/** Writes the counts of the bytes at `bytes` to the first table of `area`. */
export function countBytes(bytes: usize, length: u32, area: usize): void {
  memory.fill(area, 0, 4 * TABLE_BYTES);
  const end = bytes + length;
  let at = bytes;
  for (; at + 8 <= end; at += 8) {
    const word = load<u64>(at);
    // Memory has long runs of zeros, which one addition counts.
    if (word == 0) {
      store<u32>(area, load<u32>(area) + 8);
      continue;
    }
    increment(area, <usize>(word & 0xff));
    increment(area + TABLE_BYTES, <usize>((word >> 8) & 0xff));
    increment(area + 2 * TABLE_BYTES, <usize>((word >> 16) & 0xff));
    increment(area + 3 * TABLE_BYTES, <usize>((word >> 24) & 0xff));
    increment(area, <usize>((word >> 32) & 0xff));
    increment(area + TABLE_BYTES, <usize>((word >> 40) & 0xff));
    increment(area + 2 * TABLE_BYTES, <usize>((word >> 48) & 0xff));
    increment(area + 3 * TABLE_BYTES, <usize>(word >> 56));
  }
  for (; at < end; at++) increment(area, load<u8>(at));
  for (let i: usize = 0; i < TABLE_BYTES; i += 16) {
    const first = i32x4.add(v128.load(area + i), v128.load(area + i + TABLE_BYTES));
    const second = i32x4.add(v128.load(area + i + 2 * TABLE_BYTES), v128.load(area + i + 3 * TABLE_BYTES));
    v128.store(area + i, i32x4.add(first, second));
  }
}

@inline
function increment(table: usize, value: usize): void {
  const place = table + (value << 2);
  store<u32>(place, load<u32>(place) + 1);
}
