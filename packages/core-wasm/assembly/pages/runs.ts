/**
 * Runs of a page-state map: maximal sequences of pages in one state, as start page and state. State words are compared with themselves shifted
 * by one page. While a run lasts, 256 pages are compared at a time.
 *
 * Layout of the output for a capacity of n runs: n x u32 start page, then n x u8 state. The cursor (CURSOR_* in src/layout.ts) is read and
 * written. A map may come in pieces of whole bytes: for the next piece the caller sets the page of the cursor and keeps the state, so that a
 * run that continues in the next piece is not written twice.
 * Source: specification, page-state map.
 */
import { CURSOR_PAGE, CURSOR_STATE, NO_STATE } from "../../src/layout";
import { LOW_BITS, PAGES_PER_WORD, pagesBefore, stateWord, wordCount } from "./state-word";

const FAILED: u32 = 1;
const HIGHEST_BIT: u64 = 0x8000000000000000;
/** State words that `skipUniform` compares in one step. */
const SKIPPED_WORDS: u32 = 8;

/**
 * Writes the starts and states of up to `capacity` runs that begin in the `pages` states at `map`, and returns their number. The first state is
 * that of page `firstPage` of the region. Reserved states (3) are written as `reservedAs`: Failed (1) or 3. When there is no room for another
 * run, the cursor still moves to the end of the current run.
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
  const resumePage = load<u32>(cursor, 4 * CURSOR_PAGE);
  if (resumePage >= pages) return 0;
  const starts = output;
  const states = output + ((<usize>capacity) << 2);
  const foldedBits: u64 = reservedAs == FAILED ? LOW_BITS : 0;
  const words = wordCount(pages);
  const wholeWords = pages >> 5;

  let state: u64 = load<u32>(cursor, 4 * CURSOR_STATE);
  if (state == NO_STATE) state = otherThan(foldReserved(stateWord(map, pages, 0), foldedBits) >> 62);
  // The runs before `resumePage` were written by an earlier call. A run begins there, so that its word is not skipped.
  let pending: u64 = u64.MAX_VALUE >> ((<u64>(resumePage & 31)) << 1);
  let index = resumePage >> 5;
  let count: u32 = 0;
  while (index < words) {
    // Where 11 counts as Failed, a failed page is 01 or 11: then only its low bit distinguishes it from others.
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
  store<u32>(cursor, page, 4 * CURSOR_PAGE);
  store<u32>(cursor, <u32>state, 4 * CURSOR_STATE);
}

/** A state other than `state`, so that a run begins at the first page of the region. */
@inline
function otherThan(state: u64): u64 {
  return state ^ 1;
}

/** Replaces 11 by 01 in the pages whose low bit is in `foldedBits`. */
@inline
function foldReserved(word: u64, foldedBits: u64): u64 {
  return word & ~((word & foldedBits) << 1);
}

/** Fills the rest of a word of 1..31 pages with the state of its last page, so that no run begins behind the map. */
@inline
function repeatLastState(word: u64, pages: u32): u64 {
  const lastState = (word >> (64 - ((<u64>pages) << 1))) & 3;
  const filled = lastState * LOW_BITS;
  return word | (filled ^ pagesBefore(filled, pages));
}

/** A word with the low bit of each page set whose state differs from that of the page before it, and no other bits. */
@inline
function stateChanges(word: u64, stateBefore: u64): u64 {
  const difference = word ^ ((word >> 2) | (stateBefore << 62));
  return (difference | (difference >> 1)) & LOW_BITS;
}

/** Skips groups of 256 pages that are all in `state`, as far as the `compared` bits tell. Returns the index of the next word. */
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
