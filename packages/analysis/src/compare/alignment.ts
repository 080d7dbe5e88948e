/** Which addresses of two captures belong together. */
import { type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, runAtOnce, runInSlices, TimeSlice } from "@memslice/msl/work";
import { outside, sortedBy, withoutOverlaps } from "../intervals.js";
import type { AlignMode, ComparedRegion } from "./difference.js";
import { groups, type ModulePair } from "./module-pairs.js";

/** Addresses of both sides that belong together, as many on each side, or addresses that only one side has. */
export interface AlignedPart {
  readonly a?: MemoryRange;
  readonly b?: MemoryRange;
  /** Why the other side is not there, although it may have these addresses. */
  readonly ambiguous?: string;
}

/** "module" if a module has moved. Throws `usage` for align "module" without a common module. */
export async function chosenMode(
  align: AlignMode | "auto",
  modules: readonly ModulePair[],
  signal?: AbortSignal,
): Promise<AlignMode> {
  const slice = new TimeSlice(signal);
  let [hasBoth, hasMoved] = [false, false];
  for (const { before, after } of modules) {
    if (slice.isSpent()) await slice.renew();
    if (!before || !after) continue;
    hasBoth = true;
    if (before.baseAddr !== after.baseAddr) hasMoved = true;
  }
  if (align === "module" && !hasBoth) {
    throw new MslError("usage", 'No module is in both captures: compare them with align "address"');
  }
  if (align !== "auto") return align;
  return hasMoved ? "module" : "address";
}

/** All addresses, each with itself. */
export const SAME_ADDRESSES: readonly AlignedPart[] = [
  { a: { start: 0n, end: ADDRESS_SPACE_END }, b: { start: 0n, end: ADDRESS_SPACE_END } },
];

/**
 * Places in modules, and regions outside of modules: those of one type and size, in the order of their addresses, if both sides have as many; and the only
 * one of its type. Parts with addresses of `a` come in their order, the others behind them in the order of `b`.
 */
export async function byModule(
  modules: readonly ModulePair[],
  regions: { readonly a: readonly ComparedRegion[]; readonly b: readonly ComparedRegion[] },
  signal?: AbortSignal,
): Promise<AlignedPart[]> {
  const slice = new TimeSlice(signal);
  const a = await placesOf(modules, "before", signal);
  const b = await placesOf(modules, "after", signal);
  const parts: AlignedPart[] = [];
  for (const pair of modules) {
    if (slice.isSpent()) await slice.renew();
    for (const part of moduleParts(pair, a.get(pair), b.get(pair))) parts.push(part);
  }
  const loose = {
    a: await runInSlices(outside(await spaces(regions.a, signal), await listed(a.values(), slice)), signal),
    b: await runInSlices(outside(await spaces(regions.b, signal), await listed(b.values(), slice)), signal),
  };
  await addLooseParts(parts, loose.a, loose.b, slice);
  // Those with an address of `a` are before the others, which keep their order until they are sorted by `b`.
  const ofA: AlignedPart[] = [];
  const ofB: AlignedPart[] = [];
  for (const part of parts) {
    if (slice.isSpent()) await slice.renew();
    (part.a ? ofA : ofB).push(part);
  }
  const inOrder = await sortedBy(ofA, (part) => part.a?.start ?? 0n, signal);
  for (const part of await sortedBy(ofB, (part) => part.b?.start ?? 0n, signal)) {
    if (slice.isSpent()) await slice.renew();
    inOrder.push(part);
  }
  return inOrder;
}

async function listed<T>(items: Iterable<T>, slice: TimeSlice): Promise<T[]> {
  const list: T[] = [];
  for (const item of items) {
    if (slice.isSpent()) await slice.renew();
    list.push(item);
  }
  return list;
}

interface Place extends MemoryRange {
  readonly base: bigint;
}

/** The addresses of each module on one side, without those of modules before it; ascending. */
async function placesOf(modules: readonly ModulePair[], side: "before" | "after", signal: AbortSignal | undefined) {
  const slice = new TimeSlice(signal);
  const all: (Place & { readonly pair: ModulePair })[] = [];
  for (const pair of modules) {
    if (slice.isSpent()) await slice.renew();
    const module = pair[side];
    if (!module) continue;
    const { baseAddr: base, moduleSize } = module;
    const end = base + moduleSize;
    all.push({ pair, base, start: base, end: end < ADDRESS_SPACE_END ? end : ADDRESS_SPACE_END });
  }
  const sorted = await sortedBy(all, ({ start }) => start, signal);
  const places = new Map<ModulePair, Place>();
  for (const { pair, base, start, end } of await runInSlices(withoutOverlaps(sorted), signal, slice)) {
    if (slice.isSpent()) await slice.renew();
    places.set(pair, { base, start, end });
  }
  return places;
}

