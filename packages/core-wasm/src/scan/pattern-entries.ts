/** Patterns in linear memory, as the kernels compare them (assembly/scan/verify.ts). */
import { ENTRY_VALUES, LONG_PATTERN, SEEK_CURSOR_BYTES } from "../layout.js";

/** A pattern matches where `(byte & masks[i]) === (values[i] & masks[i])` for each of its bytes. */
export interface MaskedPattern {
  /** At least one byte. */
  readonly values: Uint8Array;
  /** As many bytes. 0xff compares the whole byte, 0 compares nothing, 0xdf the letters of ASCII without their case. */
  readonly masks: Uint8Array;
}

/** Matches that one call of a kernel may write. */
const MATCHES_PER_CALL = 4096;
/** Comparisons of 8 bytes after which a kernel pauses: one or two milliseconds. */
export const STEPS_PER_CALL = 1 << 20;

/** The cursor of a search for patterns, and its matches of `words` u32. */
export const seekShape = (words: number) => ({ cursorBytes: SEEK_CURSOR_BYTES, words, capacity: MATCHES_PER_CALL });

/** Numbers the searches of one facade: what kernels know of one window does not hold for another. */
export class SearchNumber {
  #last = 0;

  next(): number {
    this.#last = this.#last === 0xffffffff ? 1 : this.#last + 1;
    return this.#last;
  }
}

/** Bytes of the entry of a pattern. */
export function entryBytes(length: number): number {
  return ENTRY_VALUES + 2 * Math.ceil(length / 8) * 8;
}

/** Bytes of the table of reaches of a pattern; 0 if it has none. `plain`: whether all its bytes are compared whole. */
export function reachesBytes(length: number, plain: boolean): number {
  return plain && length > LONG_PATTERN ? 4 * length : 0;
}

export function isPlain(masks: Uint8Array): boolean {
  return masks.every((mask) => mask === 0xff);
}
