/** Regions that share addresses: which of them is preferred at each address. */
import { type BlockInfo, trustOf } from "../format/block-header.js";
import type { PageState } from "../format/page-map.js";
import type { RegionHead } from "../format/payloads/memory-region.js";

/** The properties that decide between regions that share addresses. */
export interface Contender {
  readonly head: Pick<RegionHead, "timestampNs">;
  readonly block: Pick<BlockInfo, "index" | "salvageEvidence">;
}

/** Addresses of one region in one state. */
export interface Stretch<R extends Contender = Contender> {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: PageState;
  readonly region: R;
}

/** A region in the sweep: its stretches, and the position of the sweep among them. */
interface Lane<S> {
  readonly stretches: Iterator<S>;
  /** The region's place in the tournament. */
  readonly slot: number;
  /** The number of regions that were opened before. */
  readonly order: number;
  readonly trust: number;
  readonly timestampNs: bigint;
  readonly block: number;
  /** The stretch that ends at the address `event` if `hasBegun` is true, and otherwise begins there. */
  current: S;
  hasBegun: boolean;
  event: bigint;
}

/** After this number of borders without a change of the preferred stretch, the sweep yields that stretch up to the last border, so that the caller can pause. */
const SILENT_BORDERS = 1024;

/**
 * A sweep line over addresses in ascending order, which yields the preferred stretch for every address that a region covers. A region that the walk
 * from header to header found is preferred to a salvaged one, and a salvaged region with stronger evidence to one with weaker evidence; then a captured
 * page to any other page, then the later timestamp, then the later block. All stretches of a region have the same timestamp and block.
 *
 * The sweep goes from border to border, the addresses where stretches begin or end. A heap orders all open regions by the address of their next border;
 * a tournament tree finds the preferred one of the regions that cover the current address. A stretch therefore takes time logarithmic in the number of
 * regions that are open at once.
 */
export class OverlapSweep<S extends Stretch> {
  readonly #borders = new Heap<Lane<S>>((a, b) => a.event < b.event);
  readonly #covering = new Tournament<Lane<S>>(isPreferred);
  #opened = 0;
  #winner: S | undefined;
  #start = 0n;
  #silent = 0;

