/** Regions cut into stretches of one page state, and overlaps between them resolved. */
import type { PageState } from "../format/page-states.js";
import type { Region } from "./region.js";

/** A stretch of one region in one state, before overlaps are resolved. */
export interface Stretch {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: PageState;
  readonly region: Region;
}

/** The stretches of a region between two addresses, in address order. */
export async function stretchesOf(region: Region, from: bigint, to: bigint, signal: AbortSignal | undefined): Promise<Stretch[]> {
  const pages = await region.pages(signal);
  const pageSize = BigInt(region.head.pageSize);
  const start = from > region.baseAddr ? from : region.baseAddr;
  const end = to < region.endAddr ? to : region.endAddr;
  const firstPage = Number((start - region.baseAddr) / pageSize);
  const endPage = Number((end - region.baseAddr + pageSize - 1n) / pageSize);
  const stretches: Stretch[] = [];
  for (const run of pages.runs(firstPage, endPage)) {
    const runStart = region.baseAddr + BigInt(run.start) * pageSize;
    const runEnd = runStart + BigInt(run.count) * pageSize;
    stretches.push({ start: runStart > start ? runStart : start, end: runEnd < end ? runEnd : end, state: run.state, region });
  }
  return stretches;
}

/** Cuts overlapping stretches at each other's borders and keeps the preferred one of each piece, in address order. */
export function resolveOverlaps(stretches: Stretch[]): Stretch[] {
  const byStart = [...stretches].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const resolved: Stretch[] = [];
  let active: Stretch[] = [];
  let next = 0;
  let at = 0n;
  while (next < byStart.length || active.length > 0) {
    const upcoming = byStart[next];
    if (active.length === 0 && upcoming) at = upcoming.start;
    while (byStart[next] && (byStart[next]?.start ?? at) <= at) active.push(byStart[next++] as Stretch);
    const winner = active.reduce(preferred);
    const border = active.reduce((least, { end }) => (end < least ? end : least), byStart[next]?.start ?? winner.end);
    appendStretch(resolved, { ...winner, start: at, end: border });
    at = border;
    active = active.filter(({ end }) => end > at);
  }
  return resolved;
}

function appendStretch(list: Stretch[], stretch: Stretch): void {
  const last = list.at(-1);
  if (last && last.end === stretch.start && last.region === stretch.region && last.state === stretch.state) {
    list[list.length - 1] = { ...last, end: stretch.end };
  } else {
    list.push(stretch);
  }
}

function preferred(a: Stretch, b: Stretch): Stretch {
  const captured = Number(b.state === "captured") - Number(a.state === "captured");
  if (captured !== 0) return captured > 0 ? b : a;
  const [older, newer] = [a.region.head.timestampNs, b.region.head.timestampNs];
  if (older !== newer) return newer > older ? b : a;
  return b.region.block.index > a.region.block.index ? b : a;
}
