/**
 * The search of the fast level: takes the first match that its one hash table yields, and moves in growing steps through content that does not
 * compress.
 *
 * It is apart from the search of the default level, whose steps are similar, because one inlined function for both took 4 % more instructions
 * per byte at this level.
 * Layout: workspace.ts. A table holds u32 positions relative to the frame's content.
 * Invariants: reads stay in the content up to `end`; a match begins at most `windowSize` bytes back. Adds the sequences and literals that it
 * finds to those of the block.
 */
import { matchEnd, slotOf } from "../../codec/match-search";
import { finishSearch, MINIMUM_MATCH, OFFSET_VALUE_BASE, REPEATED_OFFSET, SEARCH_MARGIN, storeSequence } from "./matches";
import { FrameEncoder, HASH_TABLES_OFFSET, LITERALS_OFFSET, SEQUENCES_OFFSET } from "./workspace";

/** Bytes of content that a hash covers. */
const HASHED_BYTES: u64 = 6;
/** Steps grow by one every 1 << STEP_SHIFT bytes without a match. */
const STEP_SHIFT: usize = 7;

export function searchFast(encoder: FrameEncoder, from: usize, end: usize): void {
  const origin = encoder.content;
  const windowSize = encoder.windowSize;
  const table = encoder.at(HASH_TABLES_OFFSET);
  const shift = <u64>(64 - encoder.shortTableLog);
  let literals = encoder.at(LITERALS_OFFSET);
  let sequence = encoder.at(SEQUENCES_OFFSET);
  let offset1 = <usize>encoder.offset1;
  let offset2 = <usize>encoder.offset2;
  let anchor = from;

  if (end - from > SEARCH_MARGIN) {
    const searchEnd = end - SEARCH_MARGIN;
    // A cleared table holds position 0 already.
    let input = from === origin ? from + 1 : from;
    while (input < searchEnd) {
      const word = load<u64>(input);
      const slot = table + slotOf(word, HASHED_BYTES, shift);
      let candidate = origin + load<u32>(slot);
      store<u32>(slot, <u32>(input - origin));

      let offsetValue = REPEATED_OFFSET;
      let matchedTo: usize;
      if (load<u32>(input + 1) === load<u32>(input + 1 - offset1)) {
        input++;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
      } else if (load<u32>(candidate) === <u32>word && input - candidate <= windowSize) {
        matchedTo = matchEnd(input + MINIMUM_MATCH, candidate + MINIMUM_MATCH, end);
        while (input > anchor && candidate > origin && load<u8>(input - 1) === load<u8>(candidate - 1)) {
          input--;
          candidate--;
        }
        offset2 = offset1;
        offset1 = input - candidate;
        offsetValue = offset1 + OFFSET_VALUE_BASE;
      } else {
        input += ((input - anchor) >> STEP_SHIFT) + 1;
        continue;
      }
      storeSequence(sequence, literals, anchor, input - anchor, offsetValue, matchedTo - input);
      sequence += 8;
      literals += input - anchor;
      const begin = input;
      input = matchedTo;
      anchor = matchedTo;
      if (input >= searchEnd) break;

      store<u32>(table + slotOf(load<u64>(begin + 2), HASHED_BYTES, shift), <u32>(begin + 2 - origin));
      store<u32>(table + slotOf(load<u64>(input - 2), HASHED_BYTES, shift), <u32>(input - 2 - origin));
      while (input < searchEnd && load<u32>(input) === load<u32>(input - offset2)) {
        // Behind no literals, the repeated offset is the last but one.
        const previous = offset1;
        offset1 = offset2;
        offset2 = previous;
        matchedTo = matchEnd(input + MINIMUM_MATCH, input + MINIMUM_MATCH - offset1, end);
        store<u32>(table + slotOf(load<u64>(input), HASHED_BYTES, shift), <u32>(input - origin));
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
