/** Regions cut into stretches of one page state, and overlaps between them resolved; one stretch per region is held at a time. */

import { trustOf } from "../format/block-info.js";
import type { PageState } from "../format/page-states.js";
import { Heap } from "./heap.js";
import { PriorityTree } from "./priority-tree.js";
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

/** One region's stretches on their way. */
interface Lane<R extends Contender> {
  readonly stretches: Iterator<Stretch<R>>;
  /** The stretch that begins at `event`, or that ends there if it has begun. */
  current: Stretch<R>;
  hasBegun: boolean;
  event: bigint;
  slot: number;
  /** Where the region stands among all of them, whatever the states of its pages. */
  standing: Standing;
}

interface Standing {
  readonly trust: number;
  /** By timestamp and block: 0 for the one that loses to all others. */
  readonly rank: number;
}

/** Borders that are passed without a word while one stretch goes on: after them it is given out in parts, so that callers can pause. */
const SILENT_BORDERS = 1024;

/**
 * The preferred stretch for each address that any region covers, in address order: a region that was not searched for before a salvaged
 * one, and of salvaged ones the one with the stronger evidence; then a captured page before one that is not, then the later timestamp, then
 * the later block. All stretches of one region have its timestamp and its block.
 *
 * Goes from border to border, in a heap of all lanes by their next one; those that cover the address are in a tree by their preference. So
 * each stretch costs a logarithm of how many lanes there are.
 */
export function* resolveOverlaps<R extends Contender>(regions: readonly Iterable<Stretch<R>>[]): Generator<Stretch<R>> {
  const lanes = regions.map((stretches) => newLane(stretches[Symbol.iterator]())).filter((lane) => lane !== undefined);
  rankLanes(lanes);
  const borders = new Heap<Lane<R>>((a, b) => a.event < b.event);
  for (const lane of lanes) borders.push(lane);
  const covering = new PriorityTree(lanes.length);
  let winner: Stretch<R> | undefined;
  let start = 0n;
  let silent = 0;
  for (let next = borders.peek(); next; next = borders.peek()) {
    const at = next.event;
    if (passBorder(next, lanes.length, covering)) borders.settleTop();
    else borders.pop();
    if (borders.peek()?.event === at) continue;
    const best = lanes[covering.best()]?.current;
    if (best === winner && ++silent < SILENT_BORDERS) continue;
    if (winner && start < at) yield { ...winner, start, end: at };
    winner = best;
    start = at;
    silent = 0;
  }
}

function newLane<R extends Contender>(stretches: Iterator<Stretch<R>>): Lane<R> | undefined {
  const first = stretches.next();
  if (first.done) return undefined;
  const current = first.value;
  return { stretches, current, hasBegun: false, event: current.start, slot: 0, standing: { trust: 0, rank: 0 } };
}

function rankLanes<R extends Contender>(lanes: readonly Lane<R>[]): void {
  const sorted = [...lanes].sort(({ current: { region: a } }, { current: { region: b } }) => {
    const [older, newer] = [a.head.timestampNs, b.head.timestampNs];
    return older < newer ? -1 : older > newer ? 1 : a.block.index - b.block.index;
  });
  sorted.forEach((lane, rank) => {
    lane.standing = { trust: trustOf(lane.current.region.block.salvageEvidence), rank };
  });
  lanes.forEach((lane, slot) => {
    lane.slot = slot;
  });
}

/** Begins the lane's stretch, or goes on to the next one. False behind the last one. */
function passBorder<R extends Contender>(lane: Lane<R>, count: number, covering: PriorityTree): boolean {
  if (lane.hasBegun) {
    const next = lane.stretches.next();
    if (next.done) {
      covering.set(lane.slot, undefined);
      return false;
    }
    const { event } = lane;
    lane.current = next.value;
    lane.event = next.value.start;
    if (lane.event > event) {
      covering.set(lane.slot, undefined);
      lane.hasBegun = false;
      return true;
    }
  }
  covering.set(lane.slot, priorityOf(lane, count));
  lane.hasBegun = true;
  lane.event = lane.current.end;
  return true;
}

/** Trust, then whether the page is captured, then the rank, as one number: the highest one is read. */
function priorityOf<R extends Contender>({ current, standing: { trust, rank } }: Lane<R>, count: number): number {
  return (2 * trust + Number(current.state === "captured")) * count + rank;
}
