/** Places where a block header may be, and whether BlockLengths lead from one, block after block, to the end of the data. */
import { startsWith } from "../../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_RESERVED_OFFSET,
  BLOCK_TYPE_OFFSET,
  BLOCK_UUID_OFFSET,
  PREV_HASH_OFFSET,
} from "../../format/block-header.js";
import { FILE_MAGIC, headerOffset } from "../../format/file-header.js";
import { type LimitOptions, requireBlocksWithin } from "../../options/limits.js";
import { BREATHER, type ByteWork, type MovingWindow } from "./moving-window.js";

const DIGEST_BYTES = 32;
/** Sizes of the file header of plain and of encrypted captures (specification, file header). */
const FILE_HEADER_SIZES = [64, 128];
const UUID_VERSION_BYTE = 6;
const HEADER_SIZE_OFFSET = headerOffset("headerSize");
const FIRST_MAGIC_BYTE = BLOCK_MAGIC[0] ?? 0;

export class HeaderCandidate {
  /** Offset of the magic in the file. */
  readonly offset: number;
  /** BlockLength. */
  readonly length: number;
  readonly type: number;
  /** The 80 bytes of the header, a copy. */
  readonly bytes: Uint8Array;
  readonly #reserved: number;

  constructor(offset: number, bytes: Uint8Array, bigEndian: boolean) {
    const header = new Uint8Array(bytes.subarray(0, BLOCK_HEADER_SIZE));
    const view = new DataView(header.buffer);
    this.offset = offset;
    this.bytes = header;
    this.length = view.getUint32(BLOCK_LENGTH_OFFSET, !bigEndian);
    this.type = view.getUint16(BLOCK_TYPE_OFFSET, !bigEndian);
    this.#reserved = view.getUint16(BLOCK_RESERVED_OFFSET, true);
  }

  /** Where the next block begins. */
  get end(): number {
    return this.offset + this.length;
  }

  get prevHash(): Uint8Array {
    return this.bytes.subarray(PREV_HASH_OFFSET, PREV_HASH_OFFSET + DIGEST_BYTES);
  }

  get hasMagic(): boolean {
    return startsWith(this.bytes, BLOCK_MAGIC);
  }

  /** Whether a walk from block to block would accept the header. */
  get isWalkable(): boolean {
    return this.hasMagic && this.length >= BLOCK_HEADER_SIZE;
  }

  /** Whether all fields but the magic may be those of a block (specification, truncation and damage). */
  fits(dataEnd: number): boolean {
    return (
      this.length >= BLOCK_HEADER_SIZE &&
      this.end <= dataEnd &&
      this.#reserved === 0 &&
      (this.bytes[BLOCK_UUID_OFFSET + UUID_VERSION_BYTE] ?? 0) >> 4 === 4
    );
  }

  /** The header with the right magic and with this BlockLength, which is below 2^32: the original header if nothing else was altered. */
  mended(length: number, bigEndian: boolean): Uint8Array {
    const header = this.bytes.slice();
    header.set(BLOCK_MAGIC);
    new DataView(header.buffer).setUint32(BLOCK_LENGTH_OFFSET, length, !bigEndian);
    return header;
  }
}

/** The first place from `from` on and before `to` where `bytes` have the magic of a block and a whole header; -1 if there is none. */
export function findMagic(bytes: Uint8Array, from: number, to: number): number {
  const last = Math.min(to - 1, bytes.length - BLOCK_HEADER_SIZE);
  for (let at = bytes.indexOf(FIRST_MAGIC_BYTE, from); at >= 0 && at <= last; at = bytes.indexOf(FIRST_MAGIC_BYTE, at + 1)) {
    if (startsWith(bytes, BLOCK_MAGIC, at)) return at;
  }
  return -1;
}

/** The file header at the end of the bytes before a block; undefined if there is none. */
export function fileHeaderAtEnd(before: Uint8Array): Uint8Array | undefined {
  for (const size of FILE_HEADER_SIZES) {
    const header = before.subarray(Math.max(0, before.length - size));
    if (header[HEADER_SIZE_OFFSET] === size && startsWith(header, FILE_MAGIC)) return header;
  }
  return undefined;
}

