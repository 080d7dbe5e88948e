/** Makes the tables of a search for many patterns (assembly/scan/many.ts), pattern by pattern. */
import { Areas } from "../areas.js";
import { LEAD_BYTES, LEAD_DETAIL, LEAD_LENGTH, LEAD_START, LONGEST_KEY, SHORTEST_KEY } from "../layout.js";
import type { PackedPatterns } from "./packed-patterns.js";
import { entryBytes, isPlain, reachesBytes } from "./pattern-entries.js";
import type { ScanCore } from "./scan-core.js";

/** The tables, and the patterns in them. */
export interface ManyTables {
  /** Patterns that have a key, if there are any. */
  readonly keyed: { readonly table: number; readonly bits: number; readonly fold: number; readonly keyBytes: number } | undefined;
  /** Patterns that have an anchor, if there are any. */
  readonly anchored: { readonly table: number } | undefined;
  /** Gives the areas back. A second call has no effect. */
  release(): void;
}

const BLOCK_BYTES = 3;
/** The bit that letters of ASCII differ in by their case, in each byte of a block. */
const CASE_BITS = 0x202020;
const FEWEST_BUCKET_BITS = 12;
const MOST_BUCKET_BITS = 19;
const LINK_BYTES = 8;
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
  readonly keyBytes: number;
  readonly fold: number;
  readonly links: number;
  readonly entryBytes: number;
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
    const bits = Math.max(
      FEWEST_BUCKET_BITS,
      Math.min(MOST_BUCKET_BITS, Math.ceil(Math.log2(survey.keyed * survey.keyBytes + 1)) + 3),
    );
    const { keyBytes, fold } = survey;
    const keyed = survey.keyed > 0 ? { table: this.#blockTable(bits, keyBytes), bits, fold, keyBytes } : undefined;
    const anchored = survey.anchored > 0 ? { table: this.#cleared(PAIR_TABLE_BYTES) } : undefined;
    yield* this.#addAll(survey, keyed, anchored);
    return { keyed, anchored };
  }

  *#survey(): Generator<number, Survey, void> {
    const { chooseLead } = this.#core.kernels;
    const { masks } = this.#patterns;
    let keyed = 0;
    let anchored = 0;
    let links = 0;
    let bytes = 0;
    let keyBytes = LONGEST_KEY;
    let fold = 0;
    for (const part of this.#parts()) {
      for (const { index, at, length } of part.patterns) {
        chooseLead(this.#values + at, this.#masks + at, length, this.#leads + LEAD_BYTES * index);
        const lead = this.#lead(index);
        const plain = reachesBytes(length, true) > 0 && isPlain(masks.subarray(at, at + length));
        bytes += entryBytes(length) + reachesBytes(length, plain);
        if (lead.length >= SHORTEST_KEY) {
          keyed++;
          links++;
          keyBytes = Math.min(keyBytes, lead.length);
          if (lead.detail !== 0) fold = CASE_BITS;
        } else {
          anchored++;
          links += lead.detail;
        }
      }
      yield part.units;
    }
    return { keyed, anchored, links, keyBytes, fold, entryBytes: bytes };
  }

  /** Writes the entries, and the links to them. */
  *#addAll(survey: Survey, keyed: ManyTables["keyed"], anchored: ManyTables["anchored"]): Generator<number, void, void> {
    const { kernels, memory } = this.#core;
    let entry = this.#kept.acquire(survey.entryBytes);
    let link = this.#kept.acquire(LINK_BYTES * survey.links);
    memory.bytes.fill(0, this.#bytes, this.#bytes + 4 * 256);
    const add = ({ index, at, length }: Placed) => {
      const values = this.#values + at;
      const masks = this.#masks + at;
      const lead = this.#lead(index);
      const plain = reachesBytes(length, true) > 0 && isPlain(this.#patterns.masks.subarray(at, at + length));
      const reaches = reachesBytes(length, plain);
      let before = lead.start;
      if (keyed && lead.length >= SHORTEST_KEY) {
        const start = lead.start + kernels.chooseKey(values + lead.start, lead.length, keyed.keyBytes);
        before = start + keyed.keyBytes - 1;
        kernels.addKey(keyed.table, keyed.bits, keyed.fold, values + start, keyed.keyBytes, link, entry);
        link += LINK_BYTES;
      } else if (anchored) {
        const heads = lead.length === 1 ? this.#bytes : anchored.table;
        link = kernels.addAnchor(heads, values + lead.start, masks + lead.start, lead.length, link, entry) >>> 0;
      }
      kernels.writeEntry(entry, index, values, masks, length, before, reaches > 0 ? entry + entryBytes(length) : 0);
      entry += entryBytes(length) + reaches;
    };
    // The chain of a pair of bytes ends with that of its first byte, which therefore has to be there before.
    for (const part of this.#parts()) {
      for (const pattern of part.patterns) if (this.#lead(pattern.index).length === 1) add(pattern);
      yield part.units;
    }
    if (anchored) kernels.spreadChains(this.#bytes, anchored.table);
    for (const part of this.#parts()) {
      for (const pattern of part.patterns) if (this.#lead(pattern.index).length !== 1) add(pattern);
      yield part.units;
    }
    if (anchored) kernels.markPairs(anchored.table, anchored.table + 4 * PAIRS);
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

  #blockTable(bits: number, keyBytes: number): number {
    const buckets = 2 ** bits;
    const table = this.#cleared(5 * buckets);
    this.#core.memory.bytes.fill(keyBytes - BLOCK_BYTES + 1, table, table + buckets);
    return table;
  }

  #cleared(size: number): number {
    const address = this.#kept.acquire(size);
    this.#core.memory.bytes.fill(0, address, address + size);
    return address;
  }
}
