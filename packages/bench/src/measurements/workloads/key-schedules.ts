/** AES key schedules (FIPS 197, 5.2), as programs keep them in memory. */

/** The product of two elements of GF(2^8). */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product & 0xff;
}

function substitute(value: number): number {
  let inverse = value;
  // The inverse of a value is its power of 254.
  for (let i = 0; i < 253; i++) inverse = times(inverse, value);
  let result = 0x63;
  for (let shift = 0; shift < 5; shift++) result ^= (inverse << shift) | (inverse >> (8 - shift));
  return result & 0xff;
}

const SBOX = Array.from({ length: 256 }, (_, value) => substitute(value));

/** The schedule of a key of 16, 24 or 32 bytes: 176, 208 or 240 bytes. */
export function keySchedule(key: Uint8Array): Uint8Array {
  const words = key.length / 4;
  const schedule = new Uint8Array(16 * (words + 7));
  schedule.set(key);
  let constant = 1;
  for (let i = words; i < schedule.length / 4; i++) {
    let word = [...schedule.subarray(4 * i - 4, 4 * i)];
    if (i % words === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map((byte) => SBOX[byte] ?? 0);
      word[0] = (word[0] ?? 0) ^ constant;
      constant = times(constant, 2);
    } else if (words === 8 && i % words === 4) word = word.map((byte) => SBOX[byte] ?? 0);
    for (const [j, byte] of word.entries()) schedule[4 * i + j] = byte ^ (schedule[4 * (i - words) + j] ?? 0);
  }
  return schedule;
}
