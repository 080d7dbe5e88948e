/** Makes the tables of a search for many patterns (assembly/scan/gram-table.ts and anchor-table.ts), pattern by pattern. */
import { Areas } from "../areas.js";
import {
  GRAM_BYTES,
  KEYED_CLASS_HIGH,
  KEYED_CLASSED,
  KEYED_FILTER,
  KEYED_FILTER_BITS,
  KEYED_FOLD,
  KEYED_HEADS,
  KEYED_HEADS_BITS,
  KEYED_STRIDE,
  LARGE_FILTER_BITS,
  LEAD_BYTES,
  LEAD_DETAIL,
  LEAD_LENGTH,
  LEAD_START,
  LINK_BYTES,
  MEDIUM_FILTER_BITS,
  SMALL_FILTER_BITS,
} from "../layout.js";
import type { PackedPatterns } from "./packed-patterns.js";
import { entryBytes, isPlain, reachesBytes } from "./pattern-entries.js";
import type { ScanCore } from "./scan-core.js";

/** The tables, and the patterns in them. */
export interface ManyTables {
  /** The address of the table of patterns that have a key, if there are any. */
  readonly keyed: number | undefined;
  /** The address of the table of patterns that have an anchor, if there are any. */
  readonly anchored: number | undefined;
  /** Gives the areas back. A second call has no effect. */
  release(): void;
}

/** The bit that letters of ASCII differ in by their case, in each byte of a gram. */
const CASE_BITS = 0x20202020;
/** The most grams of a key: with more, the search reads memory faster than the processor brings it. */
const MOST_STRIDE = 8;
/** Grams of all keys together, above which keys have fewer: so that the tables stay small. */
const MANY_GRAMS = 1 << 19;
/** Bits of a filter for each gram, if the largest filter has room: then 1 in 50 other grams looks like one of them. */
const FILTER_BITS_PER_GRAM = 48;
const FILTERS = [SMALL_FILTER_BITS, MEDIUM_FILTER_BITS];
/** Powers of two: the fewest and the most heads. */
const FEWEST_HEADS = 8;
const MOST_HEADS = 22;
const PAIRS = 65_536;
/** A chain for each pair of bytes, and a mark for each. */
const PAIR_TABLE_BYTES = 5 * PAIRS;
/** Bytes of patterns between two yields. */
const BYTES_PER_YIELD = 1 << 16;
/** Bytes of patterns, and patterns, that are added in about a microsecond. */
const BYTES_PER_UNIT = 64;
const PATTERNS_PER_UNIT = 4;

/** A pattern, and where it lies among the packed ones. */
interface Placed {
  readonly index: number;
  readonly at: number;
  readonly length: number;
}

/** What the patterns have in common, and the room that they need. */
interface Survey {
  readonly keyed: number;
  readonly anchored: number;
  /** The fewest bytes that may have a key. */
  readonly keyRoom: number;
  readonly fold: number;
  /** Links of anchors. */
  readonly links: number;
  readonly entryBytes: number;
}

interface GramTable {
  readonly table: number;
  /** A byte for each head, while the table is made. */
  readonly crowds: number;
  readonly links: number;
}

/** As `ManyPatterns.of`. */
export function* makeTables(core: ScanCore, patterns: PackedPatterns): Generator<number, ManyTables, void> {
  const count = patterns.lengths.length;
  if (count === 0) throw new TypeError("A search for no patterns: expected at least one");
  const kept = new Areas(core);
  const making = new Areas(core);
  try {
    const tables = yield* new Making(core, patterns, kept, making).run();
    return { ...tables, release: () => kept.release() };
  } catch (error) {
    kept.release();
    throw error;
  } finally {
    making.release();
  }
}

class Making {
  readonly #core: ScanCore;
  readonly #patterns: PackedPatterns;
  readonly #kept: Areas<ScanCore>;
  readonly #making: Areas<ScanCore>;
  /** Copies of the patterns in linear memory, and what leads to each. */
  readonly #values: number;
  readonly #masks: number;
  readonly #leads: number;
  /** Chains of the 256 bytes, while they are made. */
  readonly #bytes: number;
  #view: Uint32Array = new Uint32Array(0);

