/** Blocks by BlockUUID: a hash table of block numbers over the index's records. */
import type { BlockRecords } from "@memslice/core-wasm";
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";
import { UuidTable } from "../uuid-table.js";

export class UuidIndex {
  /** Where a UUID repeats, the first block keeps it. */
  readonly #table: UuidTable;
  readonly #duplicates: number[] = [];

  private constructor(records: BlockRecords, count: number) {
    this.#table = new UuidTable(records, count);
  }

  /** Over the blocks of `order`, `count` in all; where a UUID repeats, the block that comes first there has it. */
  static *making(records: BlockRecords, count: number, order: Iterable<number>): SlicedWork<UuidIndex> {
    const index = new UuidIndex(records, count);
    let units = 0;
    for (const block of order) {
      if (!index.#table.add(block)) index.#duplicates.push(block);
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
    return this.#table.find(uuid);
  }
}
