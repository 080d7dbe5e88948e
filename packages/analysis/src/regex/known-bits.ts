/** What is known of a byte that belongs to a set: the bits that all bytes of the set have in common. And how frequent such bytes are in memory. */
import type { ByteSet } from "./byte-set.js";

/** `(byte & mask) === value` for each byte of the set, and perhaps for others. */
export interface KnownBits {
  readonly value: number;
  readonly mask: number;
  /** Bits of the mask. */
  readonly known: number;
}

export function knownBits(set: ByteSet): KnownBits {
  let ones = 0xff;
  let zeros = 0xff;
  for (const [byte, has] of set.entries()) {
    if (has === 0) continue;
    ones &= byte;
    zeros &= ~byte;
  }
  const mask = (ones | zeros) & 0xff;
  return { value: ones & mask, mask, known: bitsOf(mask) };
}

function bitsOf(byte: number): number {
  let bits = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) bits++;
  return bits;
}

/** A number from 0 to 1. */
export type Frequency = number;

/** Guesses, which decide about time alone: memory is padding, small integers, text and pointers. */
const ZERO: Frequency = 0.4;
const ALL_BITS: Frequency = 0.06;
const LETTER: Frequency = 0.012;
const SMALL: Frequency = 0.01;
const OTHER_ASCII: Frequency = 0.004;
const OTHER: Frequency = 0.002;

/** How many bytes of memory are like this. */
export function frequencyOf({ value, mask }: KnownBits): Frequency {
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) if ((byte & mask) === value) sum += frequencyOfByte(byte);
  return Math.min(1, sum);
}

function frequencyOfByte(byte: number): Frequency {
  if (byte === 0) return ZERO;
  if (byte === 0xff) return ALL_BITS;
  if (byte === 0x20 || (byte >= 0x61 && byte <= 0x7a)) return LETTER;
  if (byte <= 0x10) return SMALL;
  return byte < 0x80 ? OTHER_ASCII : OTHER;
}
