/** Which modules of two captures are the same module. */
import { TimeSlice } from "@memslice/msl/work";

import { sortedBy } from "../intervals.js";
import type { ChangedModule, ComparedModule } from "./difference.js";

export interface ModulePair {
  readonly before?: ComparedModule;
  readonly after?: ComparedModule;
  /** Why a module has no counterpart although there are candidates. */
  readonly ambiguous?: string;
}

/**
 * Modules of one path are the same, in the order of their addresses if both sides have as many. Of the others, modules of one file name are the same if each
 * side has one of them.
 */
export async function pairModules(
  a: readonly ComparedModule[],
  b: readonly ComparedModule[],
  signal?: AbortSignal,
): Promise<ModulePair[]> {
  const before = await sortedBy(a, ({ baseAddr }) => baseAddr, signal);
  const after = await sortedBy(b, ({ baseAddr }) => baseAddr, signal);
  const slice = new TimeSlice(signal);
  const pairs: ModulePair[] = [];
  const left = { a: [] as ComparedModule[], b: [] as ComparedModule[] };
  for (const [path, both] of await groups(before, after, ({ path }) => path, slice)) {
    const isPaired = both.a.length === both.b.length;
    const isAlone = both.a.length === 0 || both.b.length === 0;
    const ambiguous = `${both.a.length} modules ${path} against ${both.b.length}: they cannot be told apart`;
    for (const [i, one] of both.a.entries()) {
      if (slice.isSpent()) await slice.renew();
      if (isPaired) pairs.push({ before: one, ...present("after", both.b[i]) });
      else if (isAlone) left.a.push(one);
      else pairs.push({ before: one, ambiguous });
    }
    for (const one of isPaired ? [] : both.b) {
      if (slice.isSpent()) await slice.renew();
      if (isAlone) left.b.push(one);
      else pairs.push({ after: one, ambiguous });
    }
  }
  for (const [, { a, b }] of await groups(left.a, left.b, fileName, slice)) {
    if (a.length === 1 && b.length === 1) pairs.push({ ...present("before", a[0]), ...present("after", b[0]) });
    else {
      for (const one of a) {
        if (slice.isSpent()) await slice.renew();
        pairs.push({ before: one });
      }
      for (const one of b) {
        if (slice.isSpent()) await slice.renew();
        pairs.push({ after: one });
      }
    }
  }
  return pairs;
}

function fileName({ path }: ComparedModule): string {
  return path.split(/[\\/]/).at(-1) ?? "";
}

/** How the modules of all pairs differ. */
export async function moduleDifferences(pairs: readonly ModulePair[], signal?: AbortSignal): Promise<ChangedModule[]> {
  const slice = new TimeSlice(signal);
  const differences: ChangedModule[] = [];
  for (const pair of pairs) {
    if (slice.isSpent()) await slice.renew();
    const difference = moduleDifference(pair);
    if (difference) differences.push(difference);
  }
  return differences;
}

/** How the modules of a pair differ; undefined if they do not. */
function moduleDifference({ before, after, ambiguous }: ModulePair): ChangedModule | undefined {
  const fields: ChangedModule["fields"][number][] = [];
  if (before && after) {
    if (before.baseAddr !== after.baseAddr) fields.push("base");
    if (before.moduleSize !== after.moduleSize) fields.push("size");
    if (before.path !== after.path) fields.push("path");
    const old = before.entry;
    const now = after.entry;
    if (old?.version && now?.version && old.version !== now.version) fields.push("version");
    if (old && now && isKnown(old.diskHash) && isKnown(now.diskHash) && old.diskHash.some((byte, i) => byte !== now.diskHash[i]))
      fields.push("hash");
    if (fields.length === 0) return undefined;
  }
  if (ambiguous) return undefined;
  const change = !before ? "added" : !after ? "removed" : "changed";
  return {
    kind: "module",
    change,
    ...(before && { a: before.baseAddr, before }),
    ...(after && { b: after.baseAddr, after }),
    fields,
  };
}

function isKnown(hash: Uint8Array): boolean {
  return hash.some((byte) => byte !== 0);
}

function present<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
}

/** Items of both sides by key, in their order. */
export async function groups<T>(
  a: readonly T[],
  b: readonly T[],
  key: (item: T) => string,
  slice: TimeSlice,
): Promise<Map<string, { a: T[]; b: T[] }>> {
  const all = new Map<string, { a: T[]; b: T[] }>();
  for (const [side, items] of [
    ["a", a],
    ["b", b],
  ] as const) {
    for (const item of items) {
      if (slice.isSpent()) await slice.renew();
      const name = key(item);
      const group = all.get(name) ?? { a: [], b: [] };
      group[side].push(item);
      all.set(name, group);
    }
  }
  return all;
}