/** The answer for each header is memoised. */
export class RunsToEnd {
  readonly #window: Pick<MovingWindow, "dataEnd" | "at">;
  readonly #bigEndian: boolean;
  readonly #limits: Pick<LimitOptions, "blockLimit">;
  readonly #known = new PlaceTable();

  constructor(window: Pick<MovingWindow, "dataEnd" | "at">, bigEndian: boolean, limits: Pick<LimitOptions, "blockLimit">) {
    this.#window = window;
    this.#bigEndian = bigEndian;
    this.#limits = limits;
  }

  /** Throws `limit` if more than `blockLimit` answers would have to be kept. */
  *from(header: HeaderCandidate): ByteWork<boolean> {
    const { dataEnd } = this.#window;
    const known = this.#known.get(header.offset);
    if (known !== undefined) return known;
    const passed = [header.offset];
    let runs: boolean | undefined;
    for (let at = header.end; runs === undefined; ) {
      runs = at === dataEnd ? true : at + BLOCK_HEADER_SIZE > dataEnd ? false : this.#known.get(at);
      if (runs !== undefined) break;
      const next = new HeaderCandidate(at, yield* this.#window.at(at, BLOCK_HEADER_SIZE), this.#bigEndian);
      if (next.isWalkable) passed.push(at);
      else runs = false;
      requireBlocksWithin(this.#limits, this.#known.size + passed.length, at);
      at = next.end;
      yield BREATHER;
    }
    requireBlocksWithin(this.#limits, this.#known.size + passed.length, header.offset);
    for (const offset of passed) this.#known.add(offset, runs);
    return runs;
  }
}

/** Slots of the first array. */
const FIRST_SLOTS = 2048;

/**
 * A hash table in arrays, from offsets in a file to yes or no, with 16 to 32 bytes of memory for each offset. Hostile data may have a header in every 12
 * bytes, and a `Map` takes more memory and has at most 2^24 entries. When an array is full, another one with twice as many slots is added, and the full
 * one stays as it is, since moving millions of entries would take long.
 */
class PlaceTable {
  /** A slot holds a place for yes, its negation for no, and 0 if it is empty: no block begins at offset 0. */
  readonly #arrays: Float64Array[] = [];
  /** A random key of the hash function: without it, a hostile capture could choose places that all share a slot. */
  readonly #key = crypto.getRandomValues(new Uint32Array(2));
  #size = 0;
  /** Places for which the last array has room: half of its slots. */
  #room = 0;

  get size(): number {
    return this.#size;
  }

  get(place: number): boolean | undefined {
    for (const array of this.#arrays) {
      const held = array[this.#slotOf(place, array)] ?? 0;
      if (held !== 0) return held > 0;
    }
    return undefined;
  }

  /** The place must not be in the table. */
  add(place: number, answer: boolean): void {
    let last = this.#arrays.at(-1);
    if (!last || this.#room === 0) {
      last = new Float64Array(FIRST_SLOTS * 2 ** this.#arrays.length);
      this.#arrays.push(last);
      this.#room = last.length / 2;
    }
    last[this.#slotOf(place, last)] = answer ? place : -place;
    this.#room--;
    this.#size++;
  }

  /** The slot that holds the place, or the empty one where it belongs. */
  #slotOf(place: number, array: Float64Array): number {
    const [low = 0, high = 0] = this.#key;
    const mask = array.length - 1;
    for (let slot = mixed(mixed(place ^ low) ^ (place / 2 ** 32) ^ high) & mask; ; slot = (slot + 1) & mask) {
      const held = array[slot] ?? 0;
      if (held === 0 || held === place || held === -place) return slot;
    }
  }
}

/** The finalizer of MurmurHash3 (Austin Appleby): every bit of the result depends on every bit of the number. */
function mixed(number: number): number {
  let hash = number | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
