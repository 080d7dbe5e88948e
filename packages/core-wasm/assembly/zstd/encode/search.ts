/**
 * Levels of the Zstandard encoder, and their search for matches in one block of content.
 *
 * Level.Fast has one hash table and takes the first match that it finds. Level.Default has two tables, of long and of short beginnings of
 * matches: it takes a long match at once, and a short one only if no long one begins at the next byte. Both move in growing steps through
 * content that does not compress.
 *
 * Layout: workspace.ts. A table holds u32 positions relative to the frame's content.
 * Invariants: reads stay in the content up to `end`; a match begins at most `windowSize` bytes back. The level is a constant in each of the
 * two copies of `search`: the compiler has to inline it and drop the branches of the other level, or the search becomes slower.
 */
import { matchEnd, slotOf, tableLog } from "../../codec/match-search";
import { finishSearch, MINIMUM_MATCH, OFFSET_VALUE_BASE, REPEATED_OFFSET, SEARCH_MARGIN, storeSequence } from "./matches";
import { FrameEncoder, HASH_TABLES_OFFSET, LITERALS_OFFSET, SEQUENCES_OFFSET } from "./workspace";

/** src/zstd.ts names the levels in this order, which a test compares. */
export const enum Level {
  Fast,
  Default,
}

const LEAST_TABLE_LOG: u32 = 8;
/** Bytes of content that the hash of a long beginning covers. */
const LONG_BYTES: u64 = 8;

/** The most bytes that a match may reach back. A smaller window stays closer at hand for encoder and decoder. */
export function windowSizeOf(level: Level): u32 {
  return level === Level.Fast ? 1 << 20 : 1 << 22;
}

export function shortTableLog(level: Level, length: u32): u32 {
  return tableLog(length, LEAST_TABLE_LOG, level === Level.Fast ? 15 : 16);
}

/** 0 where the level has no table of long beginnings. */
export function longTableLog(level: Level, length: u32): u32 {
  return level === Level.Fast ? 0 : tableLog(length, LEAST_TABLE_LOG, 17);
}

export function searchFast(encoder: FrameEncoder, from: usize, end: usize): void {
  search(encoder, from, end, Level.Fast);
}

export function searchDefault(encoder: FrameEncoder, from: usize, end: usize): void {
  search(encoder, from, end, Level.Default);
}

/** Searches [from, end) and the window before it. Adds the sequences and literals that it finds to those of the block. */
@inline
function search(encoder: FrameEncoder, from: usize, end: usize, level: Level): void {
  const hasLongTable = level === Level.Default;
  /** Bytes of content that the hash of a short beginning covers. */
  const shortBytes: u64 = hasLongTable ? 5 : 6;
  /** Steps grow by one every 1 << stepShift bytes without a match. */
  const stepShift: usize = hasLongTable ? 8 : 7;
  const origin = encoder.content;
  const windowSize = encoder.windowSize;
  const shortTable = encoder.at(HASH_TABLES_OFFSET);
  const longTable = shortTable + (<usize>4 << encoder.shortTableLog);
  const shortShift = <u64>(64 - encoder.shortTableLog);
  const longShift = <u64>(64 - encoder.longTableLog);
  let literals = encoder.at(LITERALS_OFFSET);
  let sequence = encoder.at(SEQUENCES_OFFSET);
  let offset1 = <usize>encoder.offset1;
  let offset2 = <usize>encoder.offset2;
  let anchor = from;

  if (end - from > SEARCH_MARGIN) {
    const searchEnd = end - SEARCH_MARGIN;
    // Position 0 is in the tables already.
    let input = from === origin ? from + 1 : from;
    while (input < searchEnd) {
      const word = load<u64>(input);
      const position = <u32>(input - origin);
      const longSlot = hasLongTable ? longTable + slotOf(word, LONG_BYTES, longShift) : 0;
      const shortSlot = shortTable + slotOf(word, shortBytes, shortShift);
      const longCandidate = hasLongTable ? origin + load<u32>(longSlot) : 0;
      let candidate = origin + load<u32>(shortSlot);
      if (hasLongTable) store<u32>(longSlot, position);
      store<u32>(shortSlot, position);

      let offsetValue = REPEATED_OFFSET;
      let matchedTo: usize;
      if (load<u32>(input + 1) === load<u32>(input + 1 - offset1)) {
        input++;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
      } else {
        if (hasLongTable && load<u64>(longCandidate) === word && input - longCandidate <= windowSize) {
          candidate = longCandidate;
        } else {
          if (load<u32>(candidate) !== <u32>word || input - candidate > windowSize) {
            input += ((input - anchor) >> stepShift) + 1;
            continue;
          }
          if (hasLongTable) {
            const nextWord = load<u64>(input + 1);
            const nextSlot = longTable + slotOf(nextWord, LONG_BYTES, longShift);
            const nextCandidate = origin + load<u32>(nextSlot);
            store<u32>(nextSlot, position + 1);
            if (load<u64>(nextCandidate) === nextWord && input + 1 - nextCandidate <= windowSize) {
              candidate = nextCandidate;
              input++;
            }
          }
        }
        matchedTo = matchEnd(input + MINIMUM_MATCH, candidate + MINIMUM_MATCH, end);
        while (input > anchor && candidate > origin && load<u8>(input - 1) === load<u8>(candidate - 1)) {
          input--;
          candidate--;
        }
        offset2 = offset1;
        offset1 = input - candidate;
        offsetValue = offset1 + OFFSET_VALUE_BASE;
      }
      storeSequence(sequence, literals, anchor, input - anchor, offsetValue, matchedTo - input);
      sequence += 8;
      literals += input - anchor;
      // Inside the match, each level adds the positions to its tables that have proved useful.
      const inside = hasLongTable ? origin + position + 2 : input + 2;
      input = matchedTo;
      anchor = matchedTo;
      if (input >= searchEnd) break;

      const insideWord = load<u64>(inside);
      store<u32>(shortTable + slotOf(insideWord, shortBytes, shortShift), <u32>(inside - origin));
      if (hasLongTable) {
        store<u32>(longTable + slotOf(insideWord, LONG_BYTES, longShift), <u32>(inside - origin));
        store<u32>(longTable + slotOf(load<u64>(input - 2), LONG_BYTES, longShift), <u32>(input - 2 - origin));
      }
      const last = hasLongTable ? input - 1 : input - 2;
      store<u32>(shortTable + slotOf(load<u64>(last), shortBytes, shortShift), <u32>(last - origin));
      while (input < searchEnd && load<u32>(input) === load<u32>(input - offset2)) {
        // Behind no literals, the repeated offset is the last but one.
        const previous = offset1;
        offset1 = offset2;
        offset2 = previous;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
        const repeated = load<u64>(input);
        if (hasLongTable) store<u32>(longTable + slotOf(repeated, LONG_BYTES, longShift), <u32>(input - origin));
        store<u32>(shortTable + slotOf(repeated, shortBytes, shortShift), <u32>(input - origin));
        storeSequence(sequence, literals, anchor, 0, REPEATED_OFFSET, matchedTo - input);
        sequence += 8;
        input = matchedTo;
        anchor = matchedTo;
      }
    }
  }
  finishSearch(encoder, sequence, literals, anchor, end);
  encoder.offset1 = <u32>offset1;
  encoder.offset2 = <u32>offset2;
}
