/** The items of the output, one for each block, and the items that come from blocks of the source as columns of numbers. */

import type { LintId } from "../deviations/catalogue.js";
import type { WritableTable } from "../write/block-kinds.js";
import type { Refusal } from "./report.js";

/** What is written as one block, or as the blocks of one region. `source`: the index of the block in the source. */
export type OutlineItem = TableItem | RegionItem | RawItem | ModuleListItem | AddedItem;

/** A block whose payload a table lays out. The payload is decoded again when it is written, unless it stays as it is. */
export interface TableItem {
  readonly kind: "table";
  readonly source: number;
  readonly type: number;
  /** Whether a redaction takes something out of it. */
  readonly redacted: boolean;
  /** Whether it is a Connectivity Table without rows, which TableBitmap does not announce. */
  readonly empty: boolean;
  /** Whether the payload stays as it is: the output has its bytes, nothing about it is reported, and it says nothing about other blocks. */
  readonly same: boolean;
}

export interface RegionItem {
  readonly kind: "region";
  readonly source: number;
  readonly type: number;
  /** The first fragment of the region that this block continues. */
  readonly first: number | undefined;
  /** Bytes of page data in the output. */
  readonly bytes: number;
  /** Blocks of the output: more than one if the region is split. */
  readonly blocks: number;
  /** Whether every address of the region reads as before, and no other address is part of it. */
  readonly exact: boolean;
}

/** A block whose payload is carried over as bytes. */
export interface RawItem {
  readonly kind: "raw";
  readonly source: number;
  readonly type: number;
  readonly first: number | undefined;
  readonly why: Refusal;
  /** Whether the block is written as it is stored, with its compression and its PayloadVersion, because its payload cannot be taken out of it. */
  readonly asStored: boolean;
}

/** The Module List Index, made of that of the source or of the Module Entries. */
export interface ModuleListItem {
  readonly kind: "modules";
  /** Undefined where the source has no Module List Index that can be read. */
  readonly source: number | undefined;
  readonly type: number;
  readonly uuid: string;
}

/** A block that the source lacks. */
export interface AddedItem {
  readonly kind: "added";
  readonly source?: undefined;
  readonly type: number;
  readonly uuid: string;
  readonly payload: WritableTable;
  readonly lint: LintId;
  readonly message: string;
}

/** An item that comes from a block of the source. */
export type SourceItem = TableItem | RegionItem | RawItem | (ModuleListItem & { readonly source: number });

/* Columns of numbers, one for each block: a capture may have millions of blocks, and an object for each would take more memory than a small block. */

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export class Column<T extends Numbers> {
  readonly #make: new (
    length: number,
  ) => T;
  readonly #length: number;
  /** Made when the first number other than 0 is set: in many captures none is. */
  #values: T | undefined;

  /** `length`: of all blocks. Each has 0 at first. */
  constructor(make: new (length: number) => T, length: number) {
    this.#make = make;
    this.#length = length;
  }

  get(block: number): number {
    return this.#values?.[block] ?? 0;
  }

  set(block: number, value: number): void {
    if (value === 0 && !this.#values) return;
    this.#values ??= new this.#make(this.#length);
    this.#values[block] = value;
  }
}

/** The index of another block, or none, for each block. */
export class BlockColumn {
  /** One more than the index. */
  readonly #next: Column<Uint32Array>;

  constructor(length: number) {
    this.#next = new Column(Uint32Array, length);
  }

  get(block: number): number | undefined {
    const next = this.#next.get(block);
    return next === 0 ? undefined : next - 1;
  }

  set(block: number, other: number | undefined): void {
    this.#next.set(block, other === undefined ? 0 : other + 1);
  }
}

const KINDS = ["none", "table", "region", "raw", "modules"] as const;

/** Flags of a table. */
const REDACTED = 1;
const EMPTY = 2;
const SAME = 4;
/** The flag of a region. */
const EXACT = 1;
/** The flag of a block that is carried over as bytes. */
const AS_STORED = 1;

