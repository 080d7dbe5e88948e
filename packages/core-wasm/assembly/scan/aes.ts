/**
 * AES key schedules in a window, of 128, 192 and 256 bits: every word of a schedule is compared with its recomputation (FIPS 197, 5.2 and 5.3.5).
 *
 * A schedule has `words` words of key and 4 * (words + 7) words in all. Words are stored in the byte order of FIPS 197, or reversed, as programs do
 * that keep them as integers; encryption schedules ascend, schedules of the equivalent inverse cipher descend by round.
 * Layout of the output: entries of SCHEDULE_BYTES (src/layout.ts). `sbox`: the 256 bytes of the S-box.
 * Invariants: no byte behind the window decides. A start is looked at if the shortest schedule has room behind it.
 * Method: most words of a schedule are the exclusive or of two others. One such word per form is compared for four starts at a time, without the S-box;
 * only where one is right, the starts are verified. Zeros fulfil all these equations, and no schedule has 20 words of zeros.
 */
import { SCHEDULE_BYTES, SCHEDULE_FORM, SCHEDULE_INVERSE, SCHEDULE_KEY, SCHEDULE_KEY_WORDS, SCHEDULE_OFFSET, SCHEDULE_REVERSED } from "../../src/layout";

/** Four starts, one word apart. */
const STEP: usize = 16;
/** Bytes of the shortest schedule. */
const SHORTEST: usize = 176;

/**
 * Writes the schedules that start at `from`, `from + 4` and so on and lie in `length` bytes of the window, at most `capacity` (at least 1), ascending, and
 * returns their number. If it is `capacity`, the caller goes on 4 bytes behind the last one.
 */
export function findSchedules(window: usize, from: u32, length: u32, sbox: usize, output: usize, capacity: u32): u32 {
  let count: u32 = 0;
  for (let at: usize = from; at + SHORTEST <= <usize>length; at += STEP) {
    const block = window + at;
    if (!mayStart(block) || isZero(block)) continue;
    for (let start = at; start < at + STEP && start + SHORTEST <= <usize>length; start += 4) {
      const form = formAt(window + start, <usize>length - start, sbox);
      if (form == 0) continue;
      const entry = output + <usize>count * SCHEDULE_BYTES;
      store<u32>(entry, <u32>start, SCHEDULE_OFFSET);
      store<u32>(entry, form, SCHEDULE_FORM);
      storeKey(entry + SCHEDULE_KEY, window + start, form);
      if (++count == capacity) return count;
    }
  }
  return count;
}

/** Whether a schedule of any form may start at one of four words: each form has an equation whose word lies in one of these vectors for each start. */
@inline
function mayStart(block: usize): bool {
  const first = v128.load(block, 4);
  const of128 = sum(first, v128.load(block, 16), v128.load(block, 20));
  const of192 = sum(first, v128.load(block, 24), v128.load(block, 28));
  const of256 = sum(first, v128.load(block, 32), v128.load(block, 36));
  const second = v128.load(block, 20);
  const third = v128.load(block, 16);
  const inverse128 = sum(second, v128.load(block, 36), third);
  const inverse192 = sum(v128.load(block, 24), v128.load(block, 32), second);
  const inverse256 = sum(second, v128.load(block, 52), third);
  const straight = v128.or(v128.or(isNull(of128), isNull(of192)), isNull(of256));
  const inverse = v128.or(v128.or(isNull(inverse128), isNull(inverse192)), isNull(inverse256));
  return v128.any_true(v128.or(straight, inverse));
}

@inline
function sum(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c);
}

@inline
function isNull(words: v128): v128 {
  return i32x4.eq(words, i32x4.splat(0));
}

/** Whether 20 words are zero. */
@inline
function isZero(block: usize): bool {
  const first = v128.or(v128.load(block), v128.load(block, 16));
  const second = v128.or(v128.load(block, 32), v128.load(block, 48));
  return !v128.any_true(v128.or(v128.or(first, second), v128.load(block, 64)));
}

