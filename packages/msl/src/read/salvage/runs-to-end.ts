/** Whether BlockLengths lead from a header, block after block, to the end of the data. The answer for each header is memoised. */

import { BLOCK_HEADER_SIZE } from "../../format/block-header.js";
import { type LimitOptions, requireBlocksWithin } from "../../options/limits.js";
import { HeaderCandidate } from "./header-candidate.js";
import { BREATHER, type ByteWork, type MovingWindow } from "./moving-window.js";

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
