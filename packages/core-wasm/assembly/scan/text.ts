/**
 * Runs of text in a window: consecutive characters of one encoding.
 *
 * Layout of the output: u32 start and u32 end of each run, in bytes, ascending. The cursor (TEXT_* in src/layout.ts) is read and written.
 * Method: 64 bytes become a word with a bit for each byte that belongs to a character. A run of characters is a run of bits; runs that are too
 * short vanish when the word is and-ed with itself, shifted, as often as a run has to be long.
 * Invariants: WINDOW_PADDING bytes behind the window may be read, and belong to no run. Every run that begins at or before `edge`, or ends within the
 * last two bytes, is written however short it is: it may continue in another window.
 * Source: characters are those of GNU strings: 0x20 to 0x7e and the tab.
 */
import {
  TEXT_ASCII,
  TEXT_AT,
  TEXT_OPEN,
  TEXT_UTF16_BE_EVEN,
  TEXT_UTF16_LE_EVEN,
  TEXT_UTF16_LE_ODD,
  TEXT_UTF8,
} from "../../src/layout";

const BLOCK: u32 = 64;
const EVEN_BITS: u64 = 0x5555555555555555;
/** In the cursor: no run is open. */
const NOT_OPEN: u32 = 0xffffffff;

/**
 * Writes runs of at least `shortest` bytes (1 to 64), at most `capacity` (at least 66), and returns their number. The caller calls again until
 * the cursor is at `length`.
 */
export function findText(
  window: usize,
  length: u32,
  encoding: u32,
  shortest: u32,
  edge: u32,
  cursor: usize,
  output: usize,
  capacity: u32,
): u32 {
  let at = load<u32>(cursor, TEXT_AT);
  let open = load<u32>(cursor, TEXT_OPEN);
  let count: u32 = 0;
  while (at < length) {
    // A block ends at most one open run, and has 32 runs of its own at most.
    if (count + 66 > capacity) break;
    let bits = charactersOf(window + at, length - at, encoding, at != 0);
    if (bits == 0) {
      if (open != NOT_OPEN) {
        count = emit(output, count, open, at, shortest, edge, length);
        open = NOT_OPEN;
      }
    } else if (bits == u64.MAX_VALUE) {
      if (open == NOT_OPEN) open = at;
    } else {
      if (open != NOT_OPEN) {
        const continued = <u32>ctz(~bits);
        count = emit(output, count, open, at + continued, shortest, edge, length);
        open = NOT_OPEN;
        bits &= ~((<u64>1 << continued) - 1);
      }
      const last = <u32>clz(~bits);
      if (last != 0) {
        open = at + BLOCK - last;
        bits &= u64.MAX_VALUE >> last;
      }
      let starts = at <= edge || length - at <= BLOCK ? bits : longRuns(bits, shortest);
      while (starts != 0) {
        const first = <u32>ctz(starts);
        const size = <u32>ctz(~(bits >> first));
        count = emit(output, count, at + first, at + first + size, shortest, edge, length);
        starts &= ~(((<u64>1 << size) - 1) << first);
      }
    }
    at += BLOCK;
  }
  if (at >= length) {
    at = length;
    if (open != NOT_OPEN) {
      count = emit(output, count, open, length, shortest, edge, length);
      open = NOT_OPEN;
    }
  }
  store<u32>(cursor, at, TEXT_AT);
  store<u32>(cursor, open, TEXT_OPEN);
  return count;
}

@inline
function emit(output: usize, count: u32, start: u32, end: u32, shortest: u32, edge: u32, length: u32): u32 {
  if (end - start < shortest && start > edge && end + 1 < length) return count;
  store<u32>(output + ((<usize>count) << 3), start);
  store<u32>(output + ((<usize>count) << 3), end, 4);
  return count + 1;
}

/** The first bits of runs of at least `shortest` bits, and further bits of runs that are longer. */
@inline
function longRuns(bits: u64, shortest: u32): u64 {
  let done: u32 = 1;
  while (done << 1 <= shortest && bits != 0) {
    bits &= bits >> done;
    done <<= 1;
  }
  return done == shortest ? bits : bits & (bits >> (shortest - done));
}

/**
 * A bit for each of the 64 bytes at `bytes` that belongs to a character; none for bytes from `left` on. `inside`: whether the byte before belongs to
 * the window, so that a character may begin there.
 */
@inline
function charactersOf(bytes: usize, left: u32, encoding: u32, inside: bool): u64 {
  const known: u64 = left < BLOCK ? (<u64>1 << left) - 1 : u64.MAX_VALUE;
  if (encoding == TEXT_ASCII) return printable(bytes) & known;
  if (encoding == TEXT_UTF8) return (printable(bytes) | high(bytes)) & known;
  const little = encoding == TEXT_UTF16_LE_EVEN || encoding == TEXT_UTF16_LE_ODD;
  const odd = encoding == TEXT_UTF16_LE_ODD || (!little && encoding != TEXT_UTF16_BE_EVEN);
  const letters = printable(bytes) & known;
  const zeros = zero(bytes) & known;
  // The byte behind the block decides about a character that begins with its last byte.
  const behind: u64 = left > BLOCK && (little ? load<u8>(bytes + BLOCK) == 0 : isPrintable(load<u8>(bytes + BLOCK))) ? <u64>1 << 63 : 0;
  const before: bool = inside && odd && (little ? isPrintable(load<u8>(bytes - 1)) && (zeros & 1) != 0 : load<u8>(bytes - 1) == 0 && (letters & 1) != 0);
  const pairs = little ? letters & ((zeros >> 1) | behind) : zeros & ((letters >> 1) | behind);
  const firsts = pairs & (odd ? ~EVEN_BITS : EVEN_BITS);
  return firsts | (firsts << 1) | <u64>before;
}

@inline
function isPrintable(byte: u8): bool {
  return (byte >= 0x20 && byte <= 0x7e) || byte == 0x09;
}

@inline
function printable(bytes: usize): u64 {
  return (
    printable16(bytes) |
    (printable16(bytes + 16) << 16) |
    (printable16(bytes + 32) << 32) |
    (printable16(bytes + 48) << 48)
  );
}

@inline
function printable16(bytes: usize): u64 {
  const vector = v128.load(bytes);
  // Unsigned: bytes below 0x20 become large.
  const text = i8x16.le_u(i8x16.sub(vector, i8x16.splat(0x20)), i8x16.splat(0x5e));
  return <u64>(<u32>i8x16.bitmask(v128.or(text, i8x16.eq(vector, i8x16.splat(0x09)))));
}

@inline
function high(bytes: usize): u64 {
  return (
    <u64>(<u32>i8x16.bitmask(v128.load(bytes))) |
    (<u64>(<u32>i8x16.bitmask(v128.load(bytes + 16))) << 16) |
    (<u64>(<u32>i8x16.bitmask(v128.load(bytes + 32))) << 32) |
    (<u64>(<u32>i8x16.bitmask(v128.load(bytes + 48))) << 48)
  );
}

@inline
function zero(bytes: usize): u64 {
  return zero16(bytes) | (zero16(bytes + 16) << 16) | (zero16(bytes + 32) << 32) | (zero16(bytes + 48) << 48);
}

@inline
function zero16(bytes: usize): u64 {
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(v128.load(bytes), i8x16.splat(0))));
}
