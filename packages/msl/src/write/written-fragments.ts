/**
 * Checks the fragments of regions in several blocks while they are written (specification: Continuation flag). The fragments of a region share
 * protection, type and page size. Together they cover the addresses behind the first fragment without gap or overlap; they may come in any
 * order.
 */
import type { MslError } from "../errors.js";
import { contradiction, type Missing } from "./plan.js";

/** The addresses `[baseAddr, endAddr)` of a fragment, and the fields that all fragments of a region share. */
export interface FragmentRange {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  readonly protection: number;
  readonly regionType: number;
  readonly pageSizeLog2: number;
}

interface FragmentFamily {
  /** The fragment that was written first, which the others are compared with. */
  readonly kind: FragmentRange;
  /** End of the addresses that are covered without a gap; undefined until the first fragment has been written. */
  end: bigint | undefined;
  /** Fragments behind a gap: their ends by their bases. */
  readonly ahead: Map<bigint, bigint>;
}

const SAME_IN_ALL = ["protection", "regionType", "pageSizeLog2"] as const;

export class WrittenFragments {
  /** Regions that have, or may get, several fragments, by the UUID of their first one. */
  readonly #families = new Map<string, FragmentFamily>();
  /** First fragments of regions that have a fragment written as bytes, whose addresses are not known. */
  readonly #unknown = new Set<string>();

  /** Throws `plan` unless a fragment with this range may continue the region. The first fragment may be written later. */
  requireContinues(first: string, range: FragmentRange, index: number): void {
    const family = this.#families.get(first);
    if (!family) return;
    requireSameKind(family.kind, range, first, index);
    if (family.end !== undefined && range.baseAddr < family.end) throw overlap(range, first, index);
    if (family.ahead.has(range.baseAddr)) throw overlap(range, first, index);
  }

  /** Throws `plan` unless several fragments that cover this range together may continue the region. */
  requireFree(first: string, range: FragmentRange, index: number): void {
    this.requireContinues(first, range, index);
    for (const base of this.#families.get(first)?.ahead.keys() ?? []) {
      if (base > range.baseAddr && base < range.endAddr) throw overlap({ ...range, baseAddr: base }, first, index);
    }
  }

  /** Throws `plan` if earlier fragments name this block as their first one and it cannot be that. */
  requireFirst(uuid: string, range: FragmentRange | undefined, index: number): void {
    const family = this.#families.get(uuid);
    if (!family || this.#unknown.has(uuid)) return;
    if (!range)
      throw contradiction(
        `Block ${index} is the first fragment of fragments before, but it is no first fragment of a region`,
        index,
      );
    requireSameKind(family.kind, range, uuid, index);
    for (const base of family.ahead.keys()) if (base < range.endAddr) throw overlap({ ...range, baseAddr: base }, uuid, index);
  }

  /** Whether no block can be continued, and no fragment waits for its first one. */
  get isEmpty(): boolean {
    return this.#families.size === 0 && this.#unknown.size === 0;
  }

  /** Whether the block can be continued, or earlier fragments name it as their first one. */
  has(uuid: string): boolean {
    return this.#families.has(uuid) || this.#unknown.has(uuid);
  }

  /** Records a written block that fragments may continue. Without `range` it was written as bytes. */
  noteFirst(uuid: string, range: FragmentRange | undefined): void {
    if (!range) {
      this.#unknown.add(uuid);
      return;
    }
    const family = this.#familyOf(uuid, range);
    family.end = range.endAddr;
    advance(family);
  }

  /** Records a written fragment that continues `first`. Without `range` it was written as bytes. */
  noteFragment(first: string, range: FragmentRange | undefined): void {
    if (!range) {
      this.#unknown.add(first);
      return;
    }
    const family = this.#familyOf(first, range);
    family.ahead.set(range.baseAddr, range.endAddr);
    advance(family);
  }

  /** Gaps between the fragments of regions, and first fragments that were not written. */
  *missing(): Generator<Missing> {
    for (const [uuid, { end, ahead }] of this.#families) {
      if (ahead.size === 0 || this.#unknown.has(uuid)) continue;
      const next = [...ahead.keys()].reduce((least, base) => (base < least ? base : least));
      const from = end === undefined ? "its first fragment is missing" : `nothing covers the addresses from ${hex(end)} on`;
      yield { kind: "fragments", message: `The region ${uuid} has a fragment at ${hex(next)}, but ${from}` };
    }
  }

  #familyOf(uuid: string, range: FragmentRange): FragmentFamily {
    const known = this.#families.get(uuid);
    if (known) return known;
    const family = { kind: range, end: undefined, ahead: new Map<bigint, bigint>() };
    this.#families.set(uuid, family);
    return family;
  }
}

/** Extends the covered addresses by all fragments that follow without a gap. */
function advance(family: FragmentFamily): void {
  for (let { end } = family; end !== undefined; ) {
    family.end = end;
    const next = family.ahead.get(end);
    family.ahead.delete(end);
    end = next;
  }
}

function requireSameKind(kind: FragmentRange, range: FragmentRange, first: string, index: number): void {
  const other = SAME_IN_ALL.find((field) => kind[field] !== range[field]);
  if (other === undefined) return;
  const message = `Block ${index} continues the region ${first}, but its ${other} is ${range[other]}, and that of the region is ${kind[other]}`;
  throw contradiction(message, index);
}

function overlap({ baseAddr }: FragmentRange, first: string, index: number): MslError {
  const message = `Block ${index}: the fragment at ${hex(baseAddr)} begins before the end of what the region ${first} covers already`;
  return contradiction(message, index);
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
