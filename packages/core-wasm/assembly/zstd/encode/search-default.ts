/**
 * The search of the default level: two hash tables, of long and of short beginnings of matches. It takes a long match at once, and a short one
 * only if no long one begins at the next byte. It moves in growing steps through content that does not compress. search-fast.ts says why the two
 * searches are apart.
 *
 * Layout: workspace.ts. A table holds u32 positions relative to the frame's content.
 * Invariants: reads stay in the content up to `end`; a match begins at most `windowSize` bytes back. Adds the sequences and literals that it
 * finds to those of the block.
 */
import { matchEnd, slotOf } from "../../codec/match-search";
import { finishSearch, MINIMUM_MATCH, OFFSET_VALUE_BASE, REPEATED_OFFSET, SEARCH_MARGIN, storeSequence } from "./matches";
import { FrameEncoder, HASH_TABLES_OFFSET, LITERALS_OFFSET, SEQUENCES_OFFSET } from "./workspace";

/** Bytes of content that the hashes of long and of short beginnings cover. */
const LONG_BYTES: u64 = 8;
const SHORT_BYTES: u64 = 5;
/** Steps grow by one every 1 << STEP_SHIFT bytes without a match. */
const STEP_SHIFT: usize = 8;

export function searchDefault(encoder: FrameEncoder, from: usize, end: usize): void {
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
    // Cleared tables hold position 0 already.
    let input = from === origin ? from + 1 : from;
    while (input < searchEnd) {
      const word = load<u64>(input);
      const position = <u32>(input - origin);
      const longSlot = longTable + slotOf(word, LONG_BYTES, longShift);
      const shortSlot = shortTable + slotOf(word, SHORT_BYTES, shortShift);
      let candidate = origin + load<u32>(longSlot);
      const shortCandidate = origin + load<u32>(shortSlot);
      store<u32>(longSlot, position);
      store<u32>(shortSlot, position);

      let offsetValue = REPEATED_OFFSET;
      let matchedTo: usize;
      if (load<u32>(input + 1) === load<u32>(input + 1 - offset1)) {
        input++;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
      } else {
        if (load<u64>(candidate) !== word || input - candidate > windowSize) {
          candidate = shortCandidate;
          if (load<u32>(candidate) !== <u32>word || input - candidate > windowSize) {
            input += ((input - anchor) >> STEP_SHIFT) + 1;
            continue;
          }
          const nextWord = load<u64>(input + 1);
          const nextSlot = longTable + slotOf(nextWord, LONG_BYTES, longShift);
          const nextCandidate = origin + load<u32>(nextSlot);
          store<u32>(nextSlot, position + 1);
          if (load<u64>(nextCandidate) === nextWord && input + 1 - nextCandidate <= windowSize) {
            candidate = nextCandidate;
            input++;
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
      input = matchedTo;
      anchor = matchedTo;
      if (input >= searchEnd) break;

      const inside = origin + position + 2;
      const insideWord = load<u64>(inside);
      store<u32>(longTable + slotOf(insideWord, LONG_BYTES, longShift), position + 2);
      store<u32>(shortTable + slotOf(insideWord, SHORT_BYTES, shortShift), position + 2);
      store<u32>(longTable + slotOf(load<u64>(input - 2), LONG_BYTES, longShift), <u32>(input - 2 - origin));
      store<u32>(shortTable + slotOf(load<u64>(input - 1), SHORT_BYTES, shortShift), <u32>(input - 1 - origin));
      while (input < searchEnd && load<u32>(input) === load<u32>(input - offset2)) {
        // Behind no literals, the repeated offset is the last but one.
        const previous = offset1;
        offset1 = offset2;
        offset2 = previous;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
        const repeated = load<u64>(input);
        store<u32>(longTable + slotOf(repeated, LONG_BYTES, longShift), <u32>(input - origin));
        store<u32>(shortTable + slotOf(repeated, SHORT_BYTES, shortShift), <u32>(input - origin));
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
