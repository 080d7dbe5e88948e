/** Limits on the work and the memory of a reader, whatever a capture claims and however well it is compressed. */

import { MslError } from "../errors.js";

export interface LimitOptions {
  /** Most bytes that one payload may have after decompression, held or not. Default 2 GiB. */
  readonly payloadLimit?: number;
  /**
   * Most bytes of a decompressed payload that are held at once. Larger regions are decompressed in pieces when they are read; other payloads
   * above the limit are a `CMP-LIMIT` problem, and so are compressed page-state maps above an eighth of it. Default 8 MiB; for a payload that cannot
   * be read in pieces, the number of its stored bytes is added.
   */
  readonly wholeLimit?: number;
  /** Largest zstd window, in bytes, of a payload that is decompressed in pieces: so much of it is held. Default 8 MiB. */
  readonly windowLimit?: number;
  /**
   * Most bytes that all compressed payloads of a capture may have together after decompression. A payload counts once, when it is first
   * decompressed to its end; reading it again does not count. Default 64 GiB, and 1,024 bytes for every stored byte of the payloads: zstd expands
   * pages of zeros 32,768:1, but a real capture as a whole far less.
   */
  readonly decodeLimit?: number;
  /**
   * Most entries that one list of a payload may have: each becomes an object of some 250 bytes, however few are stored. Default 4,096 and one
   * for every 3 stored bytes, but no more than 98,304 and one for every 128 stored bytes, and 524,288 in all: so many are decoded at once.
   */
  readonly entryLimit?: number;
  /**
   * Most blocks that are walked, or found by searching behind damage: a stream or a Source may have no end. Default 8,388,608, whose index takes
   * 512 MiB. Readers throw `limit` beyond it; `MslSliceReader`, whose capture is in memory, has no such limit.
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

/** Throws `limit` when a walk has met more blocks than `blockLimit` allows. `offset`: where the walk is. */
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
  /** A payload up to this size is held even if it can be read in pieces. */
  readonly held: number;
  readonly window: number;
  /** Most bytes that all payloads may have together after decompression, of `stored` stored bytes. */
  decoded(stored: number): number;
  /** Most bytes of a payload that has to be held, of `stored` stored bytes. */
  whole(stored: number): number;
  /** Most bytes of a page-state map that is compressed: its runs take many times as much memory. */
  map(stored: number): number;
  entries(stored: number): number;
}

const DECODED_PER_STORED = 1024;
/** The shortest row takes 3 bytes uncompressed; a row of a real capture takes as many compressed. */
const STORED_BYTES_PER_ENTRY = 3;
/** Entries of 250 bytes in 24 MiB; decoding leaves as much to be collected. Both are to fit into 64 MiB, which a reader may need beside twice the file. */
const ENTRIES_HELD = 98_304;
/** An entry takes twice as many bytes in memory, and a reader may need twice the file. */
const STORED_BYTES_PER_HELD_ENTRY = 128;
/** Decoding so many entries takes about a second. */
const ENTRIES_MOST = 524_288;

/** A map may have this fraction of the bytes that may be held: 1 MiB has the states of 16 GiB in pages of 4 KiB. */
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
 * Counts the decompressed bytes of one capture against `decodeLimit`, each payload once: a file of some kilobytes must not keep its reader busy for
 * hours.
 */
export class DecodeBudget {
  readonly #limits: Limits;
  readonly #counted = new Set<string>();
  #stored = 0;
  #decoded = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Throws `limit` if the payload `key` was not counted yet and the limit is reached. `stored`: the number of its stored bytes. */
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
