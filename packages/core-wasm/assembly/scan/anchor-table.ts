/**
 * What leads to each of many patterns, and the table of those that anchors lead to, pattern by pattern. assembly/scan/anchors.ts describes the table, and
 * looks into it.
 *
 * Layout of the patterns that are added: values and masks; a value may have bits that its mask lacks. Leads, links: LEAD_*, LINK_* (src/layout.ts).
 */
import {
  GRAM_BYTES,
  LEAD_DETAIL,
  LEAD_LENGTH,
  LEAD_START,
  LINK_BEFORE,
  LINK_BYTES,
  LINK_ENTRY,
  LINK_GRAM,
  LINK_NEXT,
} from "../../src/layout";
import { frequencyOf } from "./rarity";

export const PAIRS: u32 = 65_536;
/** Two bytes with more values than this lead to a pattern no better than one of them. */
const MOST_PAIR_VALUES: u32 = 16;
const CASE_BIT: u32 = 0x20;

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
  if (bestLength >= <u32>GRAM_BYTES) storeLead(lead, bestStart, bestLength, bestFolds);
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

/** Adds the anchor at `value` and `mask` to a table of 256 chains (`bytes` 1) or of 65,536 (`bytes` 2). `before`: bytes of the pattern before it. Returns the address behind its links. */
export function addAnchor(heads: usize, values: usize, masks: usize, bytes: u32, link: usize, entry: usize, before: u32): usize {
  const mask: u32 = bytes == 1 ? <u32>load<u8>(masks) : <u32>load<u16>(masks);
  const value = (bytes == 1 ? <u32>load<u8>(values) : <u32>load<u16>(values)) & mask;
  const free = ~mask & (bytes == 1 ? 0xff : 0xffff);
  // All subsets of the bits that are free, from none to all.
  let bits: u32 = 0;
  do {
    link = addLink(heads + ((<usize>(value | bits)) << 2), link, entry, before, 0);
    bits = (bits - free) & free;
  } while (bits != 0);
  return link;
}

/** Writes a link, and lets it be the first one of the chain that begins at `head`. Returns the address behind it. */
@inline
export function addLink(head: usize, link: usize, entry: usize, before: u32, gram: u32): usize {
  store<u32>(link, load<u32>(head), LINK_NEXT);
  store<u32>(link, <u32>entry, LINK_ENTRY);
  store<u32>(link, before, LINK_BEFORE);
  store<u32>(link, gram, LINK_GRAM);
  store<u32>(head, <u32>link);
  return link + LINK_BYTES;
}

/** Lets the chain of each pair of bytes begin as the chain of its first byte. */
export function spreadChains(bytes: usize, pairs: usize): void {
  for (let pair: usize = 0; pair < PAIRS; pair++) store<u32>(pairs + (pair << 2), load<u32>(bytes + ((pair & 0xff) << 2)));
}

/** Writes a byte for each pair of bytes: 1 if its chain has a link, else 0. */
export function markPairs(pairs: usize, marks: usize): void {
  for (let pair: usize = 0; pair < PAIRS; pair++) store<u8>(marks + pair, <u8>(load<u32>(pairs + (pair << 2)) != 0));
}
