/** How much a capture may make its reader do and hold: what it claims and how well it is compressed must not decide about that. */

import { MslError } from "../errors.js";

export interface LimitOptions {
  /** Most bytes that one payload may have after decompression, held or not. Default 2 GiB. */
  readonly payloadLimit?: number;
  /**
   * Most bytes of a decompressed payload that are held at once. Larger regions are decompressed in pieces when they are read; other
   * payloads above it are a `CMP-LIMIT` problem, and so are compressed page-state maps above an eighth of it. Default 8 MiB, and for
   * what has to be held whole as many bytes more as are stored.
   */
  readonly wholeLimit?: number;
  /** Largest zstd window, in bytes, of a payload that is decompressed in pieces: so much of it is held. Default 8 MiB. */
  readonly windowLimit?: number;
  /**
   * Most bytes that all compressed payloads of a capture may yield together, each counted once, when it is first decompressed to its end. Default
   * 64 GiB, and 1,024 for every byte that is stored of them: zstd makes 32,768 bytes of one at most, and does so with pages of zeros, which real
   * captures have; the mean of a capture is far below. What a file of some kilobytes can ask for is bounded nevertheless. Reading again costs nothing of it.
   */
  readonly decodeLimit?: number;
  /**
   * Most entries that one list of a payload may have: each becomes an object of some 250 bytes, however few are stored. Default 4,096 and one
   * for every 3 stored bytes, but no more than 98,304 and one for every 128 stored bytes, and 524,288 in all: so many are decoded at once.
   */
  readonly entryLimit?: number;
  /**
   * Most blocks that are walked, or found by searching behind damage: a stream or a Source may have no end. Default 8,388,608, whose index takes 512 MiB. Throws `limit` beyond;
   * does not hold for captures in memory (`MslSliceReader`).
   */
  readonly blockLimit?: number;
}

const MIB = 1024 * 1024;

/**
 * The defaults of all limits, by the names of the options; in bytes, unless the option says otherwise. The defaults of `wholeLimit`, `decodeLimit`,
 * `entryLimit` and `outputLimit` grow with what is stored: these are their least values.
 */
export const DEFAULT_LIMITS = {
  payloadLimit: 2048 * MIB,
  wholeLimit: 8 * MIB,
  windowLimit: 8 * MIB,
  decodeLimit: 64 * 1024 * MIB,
  entryLimit: 4096,
  blockLimit: 2 ** 23,
  wholeFileLimit: 64 * MIB,
  /** Milliseconds. */
  stallTimeout: 30_000,
  /** Passes; KiB; lanes; passes times KiB. */
  argon2Limits: { time: 16, memoryKiB: 2 ** 16, lanes: 16, work: 2 ** 19 },
  encryptedStreamLimit: 256 * MIB,
  outputLimit: 1024 * MIB,
  compressionLimit: 256 * MIB,
} as const;

/** Throws `limit` when a walk has met more blocks than `blockLimit` allows; `offset`: how far it came. */
export function requireBlocksWithin(
  { blockLimit = DEFAULT_LIMITS.blockLimit }: Pick<LimitOptions, "blockLimit">,
  blocks: number,
  offset: number,
): void {
  if (blocks <= blockLimit) return;
  throw new MslError("limit", `There are more than ${blockLimit} blocks up to offset ${offset} (blockLimit)`, { offset });
}

export interface Limits {
  readonly payload: number;
  /** Of payloads that can be read in pieces, those up to this size are held nevertheless, so that any part of them is at hand. */
  readonly held: number;
  readonly window: number;
  /** Most bytes that all payloads may yield together, when `stored` bytes of them are stored. */
  decoded(stored: number): number;
  /** Most bytes of a payload that has to be held, when `stored` bytes of it are stored. */
  whole(stored: number): number;
  /** Most bytes of a page-state map that is compressed: what is done with its runs takes many times as much. */
  map(stored: number): number;
  entries(stored: number): number;
}

const DECODED_PER_STORED = 1024;
/** A compressed payload that expands from little has few entries: the shortest row takes 3 bytes uncompressed, a real one so many compressed. */
const STORED_BYTES_PER_ENTRY = 3;
/** Half of what may be held besides twice the stored bytes, in entries of 250 bytes; the other half is what decoding throws away. */
const ENTRIES_HELD = 98_304;
/** An entry takes twice that in memory. */
const STORED_BYTES_PER_HELD_ENTRY = 128;
/** About a second of decoding. */
const ENTRIES_MOST = 524_288;

/** Of what may be held, a map may be this part: 1 MiB has the states of 16 GiB in pages of 4 KiB. */
const MAP_PART = 8;

export function limitsOf({
  payloadLimit = DEFAULT_LIMITS.payloadLimit,
  wholeLimit,
  windowLimit,
  decodeLimit,
  entryLimit,
}: LimitOptions): Limits {
  const whole = (stored: number) => Math.min(payloadLimit, wholeLimit ?? DEFAULT_LIMITS.wholeLimit + stored);
  return {
    payload: payloadLimit,
    held: Math.min(payloadLimit, wholeLimit ?? DEFAULT_LIMITS.wholeLimit),
    window: windowLimit ?? DEFAULT_LIMITS.windowLimit,
    decoded: (stored) => decodeLimit ?? DEFAULT_LIMITS.decodeLimit + DECODED_PER_STORED * stored,
    whole,
    map: (stored) => Math.floor(whole(stored) / MAP_PART),
    entries: (stored) => entryLimit ?? entriesFor(stored),
  };
}

/** Most entries of a list in a payload of so many stored bytes. */
function entriesFor(stored: number): number {
  const expanded = DEFAULT_LIMITS.entryLimit + Math.floor(stored / STORED_BYTES_PER_ENTRY);
  const held = ENTRIES_HELD + Math.floor(stored / STORED_BYTES_PER_HELD_ENTRY);
  return Math.min(ENTRIES_MOST, expanded, held);
}

/**
 * What decompressing the payloads of one capture may cost in all. Each payload counts once, with the bytes that it turned out to have: a file of some
 * kilobytes must not keep its reader busy for hours, however often it was asked.
 */
export class DecodeBudget {
  readonly #limits: Limits;
  readonly #counted = new Set<string>();
  #stored = 0;
  #decoded = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Throws `limit` where `key` was not counted yet and nothing is left for it. `stored`: its bytes as they are stored. */
  require(key: string, stored: number): void {
    if (this.#counted.has(key)) return;
    const limit = this.#limits.decoded(this.#stored + stored);
    if (this.#decoded < limit) return;
    const message = `The compressed payloads decompressed so far have ${this.#decoded} bytes, at or above the limit of ${limit} for one capture (decodeLimit)`;
    throw new MslError("limit", message);
  }

  count(key: string, stored: number, decoded: number): void {
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    this.#stored += stored;
    this.#decoded += decoded;
  }
}
