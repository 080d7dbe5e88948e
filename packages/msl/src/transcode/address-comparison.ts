/**
 * Whether reading by address gives the same bytes and states before and after, told from extents, timestamps and page states: no byte of
 * page data is looked at. What two regions say about one address can be resolved otherwise once one of them has lost pages, another
 * size, or its place.
 */
import { throwIfAborted } from "../errors.js";
import { resolveOverlaps, type Stretch } from "../memory/overlap-sweep.js";
import { sortInSlices } from "../memory/sort-in-slices.js";
import type { Capture } from "../read/capture.js";
import { TimeSlice } from "../source/time-slice.js";
import { type AddressPart, type Claim, partAfter, partBefore, stretchesOfPart } from "./address-parts.js";
import type { Circumstances } from "./circumstances.js";
import { Column } from "./column.js";
import { type Difference, DifferenceList } from "./difference-list.js";
import { joinedAfter } from "./joined-after.js";
import type { KeptBlocks, SourceItem } from "./kept-blocks.js";
import type { Lineage } from "./lineage.js";
import type { RegionPlaces } from "./region-places.js";
import type { AddressDifference, AddressView } from "./report.js";

export async function addressDifferences(
  kept: KeptBlocks,
  lineage: Lineage,
  circumstances: Circumstances,
): Promise<AddressDifference[]> {
  const { places, signal } = circumstances;
  const slice = new TimeSlice(signal);
  const touched = await touchedBlocks(kept, lineage, circumstances, slice);
  if (!touched) return [];
  const joined = await joinedAfter(kept, lineage, circumstances, slice);
  const list = new DifferenceList();
  for await (const cluster of clustersOf(places, slice)) {
    throwIfAborted(signal);
    if (!cluster.some((block) => touched.get(block) !== 0)) continue;
    const before: AddressPart[] = [];
    const after: AddressPart[] = [];
    for (const block of cluster) {
      if (slice.isSpent()) await slice.renew();
      const { region, selected, first } = places.region(block);
      const origin = first === undefined ? region : places.region(first).region;
      const { timestampNs } = origin.head;
      before.push(await partBefore(region, { head: { timestampNs }, block: origin.block, source: block, selected }, signal));
      const item = kept.get(block);
      if (!item) continue;
      const chief = places.region(joined.get(block) ?? block).region;
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

/**
 * Not 0: blocks of regions that are not in the output just as they were, and those of fragments that belong to them. Undefined where there are
 * none.
 */
async function touchedBlocks(
  kept: KeptBlocks,
  lineage: Lineage,
  { capture, places }: Circumstances,
  slice: TimeSlice,
): Promise<Column<Uint8Array> | undefined> {
  const touched = new Column(Uint8Array, capture.blocks.length);
  let count = 0;
  for (const block of places.regionBlocks()) {
    if (slice.isSpent()) await slice.renew();
    const first = places.firstOf(block);
    // A fragment that stands alone has its own timestamp.
    const apart = first !== undefined && lineage.firstOf(block) !== first;
    if (isExact(kept.get(block), capture) && !apart) continue;
    count++;
    touched.set(block, 1);
    if (first !== undefined) touched.set(first, 1);
  }
  if (count === 0) return undefined;
  for (const block of places.regionBlocks()) {
    if (slice.isSpent()) await slice.renew();
    const first = places.firstOf(block);
    if (first !== undefined && touched.get(first) !== 0) touched.set(block, 1);
  }
  return touched;
}

/** A region that goes over as bytes is what it was. */
function isExact(item: SourceItem | undefined, { blocks }: Capture): boolean {
  if (item?.kind === "raw") return true;
  return item?.kind === "region" && item.exact && !blocks.at(item.source).salvaged;
}

/** Blocks whose regions share addresses with none outside the group, before or after: pages that grow stay within their last one. */
async function* clustersOf(places: RegionPlaces, slice: TimeSlice): AsyncGenerator<readonly number[]> {
  const baseOf = (block: number) => places.region(block).region.baseAddr;
  const blocks = await sortInSlices(Uint32Array.from(places.regionBlocks()), (a, b) => baseOf(a) < baseOf(b), slice);
  let cluster: number[] = [];
  let reach = 0n;
  for (const block of blocks) {
    if (slice.isSpent()) await slice.renew();
    const { region } = places.region(block);
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
