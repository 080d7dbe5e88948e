/** Sets of bytes: what one place of a regular expression accepts. */

/** For each of the 256 values of a byte 1 or 0. */
export type ByteSet = Uint8Array;

/** The set of the bytes in these ranges; both ends belong to a range. */
export function byteSet(...ranges: readonly (readonly [number, number])[]): ByteSet {
  const set = new Uint8Array(256);
  for (const [first, last] of ranges) set.fill(1, first, last + 1);
  return set;
}

export function union(a: ByteSet, b: ByteSet): ByteSet {
  return a.map((has, byte) => has | (b[byte] ?? 0));
}

export function complement(set: ByteSet): ByteSet {
  return set.map((has) => 1 - has);
}

/** The bit in which an upper-case letter of ASCII differs from the lower-case one. */
const CASE_BIT = 0x20;

/** The set with both cases of its letters of ASCII. */
export function withBothCases(set: ByteSet): ByteSet {
  const folded = set.slice();
  for (let lower = 0x61; lower <= 0x7a; lower++) {
    const has = (set[lower] ?? 0) | (set[lower ^ CASE_BIT] ?? 0);
    folded[lower] = has;
    folded[lower ^ CASE_BIT] = has;
  }
  return folded;
}

export const ANY_BYTE = byteSet([0, 0xff]);
export const ANY_BUT_LINE_FEED = byteSet([0, 0x09], [0x0b, 0xff]);

const DIGITS = byteSet([0x30, 0x39]);
const WORD = byteSet([0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]);
const SPACE = byteSet([0x09, 0x0d], [0x20, 0x20]);

/** `\d` and the like. */
export const CLASS_ESCAPES: Readonly<Record<string, ByteSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD,
  W: complement(WORD),
  s: SPACE,
  S: complement(SPACE),
};

const LOWER = byteSet([0x61, 0x7a]);
const UPPER = byteSet([0x41, 0x5a]);

/** `[[:alpha:]]` and the like, as POSIX defines them for ASCII. */
export const NAMED_CLASSES: Readonly<Record<string, ByteSet>> = {
  alnum: union(DIGITS, union(LOWER, UPPER)),
  alpha: union(LOWER, UPPER),
  ascii: byteSet([0, 0x7f]),
  blank: byteSet([0x09, 0x09], [0x20, 0x20]),
  cntrl: byteSet([0, 0x1f], [0x7f, 0x7f]),
  digit: DIGITS,
  graph: byteSet([0x21, 0x7e]),
  lower: LOWER,
  print: byteSet([0x20, 0x7e]),
  punct: byteSet([0x21, 0x2f], [0x3a, 0x40], [0x5b, 0x60], [0x7b, 0x7e]),
  space: SPACE,
  upper: UPPER,
  word: WORD,
  xdigit: byteSet([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]),
};