  constructor(core: ScanCore, patterns: PackedPatterns, kept: Areas<ScanCore>, making: Areas<ScanCore>) {
    this.#core = core;
    this.#patterns = patterns;
    this.#kept = kept;
    this.#making = making;
    const { values, masks, lengths } = patterns;
    this.#values = making.acquire(values.length);
    this.#masks = making.acquire(masks.length);
    this.#leads = making.acquire(LEAD_BYTES * lengths.length);
    this.#bytes = making.acquire(4 * 256);
    core.memory.bytes.set(values, this.#values);
    core.memory.bytes.set(masks, this.#masks);
  }

  *run(): Generator<number, Pick<ManyTables, "keyed" | "anchored">, void> {
    const survey = yield* this.#survey();
    const keyed = survey.keyed > 0 ? this.#gramTable(survey) : undefined;
    const anchored = survey.anchored > 0 ? this.#cleared(this.#kept, PAIR_TABLE_BYTES) : undefined;
    yield* this.#addAll(survey, keyed, anchored);
    return { keyed: keyed?.table, anchored };
  }

  *#survey(): Generator<number, Survey, void> {
    const { chooseLead } = this.#core.kernels;
    const { masks } = this.#patterns;
    let keyed = 0;
    let anchored = 0;
    let links = 0;
    let bytes = 0;
    let keyRoom = Number.POSITIVE_INFINITY;
    let fold = 0;
    for (const part of this.#parts()) {
      for (const { index, at, length } of part.patterns) {
        chooseLead(this.#values + at, this.#masks + at, length, this.#leads + LEAD_BYTES * index);
        const lead = this.#lead(index);
        const plain = reachesBytes(length, true) > 0 && isPlain(masks.subarray(at, at + length));
        bytes += entryBytes(length) + reachesBytes(length, plain);
        if (lead.length >= GRAM_BYTES) {
          keyed++;
          keyRoom = Math.min(keyRoom, lead.length);
          if (lead.detail !== 0) fold = CASE_BITS;
        } else {
          anchored++;
          links += lead.detail;
        }
      }
      yield part.units;
    }
    return { keyed, anchored, links, keyRoom, fold, entryBytes: bytes };
  }

  /** Writes the entries, and the links to them. */
  *#addAll(survey: Survey, keyed: GramTable | undefined, anchored: ManyTables["anchored"]): Generator<number, void, void> {
    const { kernels, memory } = this.#core;
    let entry = this.#kept.acquire(survey.entryBytes);
    let link = this.#kept.acquire(LINK_BYTES * (survey.links + (keyed?.links ?? 0)));
    memory.bytes.fill(0, this.#bytes, this.#bytes + 4 * 256);
    const add = ({ index, at, length }: Placed) => {
      const values = this.#values + at;
      const masks = this.#masks + at;
      const lead = this.#lead(index);
      const plain = reachesBytes(length, true) > 0 && isPlain(this.#patterns.masks.subarray(at, at + length));
      const reaches = reachesBytes(length, plain);
      if (keyed && lead.length >= GRAM_BYTES) {
        const { table, crowds } = keyed;
        const start = lead.start + kernels.chooseKey(table, crowds, values + lead.start, lead.length);
        link = kernels.addKey(table, crowds, values + start, link, entry, start) >>> 0;
      } else if (anchored !== undefined) {
        const heads = lead.length === 1 ? this.#bytes : anchored;
        link = kernels.addAnchor(heads, values + lead.start, masks + lead.start, lead.length, link, entry, lead.start) >>> 0;
      }
      kernels.writeEntry(entry, index, values, masks, length, reaches > 0 ? entry + entryBytes(length) : 0);
      entry += entryBytes(length) + reaches;
    };
    // The chain of a pair of bytes ends with that of its first byte, which therefore has to be there before.
    for (const part of this.#parts()) {
      for (const pattern of part.patterns) if (this.#lead(pattern.index).length === 1) add(pattern);
      yield part.units;
    }
    if (anchored !== undefined) kernels.spreadChains(this.#bytes, anchored);
    for (const part of this.#parts()) {
      for (const pattern of part.patterns) if (this.#lead(pattern.index).length !== 1) add(pattern);
      yield part.units;
    }
    if (anchored !== undefined) kernels.markPairs(anchored, anchored + 4 * PAIRS);
  }

  /** The patterns, in parts of little work. */
  *#parts(): Generator<{ readonly patterns: readonly Placed[]; readonly units: number }> {
    const { lengths } = this.#patterns;
    let at = 0;
    let patterns: Placed[] = [];
    let first = 0;
    const units = () => patterns.length / PATTERNS_PER_UNIT + (at - first) / BYTES_PER_UNIT;
    for (const [index, length] of lengths.entries()) {
      patterns.push({ index, at, length });
      at += length;
      if (at - first < BYTES_PER_YIELD) continue;
      yield { patterns, units: units() };
      patterns = [];
      first = at;
    }
    yield { patterns, units: units() };
  }

  #lead(index: number): { readonly start: number; readonly length: number; readonly detail: number } {
    const { memory } = this.#core;
    // Growth of the memory detaches views.
    if (this.#view.buffer !== memory.bytes.buffer) this.#view = new Uint32Array(memory.bytes.buffer);
    const at = (this.#leads + LEAD_BYTES * index) / 4;
    return {
      start: this.#view[at + LEAD_START / 4] ?? 0,
      length: this.#view[at + LEAD_LENGTH / 4] ?? 0,
      detail: this.#view[at + LEAD_DETAIL / 4] ?? 0,
    };
  }

  /** An empty table for the grams of all keys. */
  #gramTable({ keyed, keyRoom, fold }: Survey): GramTable {
    const room = keyRoom - GRAM_BYTES + 1;
    const stride = Math.max(1, Math.min(room, MOST_STRIDE, Math.floor(MANY_GRAMS / keyed)));
    const grams = keyed * stride;
    const filterBits = FILTERS.find((bits) => 8 * 2 ** bits >= grams * FILTER_BITS_PER_GRAM) ?? LARGE_FILTER_BITS;
    const headBits = Math.max(FEWEST_HEADS, Math.min(MOST_HEADS, Math.ceil(Math.log2(2 * grams))));
    const heads = this.#cleared(this.#kept, 4 * 2 ** headBits);
    // A filter is read four bytes at a time.
    const table = this.#cleared(this.#kept, KEYED_FILTER + 2 ** filterBits + 4);
    const crowds = this.#cleared(this.#making, 2 ** headBits);
    const fields = new DataView(this.#core.memory.bytes.buffer, table, KEYED_FILTER);
    fields.setUint32(KEYED_STRIDE, stride, true);
    fields.setUint32(KEYED_FOLD, fold, true);
    fields.setUint32(KEYED_FILTER_BITS, filterBits, true);
    fields.setUint32(KEYED_HEADS_BITS, headBits, true);
    fields.setUint32(KEYED_HEADS, heads, true);
    fields.setUint32(KEYED_CLASSED, 1, true);
    for (let high = 0; high < 8; high++) fields.setUint8(KEYED_CLASS_HIGH + high, 1 << high);
    return { table, crowds, links: grams };
  }

  #cleared(areas: Areas<ScanCore>, size: number): number {
    const address = areas.acquire(size);
    this.#core.memory.bytes.fill(0, address, address + size);
    return address;
  }
}