/** The blocks of the source that are in the output, by their indexes: a few numbers each, from which items are made when they are asked for. */
export class KeptBlocks {
  readonly #length: number;
  /** Indexes in KINDS. */
  readonly #kinds: Column<Uint8Array>;
  readonly #types: Column<Uint16Array>;
  readonly #flags: Column<Uint8Array>;
  readonly #firsts: BlockColumn;
  /** Bytes of page data, of regions. */
  readonly #bytes: Column<Float64Array>;
  /** Blocks of the output beyond the first, of regions: most have none. */
  readonly #further: Column<Uint32Array>;
  /** Positions in `#whys`, of blocks that are carried over as bytes. */
  readonly #reasons: Column<Uint32Array>;
  /** Each reason once: many blocks may have the same. */
  readonly #whys: Refusal[] = [];
  readonly #placeOfWhy = new Map<string, number>();
  #modules: SourceItem | undefined;
  #count = 0;

  /** `length`: blocks of the source. */
  constructor(length: number) {
    this.#length = length;
    this.#kinds = new Column(Uint8Array, length);
    this.#types = new Column(Uint16Array, length);
    this.#flags = new Column(Uint8Array, length);
    this.#firsts = new BlockColumn(length);
    this.#bytes = new Column(Float64Array, length);
    this.#further = new Column(Uint32Array, length);
    this.#reasons = new Column(Uint32Array, length);
  }

  get count(): number {
    return this.#count;
  }

  set(item: SourceItem): void {
    const { source, kind } = item;
    if (!this.has(source)) this.#count++;
    this.#kinds.set(source, KINDS.indexOf(kind));
    this.#types.set(source, item.type);
    if (kind === "modules") this.#modules = item;
    else if (kind === "table") this.#flags.set(source, tableFlags(item));
    else this.#firsts.set(source, item.first);
    if (kind === "raw") {
      this.#reasons.set(source, this.#placeOf(item.why));
      this.#flags.set(source, item.asStored ? AS_STORED : 0);
    }
    if (kind !== "region") return;
    this.#flags.set(source, item.exact ? EXACT : 0);
    this.#bytes.set(source, item.bytes);
    this.#further.set(source, item.blocks - 1);
  }

  delete(block: number): void {
    if (!this.has(block)) return;
    this.#kinds.set(block, 0);
    this.#count--;
  }

  has(block: number): boolean {
    return this.#kinds.get(block) !== 0;
  }

  kindOf(block: number): SourceItem["kind"] | "none" {
    return KINDS[this.#kinds.get(block)] ?? "none";
  }

  /** The type in the output. */
  typeOf(block: number): number {
    return this.#types.get(block);
  }

  /** The first fragment of the region that the block continues in the source. */
  firstOf(block: number): number | undefined {
    return this.#firsts.get(block);
  }

  get(block: number): SourceItem | undefined {
    const kind = this.kindOf(block);
    const flags = this.#flags.get(block);
    const type = this.#types.get(block);
    switch (kind) {
      case "none":
        return undefined;
      case "modules":
        return this.#modules;
      case "table":
        return {
          kind,
          source: block,
          type,
          redacted: (flags & REDACTED) !== 0,
          empty: (flags & EMPTY) !== 0,
          same: (flags & SAME) !== 0,
        };
      case "raw": {
        const why = this.#whys[this.#reasons.get(block)];
        const asStored = (flags & AS_STORED) !== 0;
        return why && { kind, source: block, type, first: this.#firsts.get(block), why, asStored };
      }
      case "region":
        return {
          kind,
          source: block,
          type,
          first: this.#firsts.get(block),
          bytes: this.#bytes.get(block),
          blocks: 1 + this.#further.get(block),
          exact: (flags & EXACT) !== 0,
        };
    }
  }

  /** The indexes of the blocks, ascending. */
  *blocks(): Generator<number, void, undefined> {
    for (let block = 0; block < this.#length; block++) if (this.has(block)) yield block;
  }

  #placeOf(why: Refusal): number {
    const key = JSON.stringify(why);
    const known = this.#placeOfWhy.get(key);
    if (known !== undefined) return known;
    this.#placeOfWhy.set(key, this.#whys.length);
    return this.#whys.push(why) - 1;
  }
}

function tableFlags({ redacted, empty, same }: TableItem): number {
  return (redacted ? REDACTED : 0) | (empty ? EMPTY : 0) | (same ? SAME : 0);
}
