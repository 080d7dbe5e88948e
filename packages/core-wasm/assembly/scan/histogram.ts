/**
 * How often each byte value occurs, for entropy and for classes of pages.
 *
 * Layout of the output: u32 x 256. Four tables are filled side by side and added at the end, so that equal neighbours do not wait for each other.
 * Memory has long runs of one value: a comparison counts 64 of them, or 16 zeros. One by one, each would wait for the count that the one before stores.
 * Every other byte costs a load and a store of its count, and processors store once or twice a cycle: no histogram is faster than a copy byte by byte. Eight
 * tables, counts of 16 bits, bytes shifted out of a word, and words loaded ahead were slower; pairs of bytes, at half the speed, too.
 */
const TABLE_BYTES: usize = 1024;
/** Bytes that one comparison with their first one looks at. */
const BLOCK: usize = 64;

/** Bytes of the area that `countBytes` works in. */
export function histogramAreaBytes(): usize {
  return 4 * TABLE_BYTES;
}

/** Writes the counts of the bytes at `bytes` to the first table of `area`. */
export function countBytes(bytes: usize, length: u32, area: usize): void {
  memory.fill(area, 0, 4 * TABLE_BYTES);
  const end = bytes + length;
  let at = bytes;
  while (at + BLOCK <= end) {
    const value = v128.load8_splat(at);
    const start = v128.and(i8x16.eq(v128.load(at), value), i8x16.eq(v128.load(at, 16), value));
    const rest = v128.and(i8x16.eq(v128.load(at, 32), value), i8x16.eq(v128.load(at, 48), value));
    if (i8x16.all_true(v128.and(start, rest))) {
      countEqual(area, at, <u32>BLOCK);
      at += BLOCK;
      continue;
    }
    for (const stop = at + BLOCK; at < stop; at += 16) {
      if (!v128.any_true(v128.load(at))) {
        countEqual(area, at, 16);
        continue;
      }
      countFour(area, at);
      countFour(area, at + 4);
      countFour(area, at + 8);
      countFour(area, at + 12);
    }
  }
  for (; at < end; at++) countEqual(area, at, 1);
  for (let i: usize = 0; i < TABLE_BYTES; i += 16) {
    const first = i32x4.add(v128.load(area + i), v128.load(area + i + TABLE_BYTES));
    const second = i32x4.add(v128.load(area + i + 2 * TABLE_BYTES), v128.load(area + i + 3 * TABLE_BYTES));
    v128.store(area + i, i32x4.add(first, second));
  }
}

/** Counts `number` bytes that are equal to the first one. */
@inline
function countEqual(area: usize, bytes: usize, number: u32): void {
  const place = area + (<usize>load<u8>(bytes) << 2);
  store<u32>(place, load<u32>(place) + number);
}

/** Counts each of four bytes in a table of its own. The places of the tables are parts of the instructions. */
@inline
function countFour(area: usize, bytes: usize): void {
  const first = area + (<usize>load<u8>(bytes) << 2);
  const second = area + (<usize>load<u8>(bytes, 1) << 2);
  const third = area + (<usize>load<u8>(bytes, 2) << 2);
  const fourth = area + (<usize>load<u8>(bytes, 3) << 2);
  store<u32>(first, load<u32>(first) + 1);
  store<u32>(second, load<u32>(second, TABLE_BYTES) + 1, TABLE_BYTES);
  store<u32>(third, load<u32>(third, 2 * TABLE_BYTES) + 1, 2 * TABLE_BYTES);
  store<u32>(fourth, load<u32>(fourth, 3 * TABLE_BYTES) + 1, 3 * TABLE_BYTES);
}
