/** Blocks by BlockUUID: a hash table of block numbers over the index's records, without an object or a text per block. */
import type { BlockRecords } from "@memslice/core-wasm";

const EMPTY = -1;

export class UuidIndex {
  readonly #records: BlockRecords;
  /** Open addressing; a slot holds a block number. Where a UUID repeats, the first block keeps it. */
  readonly #slots: Int32Array;
  readonly #seeds = crypto.getRandomValues(new Uint32Array(4));
  /** Blocks whose UUID an earlier block has. */
  readonly duplicates: readonly number[];

  /** Over the first `count` blocks. */
  constructor(records: BlockRecords, count: number) {
    this.#records = records;
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * count + 2))).fill(EMPTY);
    const duplicates: number[] = [];
    for (let block = 0; block < count; block++) {
      const slot = this.#slotOf(records.uuidBytes(block));
      if (this.#slots[slot] === EMPTY) this.#slots[slot] = block;
      else duplicates.push(block);
    }
    this.duplicates = duplicates;
  }

  /** The first block with this UUID, or -1. */
  find(uuid: Uint8Array): number {
    return this.#slots[this.#slotOf(uuid)] ?? EMPTY;
  }

  /** The slot that holds the UUID, or the empty one where it belongs. */
  #slotOf(uuid: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashOf(uuid, this.#seeds) & mask; ; slot = (slot + 1) & mask) {
      const block = this.#slots[slot] ?? EMPTY;
      if (block === EMPTY || equal(this.#records.uuidBytes(block), uuid)) return slot;
    }
  }
}

/** `seeds` differ in every index, so that nobody can choose UUIDs that share a slot. */
function hashOf(uuid: Uint8Array, seeds: Uint32Array): number {
  const words = new DataView(uuid.buffer, uuid.byteOffset, 16);
  let hash = 0;
  for (let i = 0; i < 4; i++) {
    hash = Math.imul(hash ^ words.getUint32(4 * i, true) ^ (seeds[i] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function isNil(uuid: Uint8Array): boolean {
  return uuid.every((byte) => byte === 0);
}
