/**
 * Runs of a page-state map: maximal sequences of pages in one state, as start page and state.
 *
 * Output for a capacity of n runs: n x u32 start page, then n x u8 state.
 * Cursor, 8 bytes, read and written: +0 u32 page of this map to go on with, +4 u32 state of the page before it (NO_STATE at the
 * very beginning). A map may come in pieces of whole state words: for the next piece the page is set to 0 and the state is kept,
 * so that a run that goes on over the cut is not written twice.
 *
 * State words are compared with themselves shifted by one page; while a run lasts, 256 pages are compared at a time.
 */
import { LOW_BITS, PAGES_PER_WORD, pagesBefore, stateWord, wordCount } from "./state-word";

const FAILED: u32 = 1;
const NO_STATE: u64 = 4;
const HIGHEST_BIT: u64 = 0x8000000000000000;
/** Words that `skipUniform` compares in one step. */
const SKIPPED_WORDS: u32 = 8;

/**
 * Writes the starts and states of the runs that begin in the `pages` states at `map`, which is page `firstPage` of the region,
 * until `capacity` runs are written. Returns how many were. Reserved states (3) are written as `reservedAs`: Failed (1) or 3.
 * With no room left it still moves the cursor to the end of the run it is in.
 */
export function writePageRuns(
  map: usize,
  pages: u32,
  firstPage: u32,
  reservedAs: u32,
  cursor: usize,
  output: usize,
  capacity: u32,
): u32 {
  const resumePage = load<u32>(cursor);
  if (resumePage >= pages) return 0;
  const starts = output;
  const states = output + ((<usize>capacity) << 2);
  const foldedBits: u64 = reservedAs == FAILED ? LOW_BITS : 0;
  const words = wordCount(pages);
  const wholeWords = pages >> 5;

  let state: u64 = load<u32>(cursor, 4);
  if (state == NO_STATE) state = otherThan(foldReserved(stateWord(map, pages, 0), foldedBits) >> 62);
  // Changes before the page to go on with were written by an earlier call. That page is a change: its word is not skipped.
  let pending: u64 = u64.MAX_VALUE >> ((<u64>(resumePage & 31)) << 1);
  let index = resumePage >> 5;
  let count: u32 = 0;
  while (index < words) {
    // A failed page may be 01 or folded 11: then only low bits tell it from others.
    index = skipUniform(map, index, wholeWords, state, state == FAILED && foldedBits != 0 ? LOW_BITS : u64.MAX_VALUE);
    const stop = min(index + SKIPPED_WORDS, words);
    for (; index < stop; index++) {
      let word = foldReserved(stateWord(map, pages, index), foldedBits);
      if (index == wholeWords) word = repeatLastState(word, pages & 31);
      let changes = stateChanges(word, state) & pending;
      pending = u64.MAX_VALUE;
      const firstOfWord = index * PAGES_PER_WORD;
      const end = min(capacity, count + <u32>popcnt(changes));
      for (; count < end; count++) {
        const lowBit = clz(changes);
        state = (word >> (63 - lowBit)) & 3;
        store<u32>(starts + ((<usize>count) << 2), firstPage + firstOfWord + <u32>(lowBit >> 1));
        store<u8>(states + count, <u8>state);
        changes ^= HIGHEST_BIT >> lowBit;
      }
      if (changes != 0) {
        saveCursor(cursor, firstOfWord + <u32>(clz(changes) >> 1), state);
        return count;
      }
    }
  }
  saveCursor(cursor, pages, state);
  return count;
}

@inline
function saveCursor(cursor: usize, page: u32, state: u64): void {
  store<u32>(cursor, page);
  store<u32>(cursor, <u32>state, 4);
}

/** Any other state: makes the first page of all begin a run. */
@inline
function otherThan(state: u64): u64 {
  return state ^ 1;
}

/** 11 becomes 01 in the pages whose low bit is in `foldedBits`. */
@inline
function foldReserved(word: u64, foldedBits: u64): u64 {
  return word & ~((word & foldedBits) << 1);
}

/** Fills a word of 1..31 pages with the state of its last page, so that no run begins behind the map. */
@inline
function repeatLastState(word: u64, pages: u32): u64 {
  const lastState = (word >> (64 - ((<u64>pages) << 1))) & 3;
  const filled = lastState * LOW_BITS;
  return word | (filled ^ pagesBefore(filled, pages));
}

/** One set bit (a low one) for each page whose state differs from the page before it. */
@inline
function stateChanges(word: u64, stateBefore: u64): u64 {
  const difference = word ^ ((word >> 2) | (stateBefore << 62));
  return (difference | (difference >> 1)) & LOW_BITS;
}

/** The first word from `index` on that does not begin 256 pages that are like `state` in the `compared` bits. */
@inline
function skipUniform(map: usize, index: u32, wholeWords: u32, state: u64, compared: u64): u32 {
  const uniform = i64x2.splat(state * LOW_BITS);
  const mask = i64x2.splat(compared);
  while (index + SKIPPED_WORDS <= wholeWords) {
    const address = map + ((<usize>index) << 3);
    const first = v128.or(v128.xor(v128.load(address), uniform), v128.xor(v128.load(address, 16), uniform));
    const second = v128.or(v128.xor(v128.load(address, 32), uniform), v128.xor(v128.load(address, 48), uniform));
    if (v128.any_true(v128.and(v128.or(first, second), mask))) break;
    index += SKIPPED_WORDS;
  }
  return index;
}
