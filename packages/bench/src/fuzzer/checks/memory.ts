/** Compares regions and reads by address, byte by byte, with decoded payloads. */
import {
  BlockFlag,
  BlockType,
  type Capture,
  type MemoryRead,
  type MemoryRegionPayload,
  type MemoryState,
  type MslSliceReader,
  type PageRun,
  PageStates,
  type Region,
} from "@memslice/msl";
import type { Random } from "../../captures/random.js";
import { ask, require, requireEqual } from "../finding.js";
import { checkPageStates, PlainStates } from "./page-states.js";
import type { Subject } from "./subject.js";

const ADDRESS_SPACE_END = 1n << 64n;
/** Number of regions to check closely in one run, and bytes of one read. */
const REGIONS_LOOKED_AT = 6;
const LONGEST_READ = 48;

export async function checkMemory({ random }: Subject, slice: MslSliceReader, capture: Capture): Promise<void> {
  const survey = await ask(() => capture.regions());
  const unreadable = await ask(() => capture.unreadableRegions());
  requireEqual("refusal of regions", survey.error?.code, unreadable.error?.code);
  if (survey.error || unreadable.error) return;
  const blocks = [...capture.blocks.ofType(BlockType.MemoryRegion)].filter(({ afterEoc }) => !afterEoc);
  const joined = survey.value.flatMap((region) => region.blocks.map(({ index }) => index));
  const found = [...joined, ...Array.from(unreadable.value, ({ block }) => block.index)].sort((a, b) => a - b);
  // A raw continuation of another block's payload is part of that block's region and no region itself.
  const whole = blocks.filter(({ flags, index }) => (flags & BlockFlag.Continuation) === 0 || found.includes(index));
  requireEqual(
    "region blocks, readable or not",
    found,
    whole.map(({ index }) => index),
  );
  const regions: PlainRegion[] = [];
  for (const region of survey.value) {
    const pages = await ask(() => region.pages());
    if (pages.value instanceof PageStates) checkPageStates(`region of block ${region.block.index}`, pages.value, random);
    const checked = await ask(() => region.check());
    // The head was read before the rest of the payload turned out to be unsound, so the payload as a whole does not decode.
    if (region.block.compression !== "none" && checked.value?.problem?.id.startsWith("CMP-")) return;
    regions.push(...region.blocks.map(({ index }) => new PlainRegion(index, region, slice)));
  }
  // A region with raw continuations has page data in other blocks, which its own payload lacks.
  if (whole.length < blocks.length) return;
  for (let left = Math.min(REGIONS_LOOKED_AT, regions.length); left > 0; left--) {
    for (const address of placesOf(random.pick(regions), random)) await checkRead(address, capture, regions, random);
  }
  await checkRead(0n, capture, regions, random);
  await checkRead(ADDRESS_SPACE_END, capture, regions, random);
}

/** A region or one of its fragments, decoded from its block, without the library's computations with pages. */
class PlainRegion {
  /** First block of the whole region; fragments share it, and the timestamp. */
  readonly firstBlock: number;
  readonly timestamp: bigint;
  readonly base: bigint;
  readonly end: bigint;
  readonly pageSize: bigint;
  readonly numPages: number;
  readonly #block: number;
  readonly #slice: MslSliceReader;

  constructor(block: number, { block: first, head }: Region, slice: MslSliceReader) {
    this.firstBlock = first.index;
    this.timestamp = head.timestampNs;
    this.#block = block;
    this.#slice = slice;
    const { baseAddr, regionSize, pageSize, numPages } = this.payload();
    this.base = baseAddr;
    this.end = baseAddr + regionSize;
    this.pageSize = BigInt(pageSize);
    this.numPages = numPages;
  }

  /** Decoded on demand, so that a run does not hold memory that the library would not. */
  payload(): MemoryRegionPayload {
    const { payload, partial } = this.#slice.at(this.#block).decode();
    const decoded = (payload ?? partial) as MemoryRegionPayload | undefined;
    if (decoded?.pages) return decoded;
    throw new Error(`The region of block ${this.#block} opens, but does not decode`);
  }
}

/** Addresses at which mistakes are likely: edges of the region, of pages, and of captured pages, whose bytes can be wrong. */
function placesOf(region: PlainRegion, random: Random): bigint[] {
  const page = region.base + region.pageSize * BigInt(random.below(region.numPages + 1));
  const states = region.payload().pages;
  const captured = firstCaptured(states.runs(random.oneIn(2) ? 0 : random.below(states.numPages)));
  const start = region.base + region.pageSize * BigInt(captured?.start ?? 0);
  const end = start + region.pageSize * BigInt(captured?.count ?? 0);
  const inside = (): bigint => BigInt(random.below(1024));
  return [region.base, region.end, page, page + inside(), start, start + inside(), end];
}