  /** Adds a region, given by its stretches in ascending order without overlaps. None of them may begin before the last address passed to `upTo`. */
  open(stretches: Iterable<S>): void {
    const iterator = stretches[Symbol.iterator]();
    const first = iterator.next();
    if (first.done) return;
    const { head, block } = first.value.region;
    this.#borders.push({
      stretches: iterator,
      slot: this.#covering.takeSlot(),
      order: this.#opened++,
      trust: trustOf(block.salvageEvidence),
      timestampNs: head.timestampNs,
      block: block.index,
      current: first.value,
      hasBegun: false,
      event: first.value.start,
    });
  }

  /**
   * Yields the preferred stretches that end below `address`; without `address`, all remaining stretches. Regions that begin at `address` or higher may
   * be added afterwards.
   */
  *upTo(address?: bigint): Generator<S, void, undefined> {
    for (let next = this.#borders.peek(); next; next = this.#borders.peek()) {
      const at = next.event;
      if (address !== undefined && at >= address) return;
      if (this.#pass(next)) this.#borders.settleTop();
      else this.#borders.pop();
      if (this.#borders.peek()?.event === at) continue;
      const best = this.#covering.best?.current;
      if (best === this.#winner && ++this.#silent < SILENT_BORDERS) continue;
      const [winner, start] = [this.#winner, this.#start];
      this.#winner = best;
      this.#start = at;
      this.#silent = 0;
      if (winner && start < at) yield { ...winner, start, end: at };
    }
  }

  /** Passes the lane's next border: its stretch begins or ends. Returns false if its last stretch ended. */
  #pass(lane: Lane<S>): boolean {
    if (lane.hasBegun) {
      const next = lane.stretches.next();
      if (next.done) {
        this.#covering.freeSlot(lane.slot);
        return false;
      }
      const { event } = lane;
      lane.current = next.value;
      lane.event = next.value.start;
      if (lane.event > event) {
        this.#covering.set(lane.slot, undefined);
        lane.hasBegun = false;
        return true;
      }
    }
    this.#covering.set(lane.slot, lane);
    lane.hasBegun = true;
    lane.event = lane.current.end;
    return true;
  }
}

/** The preferred stretches of all regions, in the order of addresses. */
export function* resolveOverlaps<S extends Stretch>(regions: Iterable<Iterable<S>>): Generator<S, void, undefined> {
  const sweep = new OverlapSweep<S>();
  for (const stretches of regions) sweep.open(stretches);
  yield* sweep.upTo();
}

function isPreferred<S extends Stretch>(a: Lane<S>, b: Lane<S>): boolean {
  if (a.trust !== b.trust) return a.trust > b.trust;
  const isCaptured = a.current.state === "captured";
  if (isCaptured !== (b.current.state === "captured")) return isCaptured;
  if (a.timestampNs !== b.timestampNs) return a.timestampNs > b.timestampNs;
  return a.block === b.block ? a.order > b.order : a.block > b.block;
}

/** A tournament tree: each slot holds a contestant or is empty, and `best` is the best contestant. A change of a slot takes logarithmic time. */
export class Tournament<T> {
  readonly #beats: (a: T, b: T) => boolean;
  #leaves = 1;
  /** A complete binary tree: slot i at `#leaves + i`, in each node the best one below it. */
  #nodes: (T | undefined)[] = [undefined, undefined];
  readonly #free: number[] = [0];

  constructor(beats: (a: T, b: T) => boolean) {
    this.#beats = beats;
  }

  get best(): T | undefined {
    return this.#nodes[1];
  }

  /** A free slot for one contestant. */
  takeSlot(): number {
    const slot = this.#free.pop();
    if (slot !== undefined) return slot;
    this.#grow();
    return this.takeSlot();
  }

  freeSlot(slot: number): void {
    this.set(slot, undefined);
    this.#free.push(slot);
  }

  /** To be called again when the contestant in the slot has become better or worse. */
  set(slot: number, contestant: T | undefined): void {
    let node = this.#leaves + slot;
    this.#nodes[node] = contestant;
    for (node >>= 1; node > 0; node >>= 1) this.#nodes[node] = this.#better(this.#nodes[2 * node], this.#nodes[2 * node + 1]);
  }

  #better(a: T | undefined, b: T | undefined): T | undefined {
    if (a === undefined || b === undefined) return a ?? b;
    return this.#beats(b, a) ? b : a;
  }

  /** Doubles the tree: the old one becomes the left half of the new one. */
  #grow(): void {
    const nodes = this.#nodes;
    const first = this.#leaves;
    this.#leaves *= 2;
    this.#nodes = new Array<T | undefined>(2 * this.#leaves);
    this.#nodes[1] = nodes[1];
    for (let node = nodes.length - 1; node > 0; node--) this.#nodes[node + 2 ** (31 - Math.clz32(node))] = nodes[node];
    for (let slot = this.#leaves - 1; slot >= first; slot--) this.#free.push(slot);
  }
}

/** A binary heap with the caller's order: the least element is found at once, adding and removing cost a logarithm. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  /** The least element, which stays. */
  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#raise(this.#items.length - 1);
  }

  /** Removes the least element and returns it. */
  pop(): T | undefined {
    const least = this.#items[0];
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return least;
    this.#items[0] = last;
    this.settleTop();
    return least;
  }

  /** To be called when the order of the element on top has changed: moves it to its place. */
  settleTop(): void {
    const items = this.#items;
    const item = items[0];
    if (item === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      let least = items[child];
      if (least === undefined) break;
      const other = items[child + 1];
      if (other !== undefined && this.#before(other, least)) {
        child++;
        least = other;
      }
      if (!this.#before(least, item)) break;
      items[at] = least;
      at = child;
    }
    items[at] = item;
  }

  #raise(from: number): void {
    const items = this.#items;
    const item = items[from];
    if (item === undefined) return;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || !this.#before(item, parent)) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }
}
