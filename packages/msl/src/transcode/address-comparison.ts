/**
 * Whether reading by address gives the same bytes and states before and after, told from extents, timestamps and page states: no byte of
 * page data is looked at. What two regions say about one address can be resolved otherwise once one of them has lost pages, another
 * size, or its place.
 */
import { throwIfAborted } from "../errors.js";
import { resolveOverlaps, type Stretch } from "../memory/stretches.js";
import { TimeSlice } from "../source/time-slice.js";
import { type AddressPart, type Claim, partAfter, partBefore, stretchesOfPart } from "./address-parts.js";
import type { Circumstances } from "./circumstances.js";
import { type Difference, DifferenceList } from "./difference-list.js";
import { joinedAfter } from "./joined-after.js";
import type { OutlineItem } from "./outline-items.js";
import type { RegionPlace } from "./region-places.js";
import type { AddressDifference, AddressView } from "./report.js";

type Kept = ReadonlyMap<number, OutlineItem>;
type Firsts = ReadonlyMap<number, number>;
type Place = Extract<RegionPlace, { kind: "region" }>;

/** `firsts`: the first fragments of the output by the later ones. */
export async function addressDifferences(kept: Kept, firsts: Firsts, circumstances: Circumstances): Promise<AddressDifference[]> {
  const { signal } = circumstances;
  const touched = touchedBlocks(kept, firsts, circumstances);
  if (touched.size === 0) return [];
  const joined = joinedAfter(kept, firsts, circumstances.places);
  const list = new DifferenceList();
  const slice = new TimeSlice(signal);
  for (const cluster of clustersOf(circumstances.places)) {
    throwIfAborted(signal);
    if (!cluster.some((block) => touched.has(block))) continue;
    const before: AddressPart[] = [];
    const after: AddressPart[] = [];
    for (const block of cluster) {
      if (slice.isSpent()) await slice.renew();
      const { region, selected, first } = placeOf(circumstances, block);
      const origin = first === undefined ? region : placeOf(circumstances, first).region;
      const { timestampNs } = origin.head;
      before.push(await partBefore(region, { head: { timestampNs }, block: origin.block, source: block, selected }, signal));
      const item = kept.get(block);
      if (!item) continue;
      const chief = placeOf(circumstances, joined.get(block) ?? block).region;
      const claim = { head: chief.head, block: { index: chief.block.index, salvageEvidence: null }, source: block, selected };
      after.push(await (item.kind === "region" ? partAfter : partBefore)(region, claim, signal));
    }
    for (const difference of differencesOf(before, after)) {
      if (slice.isSpent()) await slice.renew();
      list.add(difference);
    }
  }
  return list.differences();
}

/** Blocks of regions that are not in the output just as they were, and those of fragments that belong to them. */
function touchedBlocks(kept: Kept, firsts: Firsts, { places }: Circumstances): ReadonlySet<number> {
  const touched = new Set<number>();
  for (const [block, place] of places) {
    if (place.kind !== "region") continue;
    // A fragment that stands alone has its own timestamp.
    const apart = place.first !== undefined && firsts.get(block) !== place.first;
    if (isExact(kept.get(block)) && !apart) continue;
    touched.add(block);
    if (place.first !== undefined) touched.add(place.first);
  }
  for (const [block, place] of places) {
    if (place.kind === "region" && place.first !== undefined && touched.has(place.first)) touched.add(block);
  }
  return touched;
}

/** A region that goes over as bytes is what it was. */
function isExact(item: OutlineItem | undefined): boolean {
  return item?.kind === "raw" || (item?.kind === "region" && item.exact && !item.region.block.salvaged);
}

function placeOf({ places }: Circumstances, block: number): Place {
  const place = places.get(block);
  if (place?.kind === "region") return place;
  throw new RangeError(`Block ${block} is no region`);
}

/** Blocks whose regions share addresses with none outside the group, before or after: pages that grow stay within their last one. */
function* clustersOf(places: ReadonlyMap<number, RegionPlace>): Generator<readonly number[]> {
  const blocks = [...places].flatMap(([block, place]) => (place.kind === "region" ? [{ block, region: place.region }] : []));
  blocks.sort((a, b) =>
    a.region.baseAddr < b.region.baseAddr ? -1 : a.region.baseAddr > b.region.baseAddr ? 1 : a.block - b.block,
  );
  let cluster: number[] = [];
  let reach = 0n;
  for (const { block, region } of blocks) {
    if (cluster.length > 0 && region.baseAddr >= reach) {
      yield cluster;
      cluster = [];
    }
    cluster.push(block);
    const size = BigInt(region.head.pageSize);
    const end = region.baseAddr + ((region.regionSize + size - 1n) / size) * size;
    if (end > reach) reach = end;
  }
  if (cluster.length > 0) yield cluster;
}

function* differencesOf(before: readonly AddressPart[], after: readonly AddressPart[]): Generator<Difference> {
  const sides = [new Side(before), new Side(after)] as const;
  for (let at = nearest(sides, 0n); at !== undefined; ) {
    const [was, is] = [sides[0].at(at), sides[1].at(at)];
    const end = nearest(sides, at + 1n);
    if (end === undefined) return;
    const selection = was?.region.selected === false;
    const same = selection ? is === undefined : sameView(was, is);
    if (!same) yield { start: at, end, before: viewOf(was), after: viewOf(is), selection };
    at = end;
  }
}

/** One of two address spaces, looked at in ascending order. */
class Side {
  readonly #stretches: Iterator<Stretch<Claim>>;
  #current: Stretch<Claim> | undefined;

  constructor(parts: readonly AddressPart[]) {
    this.#stretches = resolveOverlaps(parts.map(stretchesOfPart));
    this.#current = this.#next();
  }

  at(address: bigint): Stretch<Claim> | undefined {
    while (this.#current && this.#current.end <= address) this.#current = this.#next();
    return this.#current && this.#current.start <= address ? this.#current : undefined;
  }

  /** Where a stretch begins or ends, at `from` or behind it. */
  border(from: bigint): bigint | undefined {
    while (this.#current && this.#current.end < from) this.#current = this.#next();
    if (!this.#current) return undefined;
    return this.#current.start >= from ? this.#current.start : this.#current.end;
  }

  #next(): Stretch<Claim> | undefined {
    const next = this.#stretches.next();
    return next.done ? undefined : next.value;
  }
}

function nearest(sides: readonly Side[], from: bigint): bigint | undefined {
  const borders = sides.flatMap((side) => side.border(from) ?? []);
  return borders.length === 0 ? undefined : borders.reduce((a, b) => (a < b ? a : b));
}

function sameView(a: Stretch<Claim> | undefined, b: Stretch<Claim> | undefined): boolean {
  const [before, after] = [viewOf(a), viewOf(b)];
  return before.state === after.state && (before.state !== "captured" || before.block === after.block);
}

function viewOf(stretch: Stretch<Claim> | undefined): AddressView {
  if (!stretch) return { state: "absent" };
  const { state, region } = stretch;
  const read = region.missing ? "missing" : state === "reserved" ? "failed" : state;
  return { state: read, block: region.source };
}
