/** The captured process's memory by virtual address. */
import { MslError } from "../errors.js";
import { addressJson } from "../json/layout-json.js";
import { Shown, shownAs } from "../json/shown.js";
import { SharedWork } from "../source/shared-work.js";
import { TimeSlice } from "../source/time-slice.js";
import { MemoryRead, type MemorySegment, type MemoryState } from "./memory-read.js";
import type { Region } from "./region.js";
import { RegionTable } from "./region-table.js";
import { type CoveredRegion, covered, resolveOverlaps, type Stretch, stretchesOf } from "./stretches.js";

/** Addresses `[start, end)`. */
export interface MemoryRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Given by `ranges` where regions that were found by searching behind damage tell it. */
  readonly salvaged?: true;
}

const shownRange = shownAs("MemoryRange", ({ start, end, ...mark }: MemoryRange) => ({
  start: addressJson(start),
  end: addressJson(end),
  ...mark,
}));

const ADDRESS_SPACE_END = 1n << 64n;

export class AddressSpace extends Shown {
  readonly #load: (signal: AbortSignal) => Promise<readonly Region[]>;
  #table: SharedWork<RegionTable> | undefined;
  #regionCount: number | null = null;

  /** `load` is called once, on first use; again if it failed. Its signal fires when nobody waits for it any more. */
  constructor(load: (signal: AbortSignal) => Promise<readonly Region[]>) {
    super();
    this.#load = load;
  }

