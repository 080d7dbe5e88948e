/**
 * How often each byte value occurs, for entropy and for classes of pages.
 *
 * Layout of the output: u32 x 256. Four tables are filled side by side and added at the end, so that equal neighbours do not wait for each other.
 * Memory has long runs of zeros: a comparison counts 64 of them, or 8.
 * Source: C. E. Shannon, "A mathematical theory of communication", 1948 (entropy is computed from the counts by the caller).
 */
const TABLE_BYTES: usize = 1024;
/** Bytes that one comparison with zero looks at. */
const BLOCK: usize = 64;

/** Bytes of the area that `countBytes` works in. */
export function histogramAreaBytes(): usize {
  return 4 * TABLE_BYTES;
}

/** Writes the counts of the bytes at `bytes` to the first table of `area`. */
export function countBytes(bytes: usize, length: u32, area: usize): void {
  memory.fill(area, 0, 4 * TABLE_BYTES);
  const end = bytes + length;
  let zeros: u32 = 0;
  let at = bytes;
  while (at + BLOCK <= end) {
    const start = v128.or(v128.load(at), v128.load(at, 16));
    if (!v128.any_true(v128.or(start, v128.or(v128.load(at, 32), v128.load(at, 48))))) {
      zeros += <u32>BLOCK;
      at += BLOCK;
      continue;
    }
    for (const stop = at + BLOCK; at < stop; at += 8) {
      const word = load<u64>(at);
      if (word == 0) {
        zeros += 8;
        continue;
      }
      countHalf(area, <u32>word);
      countHalf(area, <u32>(word >> 32));
    }
  }
  for (; at < end; at++) increment(area + (<usize>load<u8>(at) << 2));
  store<u32>(area, load<u32>(area) + zeros);
  for (let i: usize = 0; i < TABLE_BYTES; i += 16) {
    const first = i32x4.add(v128.load(area + i), v128.load(area + i + TABLE_BYTES));
    const second = i32x4.add(v128.load(area + i + 2 * TABLE_BYTES), v128.load(area + i + 3 * TABLE_BYTES));
    v128.store(area + i, i32x4.add(first, second));
  }
}

/** Counts each of four bytes in a table of its own. The shifts multiply a byte by the size of a count. */
@inline
function countHalf(area: usize, word: u32): void {
  increment(area + <usize>((word << 2) & 0x3fc));
  increment(area + TABLE_BYTES + <usize>((word >> 6) & 0x3fc));
  increment(area + 2 * TABLE_BYTES + <usize>((word >> 14) & 0x3fc));
  increment(area + 3 * TABLE_BYTES + <usize>((word >> 22) & 0x3fc));
}

@inline
function increment(place: usize): void {
  store<u32>(place, load<u32>(place) + 1);
}
