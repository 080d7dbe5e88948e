/**
 * State words: 32 pages of a page-state map at a time.
 *
 * Layout: the map holds 2 bits per page, most significant bits first: state(i) = (map[i >> 2] >> (6 - 2 * (i & 3))) & 3. A state word is 8 bytes
 * of the map, read big-endian: its two highest bits are the first of 32 pages.
 * Invariant: pages behind the end of the map are 00 in a state word, and their bytes are not read.
 * Source: specification, page-state map.
 */

/** The low bit of every 2-bit state in a word. */
export const LOW_BITS: u64 = 0x5555555555555555;
export const PAGES_PER_WORD: u32 = 32;

/** The number of words that cover `pages` pages. The last word may be partial. */
@inline
export function wordCount(pages: u32): u32 {
  return (pages >> 5) + u32((pages & 31) != 0);
}

/** Word `index` of a map of `pages` pages; index < wordCount(pages). */
@inline
export function stateWord(map: usize, pages: u32, index: u32): u64 {
  const address = map + ((<usize>index) << 3);
  return index < pages >> 5 ? bswap<u64>(load<u64>(address)) : partialWord(address, pages & 31);
}

/** A word with the pages from `page` (0..31) on replaced by 00. */
@inline
export function pagesBefore(word: u64, page: u32): u64 {
  return word & ~(u64.MAX_VALUE >> ((<u64>page) << 1));
}

/** A word with the low bit of each page set that is not Captured, and no other bits. */
@inline
export function notCaptured(word: u64): u64 {
  return (word | (word >> 1)) & LOW_BITS;
}

/** The word of the last 1..31 pages of a map. */
function partialWord(address: usize, pages: u32): u64 {
  const bytes = (pages + 3) >> 2;
  let word: u64 = 0;
  for (let i: u32 = 0; i < bytes; i++) {
    word |= (<u64>load<u8>(address + i)) << (56 - ((<u64>i) << 3));
  }
  return pagesBefore(word, pages);
}
