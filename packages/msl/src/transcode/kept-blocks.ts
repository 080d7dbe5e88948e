/** The blocks of the source that go over, found by their indexes. Each is an item when it is asked for, and a few numbers until then. */

import { BlockColumn, Column } from "./column.js";
import type { ModuleListItem, RawItem, Refusal, RegionItem, TableItem } from "./outline-items.js";

export type SourceItem = TableItem | RegionItem | RawItem | (ModuleListItem & { readonly source: number });

const KINDS = ["none", "table", "region", "raw", "modules"] as const;

/** Of a table. */
const REDACTED = 1;
const EMPTY = 2;
/** Of a region. */
const EXACT = 1;

export class KeptBlocks {
  readonly #length: number;
  /** Indexes in KINDS. */
  readonly #kinds: Column<Uint8Array>;
  readonly #types: Column<Uint16Array>;
  readonly #flags: Column<Uint8Array>;
  readonly #firsts: BlockColumn;
  /** Of regions. */
  readonly #bytes: Column<Float64Array>;
  readonly #blocks: Column<Uint32Array>;
  /** Of blocks that go over as bytes: where in `#whys` the reason is. */
  readonly #reasons: Column<Uint32Array>;
  /** Each reason once: very many blocks may have the same. */
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
    this.#blocks = new Column(Uint32Array, length);
    this.#reasons = new Column(Uint32Array, length);
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  set(item: SourceItem): void {
    const { source, kind } = item;
    if (!this.has(source)) this.#count++;
    this.#kinds.set(source, KINDS.indexOf(kind));
    this.#types.set(source, item.type);
    if (kind === "modules") this.#modules = item;
    else if (kind === "table") this.#flags.set(source, (item.redacted ? REDACTED : 0) | (item.empty ? EMPTY : 0));
    else this.#firsts.set(source, item.first);
    if (kind === "raw") this.#reasons.set(source, this.#placeOf(item.why));
    if (kind !== "region") return;
    this.#flags.set(source, item.exact ? EXACT : 0);
    this.#bytes.set(source, item.bytes);
    this.#blocks.set(source, item.blocks);
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
    const common = { source: block, type: this.#types.get(block) };
    switch (kind) {
      case "none":
        return undefined;
      case "modules":
        return this.#modules;
      case "table":
        return { kind, ...common, redacted: (flags & REDACTED) !== 0, empty: (flags & EMPTY) !== 0 };
      case "raw": {
        const why = this.#whys[this.#reasons.get(block)];
        return why && { kind, ...common, first: this.#firsts.get(block), why };
      }
      case "region":
        return {
          kind,
          ...common,
          first: this.#firsts.get(block),
          bytes: this.#bytes.get(block),
          blocks: this.#blocks.get(block),
          exact: (flags & EXACT) !== 0,
        };
    }
  }

  /** Their indexes, ascending. */
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
