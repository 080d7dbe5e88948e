/**
 * The tables of a search for many patterns, pattern by pattern. assembly/scan/many.ts describes them, and looks into them.
 *
 * Layout of the patterns that are added: values and masks; a value may have bits that its mask lacks. Leads: LEAD_* (src/layout.ts).
 * Links: u32 address of the next link of the chain, 0 behind the last one; u32 address of the entry.
 */
import { LEAD_DETAIL, LEAD_LENGTH, LEAD_START, SHORTEST_KEY } from "../../src/layout";
import { frequencyOf } from "./rarity";

export const BLOCK_BYTES: u32 = 3;
/** The bytes of a block are the high three bytes of a word that ends with the block. */
const BLOCK_SHIFT: u32 = 8;
const HASH_FACTOR: u32 = 0x9e3779b1;
const LINK_BYTES: usize = 8;
export const PAIRS: u32 = 65_536;
/** Two bytes with more values than this lead to a pattern no better than one of them. */
const MOST_PAIR_VALUES: u32 = 16;
/** Parts of a key that are tried as the key, the rarest of which is taken. */
const MOST_KEYS_TRIED: u32 = 64;
const CASE_BIT: u32 = 0x20;

/** The bucket of a block. `word`: the four bytes that end with the block, little-endian. */
@inline
export function bucketOf(word: u32, fold: u32, bits: u32): u32 {
  return (((word >> BLOCK_SHIFT) | fold) * HASH_FACTOR) >> (32 - bits);
}

/** Writes what leads to a pattern: its longest consecutive bytes that are compared whole or without case, or an anchor of one or two bytes. */
export function chooseLead(values: usize, masks: usize, length: u32, lead: usize): void {
  let bestStart: u32 = 0;
  let bestLength: u32 = 0;
  let bestFolds: u32 = 0;
  let start: u32 = 0;
  let folds: u32 = 0;
  for (let i: u32 = 0; i <= length; i++) {
    const mask: u32 = i < length ? load<u8>(masks + i) : 0;
    if (mask == 0xff) continue;
    if (mask == (0xff & ~CASE_BIT)) {
      folds = 1;
      continue;
    }
    if (i - start > bestLength) {
      bestStart = start;
      bestLength = i - start;
      bestFolds = folds;
    }
    start = i + 1;
    folds = 0;
  }
  if (bestLength >= <u32>SHORTEST_KEY) storeLead(lead, bestStart, bestLength, bestFolds);
  else chooseAnchor(values, masks, length, lead);
}

/** The rarest byte, or the rarest two consecutive bytes that have few values. */
function chooseAnchor(values: usize, masks: usize, length: u32, lead: usize): void {
  let best: u32 = u32.MAX_VALUE;
  for (let i: u32 = 0; i < length; i++) {
    const mask: u32 = load<u8>(masks + i);
    const one = valuesUnder(mask);
    const frequency = frequencyOf(load<u8>(values + i) & mask, mask);
    if (frequency * 1000 < best) {
      best = frequency * 1000;
      storeLead(lead, i, 1, one);
    }
    if (i + 1 == length) break;
    const nextMask: u32 = load<u8>(masks + i, 1);
    const two = one * valuesUnder(nextMask);
    if (two > MOST_PAIR_VALUES) continue;
    const ofBoth = frequency * frequencyOf(load<u8>(values + i, 1) & nextMask, nextMask);
    if (ofBoth < best) {
      best = ofBoth;
      storeLead(lead, i, 2, two);
    }
  }
}

/** How many bytes match a value under the mask. */
@inline
function valuesUnder(mask: u32): u32 {
  return 1 << (8 - <u32>popcnt(mask));
}

@inline
function storeLead(lead: usize, start: u32, length: u32, detail: u32): void {
  store<u32>(lead, start, LEAD_START);
  store<u32>(lead, length, LEAD_LENGTH);
  store<u32>(lead, detail, LEAD_DETAIL);
}

/**
 * Where the key begins in `room` bytes that may be one, the longest of a pattern: its last block is what is rarest in memory. Frequent blocks, such as
 * zeros, would lead to comparisons in vain.
 */
export function chooseKey(values: usize, room: u32, keyBytes: u32): u32 {
  let best: u32 = 0;
  let least: u32 = u32.MAX_VALUE;
  const tried = min<u32>(room - keyBytes, MOST_KEYS_TRIED);
  for (let start: u32 = 0; start <= tried; start++) {
    const block = values + start + keyBytes - BLOCK_BYTES;
    const frequency = exact(block) * exact(block + 1) * exact(block + 2);
    if (frequency >= least) continue;
    least = frequency;
    best = start;
  }
  return best;
}

@inline
function exact(place: usize): u32 {
  return frequencyOf(load<u8>(place), 0xff);
}

/** Adds the key at `key`, of `keyBytes` bytes (at least SHORTEST_KEY), to a table of blocks, and a link to its entry. */
export function addKey(table: usize, bits: u32, fold: u32, key: usize, keyBytes: u32, link: usize, entry: usize): void {
  for (let place: u32 = 0; place + BLOCK_BYTES <= keyBytes; place++) {
    const last = key + keyBytes - 1 - place;
    const word = (<u32>load<u8>(last) << 24) | (<u32>load<u8>(last - 1) << 16) | (<u32>load<u8>(last - 2) << 8);
    const bucket = bucketOf(word, fold, bits);
    const skip = table + bucket;
    if (place < <u32>load<u8>(skip)) store<u8>(skip, <u8>place);
    if (place == 0) addLink(table + ((<usize>1) << bits) + ((<usize>bucket) << 2), link, entry);
  }
}

/** Adds the anchor at `value` and `mask` to a table of 256 chains (`bytes` 1) or of 65,536 (`bytes` 2). Returns the address behind its links. */
export function addAnchor(heads: usize, values: usize, masks: usize, bytes: u32, link: usize, entry: usize): usize {
  const mask: u32 = bytes == 1 ? <u32>load<u8>(masks) : <u32>load<u16>(masks);
  const value = (bytes == 1 ? <u32>load<u8>(values) : <u32>load<u16>(values)) & mask;
  const free = ~mask & (bytes == 1 ? 0xff : 0xffff);
  // All subsets of the bits that are free, from none to all.
  let bits: u32 = 0;
  do {
    addLink(heads + ((<usize>(value | bits)) << 2), link, entry);
    link += LINK_BYTES;
    bits = (bits - free) & free;
  } while (bits != 0);
  return link;
}

@inline
function addLink(head: usize, link: usize, entry: usize): void {
  store<u32>(link, load<u32>(head));
  store<u32>(link, <u32>entry, 4);
  store<u32>(head, <u32>link);
}

/** Lets the chain of each pair of bytes begin as the chain of its first byte. */
export function spreadChains(bytes: usize, pairs: usize): void {
  for (let pair: usize = 0; pair < PAIRS; pair++) store<u32>(pairs + (pair << 2), load<u32>(bytes + ((pair & 0xff) << 2)));
}

/** Writes a byte for each pair of bytes: 1 if its chain has a link, else 0. */
export function markPairs(pairs: usize, marks: usize): void {
  for (let pair: usize = 0; pair < PAIRS; pair++) store<u8>(marks + pair, <u8>(load<u32>(pairs + (pair << 2)) != 0));
}
