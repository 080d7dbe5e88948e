/**
 * Blocks by BlockUUID: a hash table of block numbers over the index's records, without an object or a text per block.
 *
 * The capture chooses the UUIDs, so the hash has a secret key: HalfSipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", its
 * variant for 32-bit words), which is what hash tables of operating systems use for this. A seed that is added or multiplied in is not
 * enough: differences between UUIDs that cancel out under one seed then do so under all of them, and whole classes share a slot.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";

const EMPTY = -1;

export class UuidIndex {
  readonly #records: BlockRecords;
  /** Open addressing; a slot holds a block number. Where a UUID repeats, the first block keeps it. */
  readonly #slots: Int32Array;
  readonly #duplicates: number[] = [];

  private constructor(records: BlockRecords, count: number) {
    this.#records = records;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2))).fill(EMPTY);
  }

  /** Over the blocks of `order`, `count` in all; where a UUID repeats, the block that comes first there has it. */
  static *making(records: BlockRecords, count: number, order: Iterable<number>): SlicedWork<UuidIndex> {
    const index = new UuidIndex(records, count);
    let units = 0;
    for (const block of order) {
      index.#add(block);
      if (++units % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
    }
    return index;
  }

  /** Blocks whose UUID another block has that comes before them. */
  get duplicates(): readonly number[] {
    return this.#duplicates;
  }

  /** The first block with this UUID, or -1. */
  find(uuid: Uint8Array): number {
    return this.#slots[this.#slotOf(uuid)] ?? EMPTY;
  }

  #add(block: number): void {
    const slot = this.#slotOf(this.#records.uuidBytes(block));
    if (this.#slots[slot] === EMPTY) this.#slots[slot] = block;
    else this.#duplicates.push(block);
  }

  /** The slot that holds the UUID, or the empty one where it belongs. */
  #slotOf(uuid: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = keyedHash(uuid) & mask; ; slot = (slot + 1) & mask) {
      const block = this.#slots[slot] ?? EMPTY;
      if (block === EMPTY || equal(this.#records.uuidBytes(block), uuid)) return slot;
    }
  }
}

/** The key of this process, drawn when it is first needed. */
let key: Uint32Array | undefined;

/** Rounds behind the last word; one follows each word. */
const LAST_ROUNDS = 3;
const UUID_WORDS = 4;
/** The last word has the length of the message in its highest byte. */
const LENGTH_WORD = 16 << 24;

function keyedHash(uuid: Uint8Array): number {
  key ??= crypto.getRandomValues(new Uint32Array(2));
  const words = new DataView(uuid.buffer, uuid.byteOffset, 16);
  let v0 = (key[0] ?? 0) | 0;
  let v1 = (key[1] ?? 0) | 0;
  let v2 = 0x6c796765 ^ v0;
  let v3 = 0x74656462 ^ v1;
  for (let round = 0; round <= UUID_WORDS + LAST_ROUNDS; round++) {
    const word = round < UUID_WORDS ? words.getUint32(4 * round, true) : round === UUID_WORDS ? LENGTH_WORD : 0;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (round === UUID_WORDS) v2 ^= 0xff;
  }
  return v1 ^ v3;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function isNil(uuid: Uint8Array): boolean {
  return uuid.every((byte) => byte === 0);
}
