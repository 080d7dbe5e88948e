/** Key expansion of AES as FIPS 197 describes it, byte by byte: the oracle of the search for schedules. */

function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ (product & 0x80 ? 0x11b : 0);
    if ((b >> bit) & 1) product ^= a;
  }
  return product & 0xff;
}

/** FIPS 197, 5.1.1: the inverse by trial, then the affine map bit by bit. */
function substitute(value: number): number {
  let inverse = 0;
  for (let candidate = 1; candidate < 256 && value !== 0; candidate++) if (times(candidate, value) === 1) inverse = candidate;
  let result = 0;
  for (let i = 0; i < 8; i++) {
    const bit = (n: number) => (inverse >> (n % 8)) & 1;
    result |= (bit(i) ^ bit(i + 4) ^ bit(i + 5) ^ bit(i + 6) ^ bit(i + 7) ^ ((0x63 >> i) & 1)) << i;
  }
  return result;
}

const SBOX = Array.from({ length: 256 }, (_, value) => substitute(value));

/** The round keys of a key of 16, 24 or 32 bytes: 176, 208 or 240 bytes. */
export function expandKey(key: Uint8Array): Uint8Array {
  const keyWords = key.length / 4;
  const words = Array.from({ length: keyWords }, (_, i) => [...key.subarray(4 * i, 4 * i + 4)]);
  let constant = 1;
  for (let i = keyWords; i < 4 * (keyWords + 7); i++) {
    let word = words[i - 1] ?? [];
    if (i % keyWords === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map((byte) => SBOX[byte] ?? 0);
      word[0] = (word[0] ?? 0) ^ constant;
      constant = times(constant, 2);
    } else if (keyWords === 8 && i % 8 === 4) word = word.map((byte) => SBOX[byte] ?? 0);
    words.push(word.map((byte, j) => byte ^ (words[i - keyWords]?.[j] ?? 0)));
  }
  return Uint8Array.from(words.flat());
}

/** FIPS 197, 5.3.5: round keys in reverse order, all but the outer ones through InvMixColumns. */
export function inverseSchedule(schedule: Uint8Array): Uint8Array {
  const rounds = schedule.length / 16 - 1;
  const result: number[] = [];
  for (let round = rounds; round >= 0; round--) {
    for (let column = 16 * round; column < 16 * round + 16; column += 4) {
      const bytes = [...schedule.subarray(column, column + 4)];
      for (let row = 0; row < 4; row++) {
        const mixed = [14, 11, 13, 9].reduce((sum, factor, i) => sum ^ times(factor, bytes[(row + i) % 4] ?? 0), 0);
        result.push(round === 0 || round === rounds ? (bytes[row] ?? 0) : mixed);
      }
    }
  }
  return Uint8Array.from(result);
}

/** The same words with their bytes reversed. */
export function reversedWords(schedule: Uint8Array): Uint8Array {
  return schedule.map((_, i) => schedule[i ^ 3] ?? 0);
}
