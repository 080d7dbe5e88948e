/** Search for many patterns at once: faster than one search for each from about eight patterns on. */
import { ENTRY_BEFORE, ENTRY_LENGTH, ENTRY_PATTERN, ENTRY_VALUES, MANY_CURSOR_BYTES, MANY_ENTRY, MANY_PLACE } from "../layout.js";
import type { MaskedPattern } from "./pattern-search.js";
import type { ScanCore, ScanWindow } from "./scan-core.js";

const MATCHES_PER_CALL = 4096;
const BLOCK_BYTES = 3;
/** The kernel reads the byte before a block, too. */
const SHORTEST_KEY = BLOCK_BYTES + 1;
/** More bytes in a key than this let the search skip no further: places to skip are bytes. */
const LONGEST_KEY = 64;
/** The bit that letters of ASCII differ in by their case. */
const CASE_BIT = 0x20;
const FEWEST_BUCKET_BITS = 12;
const MOST_BUCKET_BITS = 17;

/** The bytes of a pattern that are compared without masks, but for the case of letters: the longest such bytes. */
interface Key {
  readonly start: number;
  readonly length: number;
  readonly folded: boolean;
}

/** Holds areas of the core's memory from construction until `release()`. */
export class ManyPatterns {
  readonly #core: ScanCore;
  readonly #keyBytes: number;
  readonly #fold: number;
  readonly #bits: number;
  readonly #areas: { readonly address: number; readonly size: number }[] = [];
  readonly #table: number;
  readonly #cursor: number;
  readonly #output: number;

  /** Whether `ManyPatterns` can search for the pattern: it needs four consecutive bytes without masks but that for the case of letters. */
  static takes(pattern: MaskedPattern): boolean {
    return keyOf(pattern).length >= SHORTEST_KEY;
  }

  /** Throws a `TypeError` without patterns and for a pattern that `takes` refuses; a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore, patterns: readonly MaskedPattern[]) {
    const keys = patterns.map(keyOf);
    const shortest = keys.reduce((least, { length }) => Math.min(least, length), LONGEST_KEY);
    if (patterns.length === 0 || shortest < SHORTEST_KEY) {
      throw new TypeError(
        `A search for ${patterns.length} patterns with keys of ${shortest} bytes: expected keys of at least 4 bytes`,
      );
    }
    this.#core = core;
    this.#keyBytes = shortest;
    this.#fold = keys.some(({ folded }) => folded) ? CASE_BIT * 0x010101 : 0;
    this.#bits = Math.max(FEWEST_BUCKET_BITS, Math.min(MOST_BUCKET_BITS, Math.ceil(Math.log2(patterns.length * shortest)) + 3));
    const buckets = 2 ** this.#bits;
    this.#table = this.#acquire(5 * buckets);
    this.#cursor = this.#acquire(MANY_CURSOR_BYTES);
    this.#output = this.#acquire(8 * MATCHES_PER_CALL);
    const entries = this.#acquire(patterns.reduce((sum, { values }) => sum + entryBytes(values.length), 0));
    const { bytes } = core.memory;
    bytes.fill(shortest - BLOCK_BYTES + 1, this.#table, this.#table + buckets);
    bytes.fill(0, this.#table + buckets, this.#table + 5 * buckets);
    let entry = entries;
    for (const [i, pattern] of patterns.entries()) {
      this.#addEntry(entry, i, pattern, keys[i]?.start ?? 0);
      entry += entryBytes(pattern.values.length);
    }
  }

  /**
   * Matches in `length` bytes of the window from `start` on, in batches of pairs: offset counted from `start`, index of the pattern. Not in the
   * order of their offsets. A batch is valid until the next one is asked for.
   */
  *matches(window: ScanWindow, length: number, start = 0): Generator<Uint32Array, void, undefined> {
    const { kernels, memory } = this.#core;
    const cursor = new DataView(memory.bytes.buffer, this.#cursor, MANY_CURSOR_BYTES);
    cursor.setUint32(MANY_PLACE, this.#keyBytes - 1, true);
    cursor.setUint32(MANY_ENTRY, 0, true);
    let count = MATCHES_PER_CALL;
    while (count === MATCHES_PER_CALL) {
      count = kernels.findMany(
        window.address + start,
        length,
        this.#table,
        this.#bits,
        this.#fold,
        this.#cursor,
        this.#output,
        MATCHES_PER_CALL,
      );
      if (count > 0) yield new Uint32Array(memory.bytes.buffer, this.#output, 2 * count);
    }
  }

  /** Gives the areas back. A second call has no effect. */
  release(): void {
    for (const { address, size } of this.#areas.splice(0)) this.#core.memory.release(address, size);
  }

  #addEntry(entry: number, index: number, { values, masks }: MaskedPattern, keyStart: number): void {
    const { kernels, memory } = this.#core;
    const { bytes } = memory;
    const fields = new DataView(bytes.buffer, entry);
    fields.setUint32(ENTRY_PATTERN, index, true);
    fields.setUint32(ENTRY_LENGTH, values.length, true);
    fields.setUint32(ENTRY_BEFORE, keyStart + this.#keyBytes - 1, true);
    for (const [i, mask] of masks.entries()) {
      bytes[entry + ENTRY_VALUES + i] = (values[i] ?? 0) & mask;
      bytes[entry + ENTRY_VALUES + values.length + i] = mask;
    }
    for (let place = this.#keyBytes - BLOCK_BYTES; place >= 0; place--) {
      const last = keyStart + this.#keyBytes - 1 - place;
      const byte = (back: number) => values[last - back] ?? 0;
      const word = (byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8);
      kernels.addBlock(this.#table, this.#bits, this.#fold, word, place, entry);
    }
  }

  #acquire(size: number): number {
    const address = this.#core.memory.acquire(size);
    this.#areas.push({ address, size });
    return address;
  }
}

function entryBytes(length: number): number {
  return Math.ceil((ENTRY_VALUES + 2 * length) / 4) * 4;
}

/** The longest consecutive bytes of a pattern whose masks are 0xff, or 0xff without the bit of the case. */
function keyOf({ values, masks }: MaskedPattern): Key {
  let best: Key = { start: 0, length: 0, folded: false };
  let start = 0;
  let folded = false;
  for (let i = 0; i <= values.length; i++) {
    const mask = masks[i];
    if (mask === 0xff || mask === (0xff & ~CASE_BIT)) {
      folded ||= mask !== 0xff;
      continue;
    }
    if (i - start > best.length) best = { start, length: i - start, folded };
    start = i + 1;
    folded = false;
  }
  return best;
}
