/**
 * How a mapping becomes regions and blocks. A block holds as many captured pages as one buffer, so that the states of its pages are known before its page
 * map is written; the blocks of one mapping are fragments of one region (specification: Continuation). Around a hole of a gibibyte or more, the mapping
 * becomes several regions: the hole is one with large pages, whose map is small however many terabytes a process has reserved.
 */
import { minimum, type PageStretchAt } from "../proc/page-table.js";

/** What becomes one block. */
export interface Fragment {
  readonly start: bigint;
  readonly end: bigint;
  /** Binary logarithm of the page size that the block states. */
  readonly pageSizeLog2: number;
  /** The pages from `start` to `end`, ascending and without gaps. */
  readonly stretches: readonly PageStretchAt[];
  /** Whether it is the first one of its region. */
  readonly isFirst: boolean;
  /** Whether the next fragment belongs to the same region. */
  readonly isContinued: boolean;
}

/** Bytes of pages that are not there from which on they become regions of their own. With pages of 4 KiB, the map of so many takes 64 KiB. */
const HOLE_BYTES = 1n << 30n;
/** Binary logarithms of the page size of such regions, and the size up to which the smaller one is taken: their maps have at most 16 KiB up to it. */
const HOLE_PAGE_LOG2 = 21n;
const LARGE_HOLE_PAGE_LOG2 = 30n;
const LARGE_HOLE_BYTES = 1n << 37n;
/** Pages of a block: its map takes a quarter of a mebibyte. */
const MOST_PAGES = 1n << 20n;

interface Piece extends PageStretchAt {
  /** Set for a region of its own. */
  readonly holeLog2?: bigint;
}

interface Building {
  readonly start: bigint;
  end: bigint;
  captured: bigint;
  readonly isFirst: boolean;
  readonly stretches: { start: bigint; end: bigint; present: boolean }[];
}

/** `capacity`: bytes of captured pages that one block may have, a multiple of the page size. */
export async function* fragmentsOf(
  stretches: AsyncIterable<PageStretchAt>,
  { pageBytes, capacity }: { readonly pageBytes: bigint; readonly capacity: bigint },
): AsyncGenerator<Fragment, void, undefined> {
  const pageSizeLog2 = logarithm(pageBytes);
  const done = ({ start, end, stretches: own, isFirst }: Building, isContinued: boolean): Fragment => ({
    ...{ start, end, pageSizeLog2, stretches: own, isFirst, isContinued },
  });
  /** A full fragment, of which is not known yet whether the region goes on. */
  let full: Building | undefined;
  let building: Building | undefined;
  let isFirst = true;
  for await (const piece of piecesOf(stretches)) {
    if (piece.holeLog2 !== undefined) {
      const last = building ?? full;
      if (last) yield done(last, false);
      building = undefined;
      full = undefined;
      isFirst = true;
      yield { ...piece, pageSizeLog2: Number(piece.holeLog2), stretches: [piece], isFirst: true, isContinued: false };
      continue;
    }
    for (let at = piece.start; at < piece.end; ) {
      if (!building) {
        if (full) yield done(full, true);
        full = undefined;
        building = { start: at, end: at, captured: 0n, isFirst, stretches: [] };
        isFirst = false;
      }
      const room = MOST_PAGES * pageBytes - (building.end - building.start);
      const most = piece.present ? minimum(room, capacity - building.captured) : room;
      const end = minimum(piece.end, at + most);
      add(building, { start: at, end, present: piece.present });
      at = end;
      if (building.captured < capacity && building.end - building.start < MOST_PAGES * pageBytes) continue;
      full = building;
      building = undefined;
    }
  }
  const last = building ?? full;
  if (last) yield done(last, false);
}

function add(building: Building, stretch: PageStretchAt): void {
  const last = building.stretches.at(-1);
  if (last?.present === stretch.present) last.end = stretch.end;
  else building.stretches.push({ ...stretch });
  building.end = stretch.end;
  if (stretch.present) building.captured += stretch.end - stretch.start;
}

/** Takes large holes out of the stretches, up to addresses that are multiples of their page size. */
async function* piecesOf(stretches: AsyncIterable<PageStretchAt>): AsyncGenerator<Piece, void, undefined> {
  for await (const { start, end, present } of stretches) {
    const log2 = end - start > LARGE_HOLE_BYTES ? LARGE_HOLE_PAGE_LOG2 : HOLE_PAGE_LOG2;
    const [from, to] = [((start + (1n << log2) - 1n) >> log2) << log2, (end >> log2) << log2];
    if (present || end - start < HOLE_BYTES || to <= from) {
      yield { start, end, present };
      continue;
    }
    if (start < from) yield { start, end: from, present };
    yield { start: from, end: to, present, holeLog2: log2 };
    if (to < end) yield { start: to, end, present };
  }
}

/** The binary logarithm of a power of two. */
function logarithm(size: bigint): number {
  return size.toString(2).length - 1;
}
