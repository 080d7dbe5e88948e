/** Limits on the work and the memory of a reader, whatever a capture claims and however well it is compressed. */

import { MslError } from "../errors.js";

export interface LimitOptions {
  /** Most bytes that one payload may have after decompression, held in memory or read in pieces. Default 2 GiB. */
  readonly payloadLimit?: number;
  /**
   * Most bytes of a decompressed payload that are held at once. Larger regions are decompressed in pieces when they are read; other payloads
   * above the limit are a `CMP-LIMIT` problem, and so are compressed page-state maps above an eighth of the limit. Default 8 MiB; for a payload that
   * cannot be read in pieces, 8 MiB plus the number of its stored bytes.
   */
  readonly wholeLimit?: number;
  /** Largest zstd window, in bytes, of a payload that is decompressed in pieces: its decoder holds a window of the output. Default 8 MiB. */
  readonly windowLimit?: number;
  /**
   * Most bytes that all compressed payloads of a capture may have together after decompression. A payload counts once, when it is first
   * decompressed to its end; reading it again does not count. Default 64 GiB plus 1,024 bytes for every stored byte of the payloads: zstd expands
   * pages of zeros 32,768:1, but a real capture as a whole expands far less.
   */
  readonly decodeLimit?: number;
  /**
   * Most entries that one list of a payload may have. Each entry becomes an object of some 250 bytes, however few bytes are stored for it. Default 4,096
   * plus one for every 3 stored bytes of the payload, but at most 98,304 plus one for every 128 stored bytes, and at most 524,288.
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
 * `entryLimit` and `outputLimit` grow with the number of stored bytes: the values here are the least ones.
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
  /** `time` in passes; `memoryKiB` in KiB; `lanes` is a number of lanes; `work` in passes times KiB. */
  argon2Limits: { time: 16, memoryKiB: 2 ** 16, lanes: 16, work: 2 ** 19 },
  encryptedStreamLimit: 256 * MIB,
  outputLimit: 1024 * MIB,
  compressionLimit: 256 * MIB,
} as const;

/** Throws `limit` if a walk has found more blocks than `blockLimit` allows. `offset`: the file offset that the walk has reached. */
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
  /** Most bytes that all payloads may have together after decompression. `stored`: the total number of their stored bytes. */
  decoded(stored: number): number;
  /** Most bytes, after decompression, of a payload that cannot be read in pieces. `stored`: the number of its stored bytes. */
  whole(stored: number): number;
  /**
   * Most bytes of a page-state map in a compressed payload of `stored` stored bytes: the runs of a map take many times as much memory as the map.
   */
  map(stored: number): number;
  /** Most entries of a list in a payload of `stored` stored bytes. */
  entries(stored: number): number;
}

const DECODED_PER_STORED = 1024;
/** The shortest entry of a list takes 3 bytes uncompressed; an entry of a real capture takes as many bytes compressed. */
const STORED_BYTES_PER_ENTRY = 3;
/**
 * The entries of 250 bytes that 24 MiB hold. Decoding them leaves another 24 MiB to the garbage collector; both have to fit into the 64 MiB that a
 * reader may need in addition to twice the size of the file.
 */
const ENTRIES_HELD = 98_304;
/** A reader may need twice the size of the file in memory, and an entry takes 250 bytes in memory: about twice 128. */
const STORED_BYTES_PER_HELD_ENTRY = 128;
/** Decoding this number of entries takes about a second. */
const ENTRIES_MOST = 524_288;

/** A map may have an eighth of the bytes that may be held. By default that is 1 MiB: the states of 16 GiB of memory in pages of 4 KiB. */
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

/** The default of `entryLimit` for a payload of `stored` stored bytes. */
function entriesFor(stored: number): number {
  const expanded = DEFAULT_LIMITS.entryLimit + Math.floor(stored / STORED_BYTES_PER_ENTRY);
  const held = ENTRIES_HELD + Math.floor(stored / STORED_BYTES_PER_HELD_ENTRY);
  return Math.min(ENTRIES_MOST, expanded, held);
}
