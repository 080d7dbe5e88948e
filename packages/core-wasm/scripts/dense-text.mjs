/**
 * Bytes as text of printable ASCII that downloads as fast as the bytes: gzip finds repetitions of bytes, which base64 hides, because
 * it spreads 3 bytes over 4 characters. Frequent bytes are one character, the others two. src/binary/dense.ts reads the text.
 */

/** Printable ASCII, without characters that mean something in a string or template. */
const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i)).filter((one) => !'"\\`$'.includes(one));
/** The last characters begin the pairs of rare bytes. */
const LEADS = 2;

/** The constants of the module that the build writes: `values` are the bytes in hex, the most frequent one first. */
export function denseText(bytes) {
  const singles = CHARACTERS.length - LEADS;
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const values = [...counts.keys()].sort((a, b) => counts[b] - counts[a] || a - b);
  const codes = [];
  for (const [rank, value] of values.entries()) {
    const rest = rank - singles;
    codes[value] =
      rest < 0
        ? CHARACTERS[rank]
        : CHARACTERS[singles + Math.floor(rest / CHARACTERS.length)] + CHARACTERS[rest % CHARACTERS.length];
  }
  return {
    length: bytes.length,
    characters: CHARACTERS.join(""),
    leads: LEADS,
    values: Buffer.from(values).toString("hex"),
    text: Array.from(bytes, (byte) => codes[byte]).join(""),
  };
}