/** The form of the schedule at `start`, 0 if there is none. */
function formAt(start: usize, room: usize, sbox: usize): u32 {
  for (let words: u32 = 4; words <= 8; words += 2) {
    if (<usize>(words + 7) * 16 > room) break;
    for (let bits: u32 = 0; bits <= <u32>(SCHEDULE_REVERSED | SCHEDULE_INVERSE); bits += SCHEDULE_REVERSED) {
      if (mayHaveForm(start, words, bits) && isSchedule(start, words | bits, sbox)) return words | bits;
    }
  }
  return 0;
}

/** Whether the equation of `mayStart` holds for one form. */
@inline
function mayHaveForm(start: usize, words: u32, bits: u32): bool {
  if ((bits & SCHEDULE_INVERSE) == 0) {
    const key = start + ((<usize>words) << 2);
    return (load<u32>(start, 4) ^ load<u32>(key) ^ load<u32>(key, 4)) == 0;
  }
  if (words == 6) return (load<u32>(start, 20) ^ load<u32>(start, 24) ^ load<u32>(start, 32)) == 0;
  return (load<u32>(start, 16) ^ load<u32>(start, 20) ^ load<u32>(start + (words == 4 ? 36 : 52))) == 0;
}

/** Whether every word is what the words before it make it. */
function isSchedule(start: usize, form: u32, sbox: usize): bool {
  const words: u32 = form & SCHEDULE_KEY_WORDS;
  const reversed = (form & SCHEDULE_REVERSED) != 0;
  const all: u32 = 4 * (words + 7);
  let roundConstant: u32 = 1;
  let place: u32 = 0;
  let last = wordAt(start, form, words - 1);
  for (let i: u32 = words; i < all; i++) {
    let change = last;
    if (place == 0) {
      change = substitute(reversed ? rotl(last, 8) : rotr(last, 8), sbox) ^ (reversed ? roundConstant << 24 : roundConstant);
      roundConstant = twice(roundConstant);
    } else if (place == 4 && words == 8) {
      change = substitute(last, sbox);
    }
    if (++place == words) place = 0;
    last = wordAt(start, form, i);
    if (last != (wordAt(start, form, i - words) ^ change)) return false;
  }
  return true;
}

/** Word `i` of the encryption schedule, from the schedule of any form. */
@inline
function wordAt(start: usize, form: u32, i: u32): u32 {
  if ((form & SCHEDULE_INVERSE) == 0) return load<u32>(start + ((<usize>i) << 2));
  const rounds: u32 = (form & SCHEDULE_KEY_WORDS) + 6;
  const round = i >> 2;
  const word = load<u32>(start + ((<usize>(rounds - round)) << 4) + (((<usize>i) & 3) << 2));
  return round == 0 || round == rounds ? word : mixColumn(word, (form & SCHEDULE_REVERSED) != 0);
}

/** MixColumns of one column. */
@inline
function mixColumn(word: u32, reversed: bool): u32 {
  const double = twice(word);
  const triple = double ^ word;
  return reversed
    ? double ^ rotl(triple, 8) ^ rotl(word, 16) ^ rotl(word, 24)
    : double ^ rotr(triple, 8) ^ rotr(word, 16) ^ rotr(word, 24);
}

/** Each byte times x in GF(2^8). */
@inline
function twice(word: u32): u32 {
  return ((word & 0x7f7f7f7f) << 1) ^ (((word >> 7) & 0x01010101) * 0x1b);
}

@inline
function substitute(word: u32, sbox: usize): u32 {
  return (
    <u32>load<u8>(sbox + (<usize>word & 0xff)) |
    (<u32>load<u8>(sbox + ((<usize>word >> 8) & 0xff)) << 8) |
    (<u32>load<u8>(sbox + ((<usize>word >> 16) & 0xff)) << 16) |
    (<u32>load<u8>(sbox + (<usize>word >> 24)) << 24)
  );
}

function storeKey(target: usize, start: usize, form: u32): void {
  const words: u32 = form & SCHEDULE_KEY_WORDS;
  for (let i: u32 = 0; i < words; i++) {
    const word = wordAt(start, form, i);
    store<u32>(target + ((<usize>i) << 2), (form & SCHEDULE_REVERSED) != 0 ? bswap(word) : word);
  }
}
