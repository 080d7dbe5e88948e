/** Regions cut into stretches of one page state, and overlaps between them resolved; one stretch per region is held at a time. */
import type { PageState } from "../format/page-states.js";
import { trustOf } from "../format/salvage-evidence.js";
import type { Coverage, Region } from "./region.js";

/** What decides between regions that share addresses. */
export interface Contender {
  readonly head: Pick<Region["head"], "timestampNs">;
  readonly block: Pick<Region["block"], "index" | "salvageEvidence">;
}

/** Addresses of one region in one state. */
export interface Stretch<R extends Contender = Region> {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: PageState;
  readonly region: R;
}

/** A region, and which of its bytes the capture holds. */
export interface CoveredRegion extends Contender {
  readonly region: Region;
  readonly coverage: Coverage;
}

export function covered(region: Region, coverage: Coverage): CoveredRegion {
  return { head: region.head, block: region.block, region, coverage };
}

/** The stretches of a region between two addresses, in address order and without gaps. */
export function* stretchesOf(lane: CoveredRegion, from: bigint, to: bigint): Generator<Stretch<CoveredRegion>> {
  const { region, coverage } = lane;
  const pageSize = BigInt(region.head.pageSize);
  const start = from > region.baseAddr ? from : region.baseAddr;
  const end = to < region.endAddr ? to : region.endAddr;
  const firstPage = Number((start - region.baseAddr) / pageSize);
  const endPage = Number((end - region.baseAddr + pageSize - 1n) / pageSize);
  for (const run of coverage.pages.runs(firstPage, endPage)) {
    const runStart = region.baseAddr + BigInt(run.start) * pageSize;
    const runEnd = runStart + BigInt(run.count) * pageSize;
    yield { start: runStart > start ? runStart : start, end: runEnd < end ? runEnd : end, state: run.state, region: lane };
  }
}

/** One region's stretches on their way; `current` is the next one. */
interface Lane<R extends Contender> {
  readonly stretches: Iterator<Stretch<R>>;
  current: Stretch<R>;
}

/**
 * The preferred stretch for each address that any region covers, in address order: a region that was not searched for before a salvaged
 * one, and of salvaged ones the one with the stronger evidence; then a captured page before one that is not, then the later timestamp, then
 * the later block.
 */
export function* resolveOverlaps<R extends Contender>(regions: readonly Iterable<Stretch<R>>[]): Generator<Stretch<R>> {
  let lanes = regions.flatMap((stretches) => newLane(stretches[Symbol.iterator]()));
  for (let at = firstStart(lanes); lanes.length > 0; ) {
    const covering = lanes.filter(({ current }) => current.start <= at);
    if (covering.length === 0) {
      at = firstStart(lanes);
      continue;
    }
    const winner = covering.map(({ current }) => current).reduce(preferred<R>);
    const end = nextBorder(lanes, at);
    yield { ...winner, start: at, end };
    at = end;
    lanes = lanes.filter((lane) => lane.current.end > at || advance(lane));
  }
}

function newLane<R extends Contender>(stretches: Iterator<Stretch<R>>): Lane<R>[] {
  const first = stretches.next();
  return first.done ? [] : [{ stretches, current: first.value }];
}

function advance<R extends Contender>(lane: Lane<R>): boolean {
  const next = lane.stretches.next();
  if (!next.done) lane.current = next.value;
  return !next.done;
}

function firstStart(lanes: readonly Lane<Contender>[]): bigint {
  return lanes.reduce((least, { current }) => (current.start < least ? current.start : least), lanes[0]?.current.start ?? 0n);
}

/** Where the next stretch begins or ends after `at`. */
function nextBorder(lanes: readonly Lane<Contender>[], at: bigint): bigint {
  let border: bigint | undefined;
  for (const { current } of lanes) {
    const candidate = current.start > at ? current.start : current.end;
    if (border === undefined || candidate < border) border = candidate;
  }
  return border ?? at;
}

function preferred<R extends Contender>(a: Stretch<R>, b: Stretch<R>): Stretch<R> {
  const trust = trustOf(b.region.block.salvageEvidence) - trustOf(a.region.block.salvageEvidence);
  if (trust !== 0) return trust > 0 ? b : a;
  const captured = Number(b.state === "captured") - Number(a.state === "captured");
  if (captured !== 0) return captured > 0 ? b : a;
  const [older, newer] = [a.region.head.timestampNs, b.region.head.timestampNs];
  if (older !== newer) return newer > older ? b : a;
  return b.region.block.index > a.region.block.index ? b : a;
}
