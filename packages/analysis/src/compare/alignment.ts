/** Which addresses of two captures belong together. */
import { type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END, runInSlices, TimeSlice } from "@memslice/msl/work";
import { outside, sortedBy, withoutOverlaps } from "../intervals.js";
import { type AlignedPart, bare, shifted } from "./aligned-part.js";
import type { AlignMode, ComparedRegion } from "./difference.js";
import { type LooseRegion, looseParts } from "./loose-regions.js";
import type { ModulePair } from "./module-pairs.js";

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
 * Places in modules, and regions outside of modules as `looseParts` pairs them. Parts with addresses of `a` come in their order, the others behind them in the order of `b`.
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
  for (const part of await looseParts(loose.a, loose.b, slice, signal)) {
    if (slice.isSpent()) await slice.renew();
    parts.push(part);
  }
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

async function spaces(regions: readonly ComparedRegion[], signal: AbortSignal | undefined): Promise<LooseRegion[]> {
  const slice = new TimeSlice(signal);
  const all: LooseRegion[] = [];
  for (const { baseAddr, regionSize, head } of await sortedBy(regions, ({ baseAddr }) => baseAddr, signal)) {
    if (slice.isSpent()) await slice.renew();
    all.push({ start: baseAddr, end: baseAddr + regionSize, type: head.regionType });
  }
  return runInSlices(withoutOverlaps(all), signal, slice);
}
