/**
 * Patterns in linear memory, and the comparison of one with the bytes at a place.
 *
 * Layout: ENTRY_* (src/layout.ts). A value has no bit that its mask lacks. Behind values and masks stand zeros up to a multiple of 8 bytes, so that
 * words are compared; up to 7 bytes behind a window are read, and decide nothing.
 * Method for long patterns: the starts of one search ascend. Bytes that are known to match from an earlier start on are never read again: the table of
 * reaches tells whether the pattern agrees with itself there (the Z-algorithm: D. Gusfield, "Algorithms on Strings, Trees, and Sequences", 1997, 1.4).
 * So all comparisons of a pattern with a window take as many steps as the window has bytes, however the pattern repeats itself. Patterns with masks
 * have no such bound: the agreement of masked bytes does not carry over. The cursor counts steps, so that kernels can pause.
 */
import {
  ENTRY_KNOWN_END,
  ENTRY_KNOWN_START,
  ENTRY_LENGTH,
  ENTRY_PATTERN,
  ENTRY_REACHES,
  ENTRY_SEARCH,
  ENTRY_VALUES,
  LINK_BEFORE,
  LINK_ENTRY,
  SEEK_SEARCH,
  SEEK_STEPS,
} from "../../src/layout";

/** Writes an entry, and its reaches if their address is not 0. Behind the entry lie ENTRY_VALUES and twice the padded length. */
export function writeEntry(entry: usize, index: u32, values: usize, masks: usize, length: u32, reaches: usize): void {
  const padded = paddedTo8(length);
  store<u32>(entry, index, ENTRY_PATTERN);
  store<u32>(entry, length, ENTRY_LENGTH);
  store<u32>(entry, <u32>reaches, ENTRY_REACHES);
  store<u32>(entry, 0, ENTRY_SEARCH);
  const ownValues = entry + ENTRY_VALUES;
  const ownMasks = ownValues + padded;
  memory.fill(ownValues, 0, 2 * padded);
  for (let i: usize = 0; i < length; i++) {
    const mask = load<u8>(masks + i);
    store<u8>(ownMasks + i, mask);
    store<u8>(ownValues + i, load<u8>(values + i) & mask);
  }
  if (reaches != 0) writeReaches(ownValues, length, reaches);
}

/** For each place of the pattern, how many bytes from there on are equal to the start of the pattern. */
function writeReaches(values: usize, length: usize, reaches: usize): void {
  store<u32>(reaches, <u32>length);
  let from: usize = 0;
  let end: usize = 0;
  for (let i: usize = 1; i < length; i++) {
    let reach: usize = 0;
    if (i < end) reach = min<usize>(end - i, load<u32>(reaches + ((i - from) << 2)));
    while (i + reach < length && load<u8>(values + reach) == load<u8>(values + i + reach)) reach++;
    if (i + reach > end) {
      from = i;
      end = i + reach;
    }
    store<u32>(reaches + (i << 2), <u32>reach);
  }
}

/** Whether the pattern of a link matches where the bytes that lead to it lie at `place`; then the match is written: u32 offset, u32 index of the pattern. */
@inline
export function linkMatches(window: usize, place: usize, length: u32, link: usize, cursor: usize, match: usize): bool {
  const entry: usize = load<u32>(link, LINK_ENTRY);
  const before: usize = load<u32>(link, LINK_BEFORE);
  if (before > place || !matchesAt(window, place - before, length, entry, cursor)) return false;
  store<u32>(match, <u32>(place - before));
  store<u32>(match, load<u32>(entry, ENTRY_PATTERN), 4);
  return true;
}

/** Whether the pattern of an entry matches at `start` of the window, and ends at or before `end`. Starts of one entry ascend during a search. */
@inline
export function matchesAt(window: usize, start: usize, end: usize, entry: usize, cursor: usize): bool {
  const length: usize = load<u32>(entry, ENTRY_LENGTH);
  if (start + length > end) {
    count(cursor, 1);
    return false;
  }
  if (load<u32>(entry, ENTRY_REACHES) != 0) return longMatchesAt(window, start, entry, cursor);
  return agreeing(window + start, entry, 0, cursor) == length;
}

/** The same for an entry with reaches, which ends in the window. */
function longMatchesAt(window: usize, start: usize, entry: usize, cursor: usize): bool {
  const search = load<u32>(cursor, SEEK_SEARCH);
  let known: usize = 0;
  if (load<u32>(entry, ENTRY_SEARCH) == search) {
    const knownStart: usize = load<u32>(entry, ENTRY_KNOWN_START);
    const knownEnd: usize = load<u32>(entry, ENTRY_KNOWN_END);
    if (start < knownEnd) {
      const reaches: usize = load<u32>(entry, ENTRY_REACHES);
      if (start + load<u32>(reaches + ((start - knownStart) << 2)) < knownEnd) {
        count(cursor, 1);
        return false;
      }
      known = knownEnd - start;
    }
  }
  const matching = agreeing(window + start, entry, known, cursor);
  store<u32>(entry, search, ENTRY_SEARCH);
  store<u32>(entry, <u32>start, ENTRY_KNOWN_START);
  store<u32>(entry, <u32>(start + matching), ENTRY_KNOWN_END);
  return matching == load<u32>(entry, ENTRY_LENGTH);
}

/** How many bytes of the pattern match at `bytes`, of which the first `known` are known to. */
@inline
function agreeing(bytes: usize, entry: usize, known: usize, cursor: usize): usize {
  const length: usize = load<u32>(entry, ENTRY_LENGTH);
  const values = entry + ENTRY_VALUES;
  const masks = values + paddedTo8(length);
  let i = known & ~7;
  for (; i < length; i += 8) {
    const difference = (load<u64>(bytes + i) & load<u64>(masks + i)) ^ load<u64>(values + i);
    if (difference != 0) {
      count(cursor, 1 + <u32>((i >> 3) - (known >> 3)));
      return i + <usize>(ctz(difference) >> 3);
    }
  }
  count(cursor, 1 + <u32>((i >> 3) - (known >> 3)));
  return length;
}

@inline
export function count(cursor: usize, steps: u32): void {
  store<u32>(cursor, load<u32>(cursor, SEEK_STEPS) + steps, SEEK_STEPS);
}

@inline
function paddedTo8(length: usize): usize {
  return (length + 7) & ~7;
}