function moduleParts({ ambiguous }: ModulePair, a: Place | undefined, b: Place | undefined): AlignedPart[] {
  const why = ambiguous === undefined ? {} : { ambiguous };
  if (!a || !b) return [...(a ? [{ a: bare(a), ...why }] : []), ...(b ? [{ b: bare(b), ...why }] : [])];
  return shifted(a, b, b.base - a.base);
}

/** Both intervals as far as they match when `a` is moved by `delta`, and what is left of each. */
function shifted(a: MemoryRange, b: MemoryRange, delta: bigint): AlignedPart[] {
  const start = a.start + delta > b.start ? a.start + delta : b.start;
  const end = a.end + delta < b.end ? a.end + delta : b.end;
  if (start >= end) return [{ a: bare(a) }, { b: bare(b) }];
  const both = { a: { start: start - delta, end: end - delta }, b: { start, end } };
  return [
    both,
    ...runAtOnce(outside([bare(a)], [both.a])).map((left) => ({ a: left })),
    ...runAtOnce(outside([bare(b)], [both.b])).map((left) => ({ b: left })),
  ];
}

function bare({ start, end }: MemoryRange): MemoryRange {
  return { start, end };
}

interface Loose extends MemoryRange {
  readonly type: number;
}

async function spaces(regions: readonly ComparedRegion[], signal: AbortSignal | undefined): Promise<Loose[]> {
  const slice = new TimeSlice(signal);
  const all: Loose[] = [];
  for (const { baseAddr, regionSize, head } of await sortedBy(regions, ({ baseAddr }) => baseAddr, signal)) {
    if (slice.isSpent()) await slice.renew();
    all.push({ start: baseAddr, end: baseAddr + regionSize, type: head.regionType });
  }
  return runInSlices(withoutOverlaps(all), signal, slice);
}

/** RegionType of stacks: they grow downwards, so that their ends belong together. */
const STACK = 2;

async function addLooseParts(parts: AlignedPart[], a: readonly Loose[], b: readonly Loose[], slice: TimeSlice): Promise<void> {
  const left = { a: [] as Loose[], b: [] as Loose[] };
  for (const [, both] of await groups(a, b, ({ type, start, end }) => `${type} ${end - start}`, slice)) {
    if (slice.isSpent(both.a.length + both.b.length)) await slice.renew();
    if (both.a.length === both.b.length) {
      for (const [i, one] of both.a.entries()) {
        if (slice.isSpent()) await slice.renew();
        parts.push({ a: bare(one), b: bare(both.b[i] ?? one) });
      }
    } else if (both.a.length === 0 || both.b.length === 0) {
      for (const side of ["a", "b"] as const) {
        for (const one of both[side]) {
          if (slice.isSpent()) await slice.renew();
          left[side].push(one);
        }
      }
    } else {
      const ambiguous = `${both.a.length} regions of one type and size against ${both.b.length}: they cannot be told apart`;
      for (const one of both.a) {
        if (slice.isSpent()) await slice.renew();
        parts.push({ a: bare(one), ambiguous });
      }
      for (const one of both.b) {
        if (slice.isSpent()) await slice.renew();
        parts.push({ b: bare(one), ambiguous });
      }
    }
  }
  const counts = await groups(a, b, ({ type }) => String(type), slice);
  for (const [type, both] of await groups(left.a, left.b, (one) => String(one.type), slice)) {
    const [first] = both.a;
    const [second] = both.b;
    const all = counts.get(type);
    if (first && second && all?.a.length === 1 && all.b.length === 1) {
      parts.push(...shifted(first, second, first.type === STACK ? second.end - first.end : second.start - first.start));
    } else {
      for (const one of both.a) {
        if (slice.isSpent()) await slice.renew();
        parts.push({ a: bare(one) });
      }
      for (const one of both.b) {
        if (slice.isSpent()) await slice.renew();
        parts.push({ b: bare(one) });
      }
    }
  }
}