function firstCaptured(runs: Iterable<PageRun>): PageRun | undefined {
  for (const run of runs) if (run.state === "captured") return run;
  return undefined;
}

async function checkRead(near: bigint, capture: Capture, regions: readonly PlainRegion[], random: Random): Promise<void> {
  const length = random.below(LONGEST_READ + 1);
  const wanted = near - BigInt(random.below(length + 1));
  const last = ADDRESS_SPACE_END - BigInt(length);
  const address = wanted < 0n ? 0n : wanted > last ? last : wanted;
  const read = await ask(() => capture.memory.read(address, length));
  if (!read.value) return;
  const where = `${length} bytes at 0x${address.toString(16)}`;
  requireSegments(where, read.value);
  requireEqual(where, bytewise(read.value), expectedBytes(address, length, regions));
  const whole = await ask(() => read.value.bytes());
  requireEqual(`${where}: hole`, whole.error?.code, read.value.complete ? undefined : "hole");
  requireEqual(`${where}: filled`, read.value.bytes({ fill: 0xee }).length, length);
}

/** Segments are in address order, adjacent and not empty; a segment has bytes if and only if it was captured. */
function requireSegments(where: string, read: MemoryRead): void {
  let at = read.address;
  for (const { address, length, state, bytes } of read.segments) {
    require(`${where}: segment at 0x${address.toString(16)} of ${length}`, address === at && length > 0);
    require(`${where}: bytes of a ${state} segment`, (state === "captured") === (bytes !== undefined));
    if (bytes) requireEqual(`${where}: bytes of the segment`, bytes.length, length);
    at += BigInt(length);
  }
  require(`${where}: end of the segments`, at === read.address + BigInt(read.length));
}

type Cell = number | Exclude<MemoryState, "captured">;

function bytewise(read: MemoryRead): Cell[] {
  return read.segments.flatMap(({ length, state, bytes }): Cell[] =>
    bytes ? [...bytes] : Array.from({ length }, () => state as Exclude<MemoryState, "captured">),
  );
}

/** Where regions overlap, captured pages take precedence, then the later timestamp, then the later block. */
function expectedBytes(address: bigint, length: number, regions: readonly PlainRegion[]): Cell[] {
  const near = regions.filter(({ base, end }) => base < address + BigInt(length) && end > address);
  const views = near.map((region) => viewOfRegion(region));
  return Array.from({ length }, (_, i) => {
    const at = address + BigInt(i);
    const here = views.filter(({ region }) => region.base <= at && at < region.end);
    const [winner] = here.map((view) => ({ view, state: view.stateAt(at) })).sort(byPreference);
    if (!winner) return "absent";
    if (winner.state !== "captured") return winner.state === "unmapped" ? "unmapped" : "failed";
    return winner.view.byteAt(at) ?? "missing";
  });
}

type RegionView = ReturnType<typeof viewOfRegion>;
type Candidate = { readonly view: RegionView; readonly state: ReturnType<RegionView["stateAt"]> };

function byPreference(a: Candidate, b: Candidate): number {
  const captured = Number(b.state === "captured") - Number(a.state === "captured");
  if (captured !== 0) return captured;
  const [x, y] = [a.view.region, b.view.region];
  return x.timestamp === y.timestamp ? y.firstBlock - x.firstBlock : y.timestamp > x.timestamp ? 1 : -1;
}

/** Computes with 64-bit integers throughout, where the library may round. */
function viewOfRegion(region: PlainRegion) {
  const { pages, pageData } = region.payload();
  const states = new PlainStates(pages);
  const ranks = new Map<number, number>();
  const rank = (page: number): number => {
    const known = ranks.get(page) ?? states.captured(page);
    ranks.set(page, known);
    return known;
  };
  return {
    region,
    stateAt: (address: bigint) => states.at(Number((address - region.base) / region.pageSize)),
    byteAt(address: bigint): number | undefined {
      const page = (address - region.base) / region.pageSize;
      const at = BigInt(rank(Number(page))) * region.pageSize + (address - region.base) - page * region.pageSize;
      return at < BigInt(pageData.length) ? pageData[Number(at)] : undefined;
    },
  };
}
