/**
 * Regions in several blocks (specification, continuation), while they are written: later fragments are of the first one's kind and cover the
 * addresses behind it, without gap or overlap, in any order.
 */
import type { MslError } from "../errors.js";
import { contradiction, type Missing } from "./plan.js";

/** What a fragment covers, and what must be the same in all fragments. */
export interface FragmentRange {
  readonly baseAddr: bigint;
  readonly endAddr: bigint;
  readonly protection: number;
  readonly regionType: number;
  readonly pageSizeLog2: number;
}

interface FragmentFamily {
  /** Any fragment of it, to compare others with. */
  readonly kind: FragmentRange;
  /** Where the next address is to be covered; undefined before the first fragment. */
  end: bigint | undefined;
  /** Fragments that lie behind a gap so far: their ends by their bases. */
  readonly ahead: Map<bigint, bigint>;
}

const SAME_IN_ALL = ["protection", "regionType", "pageSizeLog2"] as const;

export class WrittenFragments {
  /** By the UUID of the first fragment; regions that nothing continues and that have no children are not in it. */
  readonly #families = new Map<string, FragmentFamily>();
  /** First fragments that were carried over as bytes: nobody looked at what they cover. */
  readonly #unknown = new Set<string>();

  /** Throws `plan` unless a fragment with this range may continue the region, which may be written later. */
  requireContinues(first: string, range: FragmentRange, index: number): void {
    const family = this.#families.get(first);
    if (!family) return;
    requireSameKind(family.kind, range, first, index);
    if (family.end !== undefined && range.baseAddr < family.end) throw overlap(range, first, index);
    if (family.ahead.has(range.baseAddr)) throw overlap(range, first, index);
  }

  /** Throws `plan` unless several blocks with this range together may continue the region. */
  requireFree(first: string, range: FragmentRange, index: number): void {
    this.requireContinues(first, range, index);
    for (const base of this.#families.get(first)?.ahead.keys() ?? []) {
      if (base > range.baseAddr && base < range.endAddr) throw overlap({ ...range, baseAddr: base }, first, index);
    }
  }

  /** Throws `plan` where a block is written that fragments before named as their first one, and that cannot be that. */
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

  /** Whether a block is one that can be continued, or was named as one. */
  has(uuid: string): boolean {
    return this.#families.has(uuid) || this.#unknown.has(uuid);
  }

  /** A first fragment, or a region that may become one, was written. Without a range it was carried over as bytes. */
  noteFirst(uuid: string, range: FragmentRange | undefined): void {
    if (!range) {
      this.#unknown.add(uuid);
      return;
    }
    const family = this.#familyOf(uuid, range);
    family.end = range.endAddr;
    advance(family);
  }

  /** A later fragment was written. */
  noteFragment(first: string, range: FragmentRange | undefined): void {
    if (!range) {
      this.#unknown.add(first);
      return;
    }
    const family = this.#familyOf(first, range);
    family.ahead.set(range.baseAddr, range.endAddr);
    advance(family);
  }

  /** Gaps in the addresses of regions. */
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

/** Takes the fragments that follow without a gap. */
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