  /** `regions`: how many there are; null before the first use. */
  override toJSON() {
    return { regions: this.#regionCount };
  }

  /** The regions that contain the address, in the order of their base addresses. */
  async regionsAt(address: bigint, signal?: AbortSignal): Promise<Region[]> {
    return [...(await this.#regions(signal)).between(address, address + 1n)];
  }

  /**
   * Reads `[address, address + length)`. Where regions overlap, a region that was not found by searching behind damage wins over one that
   * was, then a captured page over one that is not, then the later timestamp, then the later block. Segments from salvaged regions say so. Throws `usage` for a range outside the 64-bit address space.
   */
  read(address: bigint, length: number, signal?: AbortSignal): Promise<MemoryRead> {
    return this.#read(address, length, undefined, signal);
  }

  /**
   * Like `read`, into `target`: captured bytes are written at their place, and segments have views of it; bytes of holes are left as
   * they are.
   */
  readInto(target: Uint8Array, address: bigint, signal?: AbortSignal): Promise<MemoryRead> {
    return this.#read(address, target.length, target, signal);
  }

  async #read(
    address: bigint,
    length: number,
    target: Uint8Array | undefined,
    signal: AbortSignal | undefined,
  ): Promise<MemoryRead> {
    const end = requireAddressRange(address, length);
    const into = target && { target, address };
    const slice = new TimeSlice(signal);
    const parts: Part[] = [];
    let at = address;
    for await (const stretch of this.#stretches(address, end, signal)) {
      if (stretch.start > at) parts.push({ segments: [hole(at, stretch.start, "absent")] });
      parts.push({ stretch, segments: [] });
      at = stretch.end;
    }
    if (at < end) parts.push({ segments: [hole(at, end, "absent")] });
    for (const part of byRegion(parts)) {
      if (slice.isSpent(8)) await slice.renew();
      if (part.stretch) part.segments = await readStretch(part.stretch, into, signal);
    }
    const segments: MemorySegment[] = [];
    for (const part of parts) for (const segment of part.segments) append(segments, segment);
    return new MemoryRead(address, length, segments);
  }

  /** The state of one byte; `missing` where it was captured but the capture does not hold it. */
  async stateAt(address: bigint, signal?: AbortSignal): Promise<MemoryState> {
    const { segments } = await this.read(address, 1, signal);
    return segments[0]?.state ?? "absent";
  }

  /**
   * The ranges of captured memory between two addresses, ascending and joined across regions, salvaged ones apart; by default all of them.
   * Bytes that captured pages lack, since the capture is cut off, its page data short or not to be decompressed, are not among them.
   */
  async *ranges(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryRange, void, undefined> {
    const slice = new TimeSlice(signal);
    let range: MemoryRange | undefined;
    for await (const stretch of this.#stretches(from, to, signal)) {
      const mark = markOf(stretch.region.region);
      for (const { start, end } of heldRanges(stretch)) {
        if (slice.isSpent()) await slice.renew();
        if (range?.end === start && range.salvaged === mark.salvaged) {
          range = { start: range.start, end, ...mark };
        } else {
          if (range) yield shownRange(range);
          range = { start, end, ...mark };
        }
      }
    }
    if (range) yield shownRange(range);
  }

  async *#stretches(
    from: bigint,
    to: bigint,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Stretch<CoveredRegion>, void, undefined> {
    const slice = new TimeSlice(signal);
    for (const cluster of (await this.#regions(signal)).clusters(from, to)) {
      const lanes: Iterable<Stretch<CoveredRegion>>[] = [];
      for (const region of cluster) {
        if (slice.isSpent(8)) await slice.renew();
        lanes.push(stretchesOf(covered(region, await region.coverage(signal)), from, to));
      }
      for (const stretch of resolveOverlaps(lanes)) {
        if (slice.isSpent(8)) await slice.renew();
        yield stretch;
      }
    }
  }

  #regions(signal?: AbortSignal): Promise<RegionTable> {
    if (!this.#table || this.#table.dead) {
      this.#table = new SharedWork(async (given) => {
        const regions = await this.#load(given);
        const table = await RegionTable.of(regions, given);
        this.#regionCount = regions.length;
        return table;
      });
    }
    return this.#table.join(signal);
  }
}

/** An array whose first byte has this address. */
interface Target {
  readonly target: Uint8Array;
  readonly address: bigint;
}

/** A part of what is read, in the order of addresses. */
interface Part {
  readonly stretch?: Stretch<CoveredRegion>;
  segments: MemorySegment[];
}

/**
 * The parts, those of one region one after the other: where regions take turns page by page, each of them is read forward, and a compressed one
 * decompressed once.
 */
function* byRegion(parts: readonly Part[]): Generator<Part> {
  const regions = new Map<Region | undefined, Part[]>();
  for (const part of parts) {
    const region = part.stretch?.region.region;
    const group = regions.get(region);
    if (group) group.push(part);
    else regions.set(region, [part]);
  }
  for (const group of regions.values()) yield* group;
}

/** The parts of a stretch whose bytes the capture holds. */
function* heldRanges({ start, end, state, region: { region, coverage } }: Stretch<CoveredRegion>): Generator<MemoryRange> {
  if (state !== "captured") return;
  for (let at = start; at < end; ) {
    const held = coverage.heldFrom(at - region.baseAddr, end - region.baseAddr);
    if (held > 0n) yield { start: at, end: at + held };
    // The next fragment's bytes may be there again.
    at += held;
    if (at < end) at = region.fragmentEnd(at);
  }
}

/** The bytes of a stretch; all its addresses lie in pages of one state. */
async function readStretch(
  { start, end, state, region: { region } }: Stretch<CoveredRegion>,
  into: Target | undefined,
  signal: AbortSignal | undefined,
): Promise<MemorySegment[]> {
  const mark = markOf(region);
  if (state !== "captured") return [{ ...hole(start, end, state === "reserved" ? "failed" : state), ...mark }];
  const segments: MemorySegment[] = [];
  for (let at = start; at < end; ) {
    const place = into?.target.subarray(Number(at - into.address), Number(end - into.address));
    const bytes = await region.readCaptured(at - region.baseAddr, Number(end - at), signal, place);
    if (bytes.length > 0) segments.push({ address: at, length: bytes.length, state, ...mark, bytes });
    at += BigInt(bytes.length);
    if (at >= end) break;
    // The next fragment's bytes may be there again.
    const fragmentEnd = region.fragmentEnd(at);
    const next = fragmentEnd < end ? fragmentEnd : end;
    segments.push({ ...hole(at, next, "missing"), ...mark });
    at = next;
  }
  return segments;
}

function markOf(region: Region): { readonly salvaged?: true } {
  return region.salvaged ? { salvaged: true } : {};
}

/** Holes of one state that touch become one; bytes are never joined, since they are views. */
function append(segments: MemorySegment[], segment: MemorySegment): void {
  const last = segments.at(-1);
  if (last && !last.bytes && !segment.bytes && last.state === segment.state && last.salvaged === segment.salvaged) {
    segments[segments.length - 1] = { ...last, length: last.length + segment.length };
  } else {
    segments.push(segment);
  }
}

function hole(from: bigint, to: bigint, state: MemoryState): MemorySegment {
  return { address: from, length: Number(to - from), state };
}

function requireAddressRange(address: bigint, length: number): bigint {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new MslError("usage", `Cannot read ${length} bytes: expected a whole number, 0 or more`);
  }
  const end = address + BigInt(length);
  if (address < 0n || end > ADDRESS_SPACE_END) {
    throw new MslError("usage", `0x${address.toString(16)} and ${length} bytes pass the end of the 64-bit address space`);
  }
  return end;
}
