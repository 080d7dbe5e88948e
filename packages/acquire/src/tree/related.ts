/** How the captures of a tree are related to each other: the Related Dumps of each (specification: Related Dump). */
import type { WritableRelatedDump } from "@memslice/msl";

/** What the relations of a capture follow from. */
interface Relative {
  readonly pid: number;
  readonly parentPid: number;
  /** 0 for the root of the tree. */
  readonly depth: number;
  readonly dumpUuid: string;
}

/**
 * The Related Dumps of a capture: its parent, and its children. Where the parent of a process cannot be captured, the nearest process above it that can be takes its place;
 * the specification has no word for that relation but `other`.
 *
 * `isAbove`: whether a process of the tree is captured, or is going to be. `isBelow`: whether its capture is complete.
 */
export function relatedDumpsOf<T extends Relative>(
  process: T,
  tree: readonly T[],
  { isAbove, isBelow }: Record<"isAbove" | "isBelow", (process: T) => boolean>,
): WritableRelatedDump[] {
  const byPid = new Map(tree.map((one) => [one.pid, one]));
  const above = (from: T): T | undefined => {
    for (let at = parentIn(byPid, from); at; at = parentIn(byPid, at)) if (isAbove(at)) return at;
    return undefined;
  };
  const relationTo = (other: T, direct: boolean, word: "parent" | "child"): WritableRelatedDump => ({
    ...{ relatedDumpUuid: other.dumpUuid, relatedPid: other.pid, relationship: direct ? word : "other" },
  });
  const parent = above(process);
  const children = tree.filter((one) => isBelow(one) && above(one)?.pid === process.pid);
  return [
    ...(parent ? [relationTo(parent, parent.pid === process.parentPid, "parent")] : []),
    ...children.map((child) => relationTo(child, child.parentPid === process.pid, "child")),
  ];
}

/** The parent, if it is of the tree. The root has none. */
function parentIn<T extends Relative>(byPid: ReadonlyMap<number, T>, { depth, parentPid }: T): T | undefined {
  return depth === 0 ? undefined : byPid.get(parentPid);
}
