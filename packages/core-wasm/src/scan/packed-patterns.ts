/** Many patterns in few arrays, which are copied to another thread at once. */
import type { MaskedPattern } from "./pattern-entries.js";

/** The values and the masks of all patterns, one behind the other. */
export interface PackedPatterns {
  /** Bytes of each pattern. */
  readonly lengths: Uint32Array;
  readonly values: Uint8Array;
  readonly masks: Uint8Array;
}

const PATTERNS_PER_YIELD = 4096;
/** Patterns that are packed in about a microsecond. */
const PATTERNS_PER_UNIT = 4;

/**
 * Packs patterns. Yields the units of work since the last yield, of about a microsecond. Throws a `TypeError` for a pattern without bytes, or with
 * another number of masks.
 */
export function* packPatterns(patterns: readonly MaskedPattern[]): Generator<number, PackedPatterns, void> {
  const lengths = new Uint32Array(patterns.length);
  let bytes = 0;
  for (const [i, { values, masks }] of patterns.entries()) {
    if (values.length === 0 || masks.length !== values.length) {
      throw new TypeError(
        `The pattern ${i} has ${values.length} values and ${masks.length} masks: expected at least 1 byte, and a mask for each`,
      );
    }
    lengths[i] = values.length;
    bytes += values.length;
    if (i % PATTERNS_PER_YIELD === PATTERNS_PER_YIELD - 1) yield PATTERNS_PER_YIELD / PATTERNS_PER_UNIT;
  }
  const packed = { lengths, values: new Uint8Array(bytes), masks: new Uint8Array(bytes) };
  let at = 0;
  for (const [i, { values, masks }] of patterns.entries()) {
    packed.values.set(values, at);
    packed.masks.set(masks, at);
    at += values.length;
    if (i % PATTERNS_PER_YIELD === PATTERNS_PER_YIELD - 1) yield PATTERNS_PER_YIELD / PATTERNS_PER_UNIT;
  }
  return packed;
}
