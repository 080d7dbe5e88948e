/**
 * Links of the hash chain: a block's PrevHash has to be the hash of the element before the block (specification, integrity).
 *
 * Layout: BREAK_* for the record of a broken link (src/layout.ts).
 */
import {
  BREAK_BYTES,
  BREAK_COMPUTED,
  BREAK_INDEX,
  BREAK_OFFSET,
  BREAK_PREVIOUS_OFFSET,
  BREAK_STORED,
  HASH_BYTES,
} from "../src/layout";

/** Whether the PrevHash at `prevHash` is the hash at `computed`. */
@inline
export function linkHolds(prevHash: usize, computed: usize): bool {
  const low = v128.xor(v128.load(prevHash), v128.load(computed));
  const high = v128.xor(v128.load(prevHash, 16), v128.load(computed, 16));
  return !v128.any_true(v128.or(low, high));
}

/** Writes the record of the block at file offset `offset` whose PrevHash is stored at `prevHash`. */
export function writeBreak(record: usize, index: u32, offset: u64, previousOffset: u64, computed: usize, prevHash: usize): void {
  store<f64>(record, <f64>index, BREAK_INDEX);
  store<f64>(record, <f64>offset, BREAK_OFFSET);
  store<f64>(record, <f64>previousOffset, BREAK_PREVIOUS_OFFSET);
  memory.copy(record + BREAK_COMPUTED, computed, HASH_BYTES);
  memory.copy(record + BREAK_STORED, prevHash, HASH_BYTES);
}

/** Appends a record to the `table`, whose number of entries is the u32 at `counter`. The table must have room. */
export function addBreak(
  table: usize,
  counter: usize,
  index: u32,
  offset: u64,
  previousOffset: u64,
  computed: usize,
  prevHash: usize,
): void {
  const breaks = load<u32>(counter);
  writeBreak(table + breaks * BREAK_BYTES, index, offset, previousOffset, computed, prevHash);
  store<u32>(counter, breaks + 1);
}
