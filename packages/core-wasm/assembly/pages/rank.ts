/**
 * Rank of pages: the number of Captured pages before a page, which determines the place of the page's bytes in PageData.
 *
 * Layout of the index: u32 ranks[(pages >> 6) + 1], ranks[k] being the number of Captured pages before page 64 k. A look-up adds the counts of
 * at most two state words.
 * Source: specification, page-state map.
 */
import { NOT_CAPTURED } from "../../src/layout";
import { notCaptured, pagesBefore, stateWord, wordCount } from "./state-word";

/** Writes the index of the `pages` states at `map` to `ranks`. Returns the number of Captured pages. */
export function buildPageRank(map: usize, pages: u32, ranks: usize): u32 {
  const blocks = pages >> 6;
  let rank: u32 = 0;
  for (let block: u32 = 0; block < blocks; block++) {
    store<u32>(ranks + ((<usize>block) << 2), rank);
    // Counting does not depend on the order of pages in a word, so that the words need no swap, and one count serves both.
    const address = map + ((<usize>block) << 4);
    const first = notCaptured(load<u64>(address));
    const second = notCaptured(load<u64>(address, 8));
    rank += 64 - <u32>popcnt(first | (second << 1));
  }
  store<u32>(ranks + ((<usize>blocks) << 2), rank);

  const words = wordCount(pages);
  rank += pages & 63;
  for (let index = blocks << 1; index < words; index++) {
    rank -= <u32>popcnt(notCaptured(stateWord(map, pages, index)));
  }
  return rank;
}

/** The number of Captured pages before `page` (0..pages). */
export function capturedBefore(map: usize, pages: u32, ranks: usize, page: u32): u32 {
  const block = page >> 6;
  let rank = load<u32>(ranks + ((<usize>block) << 2)) + (page & 63);
  let index = block << 1;
  if ((page & 32) != 0) {
    rank -= <u32>popcnt(notCaptured(stateWord(map, pages, index)));
    index++;
  }
  const pagesInWord = page & 31;
  if (pagesInWord != 0) {
    rank -= <u32>popcnt(notCaptured(pagesBefore(stateWord(map, pages, index), pagesInWord)));
  }
  return rank;
}

/** The number of Captured pages before `page` (0..pages - 1) if it is Captured itself, otherwise -1. */
export function rankPage(map: usize, pages: u32, ranks: usize, page: u32): i32 {
  const state = (load<u8>(map + (page >> 2)) >> <u8>(6 - ((page & 3) << 1))) & 3;
  return state == 0 ? <i32>capturedBefore(map, pages, ranks, page) : NOT_CAPTURED;
}

/**
 * Writes the i32 rank (`rankPage`) of each of the `count` u32 pages at `queries` to `output`, which may be `queries`. Stops at a page that the
 * map does not have. Returns the number of ranks written.
 */
export function rankPages(map: usize, pages: u32, ranks: usize, queries: usize, count: u32, output: usize): u32 {
  for (let i: u32 = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    const page = load<u32>(queries + at);
    if (page >= pages) return i;
    store<i32>(output + at, rankPage(map, pages, ranks, page));
  }
  return count;
}
