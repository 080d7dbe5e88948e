/** Runs of consecutive pages in one state, from a page-state map of any size in bounded memory. */
import { type Core, defaultCore, SCRATCH_BYTES, STAGING_BYTES } from "./core.js";
import { CURSOR_PAGE, CURSOR_STATE, NO_STATE } from "./layout.js";
import { PageState, pageMapBytes, requirePageStates } from "./page-states.js";
import { CORE, LIMIT, type OptionChecks, oneOf, requireOptions } from "./require-options.js";

/** Offset of the runs in the scratch area, 4 + 1 bytes each. The cursor of `writePageRuns` comes before them. */
const RUNS_AT = 64;
const RUNS_PER_CALL = Math.floor((SCRATCH_BYTES - RUNS_AT) / 5);

const PIECE_PAGES = STAGING_BYTES * 4;
/** Pages of a piece where runs are short: one call of the kernel fills its room after few pages. */
const DENSE_PIECE_PAGES = 64 * 1024;
const INITIAL_CAPACITY = 64;

/** Maximal runs in page order. Run i has the pages from `starts[i]` up to `starts[i + 1]`, the last run up to `endPage`, exclusive. */
export interface PageRuns {
  /** Number of runs. */
  readonly count: number;
  /** First page of each run. */
  readonly starts: Uint32Array;
  /** The state of each run: a `PageState`. */
  readonly states: Uint8Array;
  /** The page after the last run. */
  readonly endPage: number;
}

/** Options of the functions that give runs of page-state maps. */
export interface PageRunsOptions {
  /**
   * How pages in the reserved state count: as "failed" (default), as the format demands of readers, or as "reserved", in runs of their own.
   */
  readonly reservedAs?: "failed" | "reserved";
  /** The instance to work in. Default: the shared one. */
  readonly core?: Core;
}

const RESERVED_AS = /* @__PURE__ */ oneOf("failed", "reserved");
const RUNS_OPTIONS: OptionChecks<PageRunsOptions> = { reservedAs: RESERVED_AS, core: CORE };
const LIMITED_RUNS_OPTIONS: OptionChecks<PageRunsOptions & { limit?: number }> = {
  reservedAs: RESERVED_AS,
  core: CORE,
  limit: LIMIT,
};

/**
 * The runs of the first `pages` states of `map`. With more than `limit` runs (default: no limit), the first `limit` of them, and `endPage` is
 * less than `pages`. A run takes 5 bytes; a map may have as many runs as pages. Throws a `RangeError` when the map has fewer states, or for
 * 2^32 pages or more.
 */
export function pageRuns(map: Uint8Array, pages: number, options: PageRunsOptions & { readonly limit?: number } = {}): PageRuns {
  requireOptions("pageRuns", LIMITED_RUNS_OPTIONS, options);
  requirePageStates(map, pages);
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const scan = new RunScan(map, pages, options);
  let unfinished = true;
  while (unfinished) unfinished = scan.scanPiece(limit);
  return scan.take(scan.count, scan.page);
}

/**
 * The runs of the first `pages` states of `map` in batches of at most about 64 KiB, made as the caller asks for them, none empty. Each run is
 * whole in one batch. Throws as `pageRuns` does, and also when `map` is detached between two batches.
 */
export function pageRunBatches(
  map: Uint8Array,
  pages: number,
  options: PageRunsOptions = {},
): Generator<PageRuns, void, undefined> {
  requireOptions("pageRunBatches", RUNS_OPTIONS, options);
  requirePageStates(map, pages);
  return batches(new RunScan(map, pages, options));
}

function* batches(scan: RunScan): Generator<PageRuns, void, undefined> {
  while (scan.scanPiece(Number.POSITIVE_INFINITY)) {
    if (scan.count > 1) yield scan.take(scan.count - 1, scan.lastStart);
  }
  if (scan.count > 0) yield scan.take(scan.count, scan.pages);
}

/** Scans a map piece by piece. Between two pieces it keeps nothing in areas that other callers of the core use. */
class RunScan {
  readonly pages: number;
  /** The first page that belongs to no run found so far. */
  page = 0;
  /** Runs found and not yet taken. */
  count = 0;
  readonly #map: Uint8Array;
  readonly #core: Core;
  readonly #reservedAs: number;
  #lastState = NO_STATE;
  /** Whether the last piece had more runs than one call of the kernel has room for. */
  #dense = false;
  #starts = new Uint32Array(INITIAL_CAPACITY);
  #states = new Uint8Array(INITIAL_CAPACITY);

  constructor(map: Uint8Array, pages: number, options: PageRunsOptions) {
    this.pages = pages;
    this.#map = map;
    this.#core = options.core ?? defaultCore();
    this.#reservedAs = options.reservedAs === "reserved" ? PageState.reserved : PageState.failed;
  }

  /** The start of the last run. */
  get lastStart(): number {
    return this.#starts[this.count - 1] ?? 0;
  }

  /**
   * Adds the runs that begin in the next piece of the map, as many as one call of the kernel has room for, until there are `limit`. False when
   * there is nothing left to scan.
   */
  scanPiece(limit: number): boolean {
    requirePageStates(this.#map, this.pages);
    const { kernels, memory, scratch } = this.#core;
    // A piece begins with a whole byte of the map.
    const firstPage = this.page - (this.page % 4);
    const piecePages = Math.min(this.#dense ? DENSE_PIECE_PAGES : PIECE_PAGES, this.pages - firstPage);
    const address = this.#core.stage(this.#map.subarray(firstPage / 4, firstPage / 4 + pageMapBytes(piecePages)));
    const cursor = new Uint32Array(memory.bytes.buffer, scratch, 2);
    cursor[CURSOR_PAGE] = this.page - firstPage;
    cursor[CURSOR_STATE] = this.#lastState;
    const room = Math.min(RUNS_PER_CALL, Math.floor(limit - this.count));
    const written =
      kernels.writePageRuns(address, piecePages, firstPage, this.#reservedAs, scratch, scratch + RUNS_AT, room) >>> 0;
    this.#append(scratch + RUNS_AT, room, written);
    const passed = cursor[CURSOR_PAGE] ?? 0;
    const state = cursor[CURSOR_STATE] ?? NO_STATE;
    this.page = firstPage + passed;
    this.#lastState = state;
    this.#dense = passed < piecePages;
    return this.#dense ? written === RUNS_PER_CALL : this.page < this.pages;
  }

  /** Removes the first `count` runs, which end before `endPage`, and returns them. */
  take(count: number, endPage: number): PageRuns {
    const starts = this.#starts.slice(0, count);
    const states = this.#states.slice(0, count);
    this.#starts.copyWithin(0, count, this.count);
    this.#states.copyWithin(0, count, this.count);
    this.count -= count;
    return { count, starts, states, endPage };
  }

  /** Adds `count` runs that the kernel wrote where it had room for `room`. */
  #append(runs: number, room: number, count: number): void {
    this.#reserve(this.count + count);
    const { buffer } = this.#core.memory.bytes;
    this.#starts.set(new Uint32Array(buffer, runs, count), this.count);
    this.#states.set(new Uint8Array(buffer, runs + 4 * room, count), this.count);
    this.count += count;
  }

  #reserve(capacity: number): void {
    if (capacity <= this.#starts.length) return;
    const grown = Math.max(capacity, 2 * this.#starts.length);
    const starts = new Uint32Array(grown);
    const states = new Uint8Array(grown);
    starts.set(this.#starts);
    states.set(this.#states);
    this.#starts = starts;
    this.#states = states;
  }
}
