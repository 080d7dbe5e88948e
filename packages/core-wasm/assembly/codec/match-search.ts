/**
 * What encoders share: hashing the bytes at a position, measuring a match, copying literals.
 *
 * Hash tables hold u32 positions relative to the input's first byte. A cleared slot is position 0, which is as good a candidate
 * as any: every candidate is compared before it is used.
 */
import { copyWide, SHORT_COPY } from "./copy";

/** Multiplicative hashing with odd constants near 2^n times the golden ratio. */
const MULTIPLIER_5: u64 = 0x9e3779b97f4b7c15;
const SLOT_SHIFT: usize = 2;

/** Offset in a table of 1 << (64 - shift) slots for the first `bytes` bytes of `word`. */
@inline
export function slotOf(word: u64, bytes: u64, shift: u64): usize {
  return <usize>(((word << (64 - 8 * bytes)) * MULTIPLIER_5) >> shift) << SLOT_SHIFT;
}

/** The first address from `at` on, `limit` at most, whose byte differs from that at the same distance from `candidate`. */
@inline
export function matchEnd(at: usize, candidate: usize, limit: usize): usize {
  while (at + 8 <= limit) {
    const difference = load<u64>(at) ^ load<u64>(candidate);
    if (difference !== 0) return at + <usize>(ctz<u64>(difference) >> 3);
    at += 8;
    candidate += 8;
  }
  while (at < limit && load<u8>(at) === load<u8>(candidate)) {
    at++;
    candidate++;
  }
  return at;
}

/** Copies literals that at least 16 readable bytes follow, to where 16 bytes may be written past their end. */
@inline
export function copyLiterals(to: usize, from: usize, length: usize): void {
  if (length < SHORT_COPY) copyWide(to, from, length);
  else memory.copy(to, from, length);
}

/** log2 of a table's slots for an input of `length` bytes: at least one per byte, within the bounds. */
export function tableLog(length: u32, least: u32, most: u32): u32 {
  const log: u32 = length > 1 ? 32 - clz<u32>(length - 1) : 0;
  return max<u32>(least, min<u32>(most, log));
}
