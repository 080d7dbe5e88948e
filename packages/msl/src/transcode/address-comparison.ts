/**
 * Whether reads by address give the same bytes and states in the source and in the output. The comparison needs the extents, timestamps and page states of
 * regions, and no page data. Where regions overlap, another region may win than before once one of them has lost pages, or has another size or place.
 */
import { throwIfAborted } from "../errors.js";
import { resolveOverlaps, type Stretch } from "../memory/overlap-sweep.js";
import type { Capture } from "../read/capture.js";
import { sortInSlices, TimeSlice } from "../source/time-slice.js";
import {
  type AddressPart,
  type Claim,
  isUnreadableAsBytes,
  joinedAfter,
  partAfter,
  partBefore,
  stretchesOfPart,
} from "./address-parts.js";
import type { TranscodeContext } from "./context.js";
import type { KeptBlocks, SourceItem } from "./kept-blocks.js";
import { Column } from "./kept-blocks.js";
import type { Lineage } from "./lineage.js";
import type { RegionPlaces } from "./region-places.js";
import type { AddressDifference, AddressView } from "./report.js";

export async function addressDifferences(
  kept: KeptBlocks,
  lineage: Lineage,
  context: TranscodeContext,
): Promise<AddressDifference[]> {
  const { places, signal } = context;
  const slice = new TimeSlice(signal);
  const touched = await touchedBlocks(kept, lineage, context, slice);
  if (!touched) return [];
  const joined = await joinedAfter(kept, lineage, context, slice);
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
      if (!item || isUnreadableAsBytes(kept, block, context)) continue;
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
 * 1 for each region block that the output lacks or has in another form, and for the other fragments of the region. Undefined where there are no such
 * blocks.
 */
async function touchedBlocks(
  kept: KeptBlocks,
  lineage: Lineage,
  context: TranscodeContext,
  slice: TimeSlice,
): Promise<Column<Uint8Array> | undefined> {
  const { capture, places } = context;
  const touched = new Column(Uint8Array, capture.blocks.length);
  let count = 0;
  for (const block of places.regionBlocks()) {
    if (slice.isSpent()) await slice.renew();
    const first = places.firstOf(block);
    // A fragment that stands alone has its own timestamp.
    const apart = first !== undefined && lineage.firstOf(block) !== first;
    if (isExact(kept.get(block), capture) && !apart && !isUnreadableAsBytes(kept, block, context)) continue;
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

/** Whether the region reads as before where no other region overlaps it. A region that is carried over as bytes and can be read does. */
function isExact(item: SourceItem | undefined, { blocks }: Capture): boolean {
  if (item?.kind === "raw") return true;
  return item?.kind === "region" && item.exact && !blocks.at(item.source).salvaged;
}

/** The region blocks in groups: no region of a group shares an address with a region of another group, neither in the source nor in the output. */
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

/** The address space of the source or of the output, read in ascending order. */
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

  /** The first address from `from` on where a stretch begins or ends. */
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

/** A range of addresses that reads otherwise. */
interface Difference {
  readonly start: bigint;
  readonly end: bigint;
  readonly before: AddressView;
  readonly after: AddressView;
  /** Whether the range reads otherwise because its region was not selected. */
  readonly selection: boolean;
}

/** The most ranges that are listed one by one; all further ranges make one entry. */
const LISTED_MOST = 10_000;

/** The differences as the report lists them: equal neighbours are joined, and the number of entries is bounded. Differences are added in the order of their addresses. */
class DifferenceList {
  readonly #listed: Difference[] = [];
  #last: Difference | undefined;
  #rest: { readonly start: bigint; end: bigint; count: number; selection: boolean } | undefined;

  add(difference: Difference): void {
    const last = this.#last;
    if (last && last.end === difference.start && alike(last, difference)) {
      this.#last = { ...last, end: difference.end };
      return;
    }
    this.#put();
    this.#last = difference;
  }

  differences(): AddressDifference[] {
    this.#put();
    this.#last = undefined;
    const listed = this.#listed.map(({ start, end, before, after, selection }) => ({
      ...places(start, end),
      before,
      after,
      ...(selection && { selection: true as const }),
    }));
    if (!this.#rest) return listed;
    const { start, end, count, selection } = this.#rest;
    const various = { state: "various" } as const;
    return [
      ...listed,
      { ...places(start, end), before: various, after: various, count, ...(selection && { selection: true as const }) },
    ];
  }

  #put(): void {
    const last = this.#last;
    if (!last) return;
    if (this.#listed.length < LISTED_MOST) this.#listed.push(last);
    else if (this.#rest) {
      this.#rest.end = last.end;
      this.#rest.count++;
      this.#rest.selection &&= last.selection;
    } else this.#rest = { start: last.start, end: last.end, count: 1, selection: last.selection };
  }
}

function alike(a: Difference, b: Difference): boolean {
  const same = (one: AddressView, other: AddressView) => one.state === other.state && one.block === other.block;
  return a.selection === b.selection && same(a.before, b.before) && same(a.after, b.after);
}

function places(start: bigint, end: bigint): { readonly start: string; readonly end: string } {
  return { start: `0x${start.toString(16)}`, end: `0x${end.toString(16)}` };
}
