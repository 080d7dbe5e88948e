/** In what two regions differ that belong together: protection and type of their parts, and their size. */
import type { TimeSlice } from "@memslice/msl/work";
import type { ChangedRegion, ComparedRegion } from "./difference.js";
import { endOf, type RegionSpan } from "./region-spans.js";

/** A stretch of both sides that one region has on each side. */
interface Stretch {
  readonly a: bigint;
  readonly b: bigint;
  readonly length: bigint;
  readonly before: ComparedRegion;
  readonly after: ComparedRegion;
}

/** `alignedBy`: the ends of both spans that are at the same place. */
export async function spanDifferences(
  a: RegionSpan,
  b: RegionSpan,
  alignedBy: "start" | "end",
  slice: TimeSlice,
): Promise<ChangedRegion[]> {
  const differences: ChangedRegion[] = [];
  const distance = alignedBy === "start" ? b.baseAddr - a.baseAddr : endOf(b) - endOf(a);
  let open: Stretch | undefined;
  const close = () => {
    if (open) differences.push({ kind: "region", change: "changed", ...open, fields: headFields(open) });
    open = undefined;
  };
  for (const stretch of stretches(a, b, distance)) {
    if (slice.isSpent()) await slice.renew();
    if (open && continues(open, stretch)) open = { ...open, length: open.length + stretch.length };
    else {
      close();
      if (headFields(stretch).length > 0) open = stretch;
    }
  }
  close();
  if (a.regionSize !== b.regionSize) {
    const places = { a: a.baseAddr, b: b.baseAddr, length: b.regionSize, before: whole(a), after: whole(b) };
    differences.push({ kind: "region", change: "changed", ...places, fields: ["size"] });
  }
  return differences;
}

function* stretches(a: RegionSpan, b: RegionSpan, distance: bigint): Generator<Stretch, void, undefined> {
  let [i, j] = [0, 0];
  for (;;) {
    const [before, after] = [a.regions[i], b.regions[j]];
    if (!before || !after) return;
    const [from, to] = [after.baseAddr - distance, endOf(after) - distance];
    const start = from > before.baseAddr ? from : before.baseAddr;
    const end = to < endOf(before) ? to : endOf(before);
    if (start < end) yield { a: start, b: start + distance, length: end - start, before, after };
    if (endOf(before) === end) i++;
    if (to === end) j++;
  }
}

/** Both captures may have cut a range whose change is one. */
function continues(open: Stretch, next: Stretch): boolean {
  const isSame = (one: ComparedRegion, other: ComparedRegion) =>
    one.head.protection === other.head.protection && one.head.regionType === other.head.regionType;
  return open.a + open.length === next.a && isSame(open.before, next.before) && isSame(open.after, next.after);
}

function headFields({ before, after }: Stretch): ChangedRegion["fields"] {
  return [
    ...(before.head.protection === after.head.protection ? [] : ["protection" as const]),
    ...(before.head.regionType === after.head.regionType ? [] : ["type" as const]),
  ];
}

function whole({ baseAddr, regionSize, head }: RegionSpan): ComparedRegion {
  return { baseAddr, regionSize, head };
}
