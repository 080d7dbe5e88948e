/** Inputs of encoder tests, the same in every run: all kinds of content, at lengths around the limits of the formats and the encoders. */
import fc from "fast-check";
import { concat, memoryLike, Random, text } from "./samples.js";

const BLOCK = 128 * 1024;
const KIND_LENGTHS = [
  ...Array.from({ length: 41 }, (_, i) => i),
  ...around(64, 2),
  ...around(128, 3),
  ...around(256, 4),
  ...around(273, 2),
  ...around(512, 1),
  ...around(1024, 2),
  ...around(4096, 2),
  ...around(16_384, 1),
  ...around(65_536 + 256, 2),
];
const BORDER_LENGTHS = [...around(65_536, 17), ...around(BLOCK, 20), ...around(2 * BLOCK, 9), ...around(3 * BLOCK, 2)];

interface EncoderInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const KINDS: Readonly<Record<string, (length: number) => Uint8Array>> = {
  zeros: (length) => new Uint8Array(length),
  random: (length) => new Random(length + 1).bytes(length),
  text: (length) => text(length, length),
  memory: (length) => memoryLike(length, length),
  counting: (length) => Uint8Array.from({ length }, (_, i) => i),
  bits: (length) => fewSymbols(length, 2),
  nibbles: (length) => fewSymbols(length, 16),
  skewed: (length) => skewed(length, length),
  words: (length) => words(length, length),
  runs: (length) => runs(length, length),
  crumbs: (length) => crumbs(length, length),
};

/** Every kind of content at every length. */
export function* smallInputs(): Generator<EncoderInput> {
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const length of KIND_LENGTHS) yield { name: `${kind} ${length}`, bytes: make(length) };
  }
  for (let period = 1; period <= 70; period++) {
    for (const length of [period - 1, period + 3, period + 13, 2 * period + 5, 300 + period, 5000]) {
      yield { name: `period ${period}, ${length}`, bytes: periodic(length, period) };
    }
  }
  for (let distinct = 2; distinct <= 256; distinct += 2) {
    yield { name: `${distinct} symbols`, bytes: skewed(3000 + distinct, distinct, distinct) };
  }
}

/** Lengths around those of blocks and of the LZ4 window. */
export function* borderInputs(): Generator<EncoderInput> {
  for (const kind of ["zeros", "random", "memory", "words"]) {
    const make = KINDS[kind];
    if (!make) continue;
    const longest = make(Math.max(...BORDER_LENGTHS));
    for (const length of BORDER_LENGTHS) yield { name: `${kind} ${length}`, bytes: longest.subarray(0, length) };
  }
}

/** Random bytes that are repeated at a distance near `distance`, with other bytes before, between and behind them. */
export function* matchesNear(distance: number): Generator<EncoderInput> {
  const repeated = new Random(distance).bytes(Math.min(distance, 3 * BLOCK) >> 1);
  for (const off of [-2, -1, 0, 1, 2]) {
    const gap = new Random(distance + 1).bytes(7919);
    const filler = new Uint8Array(distance + off - repeated.length);
    for (let at = 0; at < filler.length; at += gap.length + 1) filler.set(gap.subarray(0, filler.length - at), at);
    yield { name: `distance ${distance + off}`, bytes: concat(gap, repeated, filler, repeated, gap) };
  }
}

/** Content that changes its kind every few bytes to pages, so that blocks are cut. */
export function mixture(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  const kinds = Object.values(KINDS);
  const parts: Uint8Array[] = [];
  for (let left = length; left > 0; ) {
    const make = kinds[random.below(kinds.length)] ?? text;
    const part = make(Math.min(left, 1 + random.below(1 << (4 + random.below(12)))));
    parts.push(part);
    left -= part.length;
  }
  return concat(...parts);
}

function around(length: number, reach: number): number[] {
  return Array.from({ length: 2 * reach + 1 }, (_, i) => length - reach + i);
}

function periodic(length: number, period: number): Uint8Array {
  const pattern = new Random(period).bytes(period);
  return Uint8Array.from({ length }, (_, i) => pattern[i % period] ?? 0);
}

function fewSymbols(length: number, symbols: number): Uint8Array {
  const random = new Random(length + symbols);
  return Uint8Array.from({ length }, () => random.below(symbols));
}

/** Symbol s occurs about twice as often as symbol s + 1, so that Huffman codes without a limit would be longer than the format allows. */
function skewed(length: number, seed: number, symbols = 40): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => {
    const symbol = Math.clz32(random.below(2 ** 31)) - 1;
    return random.below(12) === 0 ? random.below(symbols) : symbol % symbols;
  });
}

/** Words of 3 to 9 bytes from a small set: many short matches, next to each other. */
function words(length: number, seed: number): Uint8Array {
  const random = new Random(seed + 5);
  const set = Array.from({ length: 40 }, () => random.bytes(3 + random.below(7)));
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const word = set[random.below(set.length)] ?? bytes;
    bytes.set(word.subarray(0, length - at), at);
    at += word.length;
  }
  return bytes;
}

/** Random bytes with short repetitions of 5 bytes, which save hardly more than their sequences take. */
function crumbs(length: number, seed: number): Uint8Array {
  const random = new Random(seed + 3);
  const bytes = random.bytes(length);
  for (let at = 20; at + 5 < length; at += 6 + random.below(6)) {
    const from = random.below(at - 5);
    bytes.copyWithin(at, from, from + 5);
  }
  return bytes;
}

/** Runs of one byte, some of them long, with a few other bytes between them. */
function runs(length: number, seed: number): Uint8Array {
  const random = new Random(seed + 9);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const end = at + 1 + random.below(1 << random.below(13));
    bytes.fill(random.below(256), at, end);
    bytes.set(random.bytes(Math.max(0, Math.min(random.below(6), length - end))), Math.min(end, length));
    at = end + 6;
  }
  return bytes;
}

/** Arrays of random bytes, and arrays of short texts that are repeated. */
export const randomOrRepetitive = fc.oneof(
  fc.uint8Array({ maxLength: 700 }),
  fc
    .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 90 })), { maxLength: 20 })
    .map((parts) => concat(...parts.flatMap(([part, times]) => Array.from({ length: times }, () => part)))),
);
