/** The memory of the captured process, by virtual address. */

import { lendableFile } from "#file-source";
import { concatenated } from "../bytes.js";
import { MslError } from "../errors.js";
import { ADDRESS_SPACE_END } from "../format/payloads/memory-region.js";
import { addressJson } from "../json/layout-json.js";
import { Shown, shownAs } from "../json/shown.js";
import { Remembered } from "../source/cancellable-work.js";
import type { LendableFile } from "../source/file-source.js";
import type { Source, SourcePlace } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import { MemoryRead, type MemorySegment, type MemoryState } from "./memory-read.js";
import { OverlapSweep } from "./overlap-sweep.js";
import type { Region, RegionStretch } from "./region.js";
import { RegionTable } from "./region-table.js";

/** Addresses `[start, end)`. */
export interface MemoryRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Set by `ranges` where the regions that hold the range were found by searching behind damage (`salvage`). */
  readonly salvaged?: true;
}

/** Addresses `[start, end)` whose bytes are in one state. */
export interface MemoryStateRange {
  readonly start: bigint;
  readonly end: bigint;
  readonly state: Exclude<MemoryState, "absent">;
}

/** Bytes by the state of their page. Bytes that no region covers count nowhere. */
export interface MemoryExtent {
  readonly captured: bigint;
  readonly failed: bigint;
  readonly unmapped: bigint;
  /** Bytes of captured pages that the capture does not hold. */
  readonly missing: bigint;
}

/** Bytes that lie one behind the other in a file that other threads can read. */
export interface FileExtent {
  readonly file: LendableFile;
  /** Where the first byte lies in the file. */
  readonly offset: number;
}

/** Consecutive addresses `[start, end)` that reads take from one region, and whose bytes are in one state. */
export interface MemoryOwner extends MemoryStateRange {
  readonly region: Region;
}

/** What a memory is of. `Capture` is one: it tells whether regions are missing, of which nobody knows the addresses. */
export interface MemoryOrigin {
  /** `eocIndex`: null if there is no End-of-Capture, so that regions may be missing. */
  readonly end: { readonly eocIndex: number | null };
  /** Names of contents that the header announces, and no block has. */
  readonly announcedButMissing: readonly string[];
  /** The Memory Region blocks whose addresses cannot be read. */
  unreadableRegions(signal?: AbortSignal): Promise<{ readonly length: number }>;
}

const shownRange = shownAs("MemoryRange", ({ start, end, ...mark }: MemoryRange) => ({
  start: addressJson(start),
  end: addressJson(end),
  ...mark,
}));

const shownStates = shownAs("MemoryStateRange", ({ start, end, state }: MemoryStateRange) => ({
  start: addressJson(start),
  end: addressJson(end),
  state,
}));

/** The memory of the captured process by virtual address: every read returns bytes and the state of every address. */
export class AddressSpace extends Shown {
  /** The capture that the memory is of. */
  readonly origin: MemoryOrigin | undefined;
  readonly #load: (signal: AbortSignal | undefined) => Promise<readonly Region[]>;
  readonly #source: Pick<Source, "requireUnchanged">;
  readonly #table = new Remembered<RegionTable>();
  #regionCount: number | null = null;

  /**
   * `load` gives all regions. It is called on first use, and again if it failed. Its signal fires when nobody waits for the regions any more. `source`: what
   * they are read from. `origin`: the capture that they are of.
   */
  constructor(
    load: (signal: AbortSignal | undefined) => Promise<readonly Region[]>,
    source: Pick<Source, "requireUnchanged"> = {},
    origin?: MemoryOrigin,
  ) {
    super();
    this.origin = origin;
    this.#load = load;
    this.#source = source;
  }

  /** `regions`: the number of regions; null before the first use. */
  override toJSON() {
    return { regions: this.#regionCount };
  }

  /** The regions that contain the address, in the order of their base addresses. */
  regionsAt(address: bigint, signal?: AbortSignal): Promise<Region[]> {
    return this.regionsBetween(address, address + 1n, signal);
  }

  /** The regions that share an address with `[from, to)`, in the order of their base addresses. */
  async regionsBetween(from: bigint, to: bigint, signal?: AbortSignal): Promise<Region[]> {
    const table = await this.#table.get((given) => this.#makeTable(given), signal);
    const slice = new TimeSlice(signal);
    const regions: Region[] = [];
    for (const region of table.between(from, to)) {
      if (slice.isSpent()) await slice.renew();
      regions.push(region);
    }
    return regions;
  }

  /**
   * Reads `[address, address + length)`. Where regions overlap, a region that the walk from header to header found is preferred to a salvaged one
   * (found by searching behind damage); then a captured page to any other page, then the later timestamp, then the later block. Segments of salvaged
   * regions are marked as `salvaged`. Throws `usage` for a range outside the 64-bit address space.
   */
  read(address: bigint, length: number, signal?: AbortSignal): Promise<MemoryRead> {
    return this.#read(address, length, undefined, signal);
  }

  /**
   * Like `read`, for as many bytes as `target` has. Writes the captured bytes into `target`, and the segments have views of `target`. The bytes of
   * `target` at holes stay as they are.
   */
  readInto(target: Uint8Array, address: bigint, signal?: AbortSignal): Promise<MemoryRead> {
    return this.#read(address, target.length, target, signal);
  }

  /**
   * Where the bytes of `[address, address + length)` lie in a file, as they are and one behind the other, so that other threads of this process can read
   * them by its descriptor (in Node and Bun). Undefined if a byte is not captured, for compressed and encrypted memory, and for sources that are no files.
   * Throws `usage` for a range outside the 64-bit address space.
   */
  async inFile(address: bigint, length: number, signal?: AbortSignal): Promise<FileExtent | undefined> {
    const end = requireAddressRange(address, length);
    const slice = new TimeSlice(signal);
    let first: SourcePlace | undefined;
    let at = address;
    for await (const { start, end: stop, state, fragment, dataBase } of this.#stretches(address, end, signal)) {
      if (start !== at || state !== "captured") return undefined;
      const place = await fragment.placeOf(Number(start - dataBase), Number(stop - start), signal);
      first ??= place;
      if (place?.source !== first?.source || place?.offset !== (first?.offset ?? 0) + Number(start - address)) return undefined;
      if (slice.isSpent(8)) await slice.renew();
      at = stop;
    }
    const file = first && at === end ? lendableFile(first.source) : undefined;
    return file && first && { file, offset: first.offset };
  }

  /**
   * Throws `changed` if the file that the memory is read from was written to since it was opened, as far as the system tells: what was read before may be made of
   * old and new bytes. Of other sources, those that have `requireUnchanged` can tell.
   */
  async requireUnchanged(): Promise<void> {
    await this.#source.requireUnchanged?.();
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
      if (stretch.start > at) parts.push({ stretches: [], segments: [hole(at, stretch.start, "absent")] });
      const last = parts.at(-1)?.stretches;
      if (last && areJoined(last.at(-1), stretch)) last.push(stretch);
      else parts.push({ stretches: [stretch], segments: [] });
      at = stretch.end;
    }
    if (at < end) parts.push({ stretches: [], segments: [hole(at, end, "absent")] });
    for (const part of parts.length > 1 ? byRegion(parts) : parts) {
      if (slice.isSpent(8)) await slice.renew();
      await readPart(part, into, signal);
    }
    const [first] = parts;
    return new MemoryRead(address, length, first && parts.length === 1 ? first.segments : joined(parts));
  }

  /** The state of one byte. `missing`: its page was captured, but the capture does not hold the byte. */
  async stateAt(address: bigint, signal?: AbortSignal): Promise<MemoryState> {
    const { segments } = await this.read(address, 1, signal);
    return segments[0]?.state ?? "absent";
  }

  /**
   * The ranges of captured memory between two addresses, by default of the whole address space, in ascending order. Ranges that touch are joined unless
   * only one of them is salvaged. Bytes of captured pages that the capture does not hold are left out: the capture may be cut off, or the page data may
   * be too short or fail to decompress.
   */
  async *ranges(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryRange, void, undefined> {
    let range: MemoryRange | undefined;
    for await (const part of this.rangeParts(from, to, signal)) {
      if (range?.end === part.start && range.salvaged === part.salvaged) range = { ...part, start: range.start };
      else {
        if (range) yield shownRange(range);
        range = part;
      }
    }
    if (range) yield shownRange(range);
  }

  /** The bytes of `ranges`, in parts that may touch: each as soon as its region has been read, for programs that go on meanwhile. */
  async *rangeParts(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryRange, void, undefined> {
    const slice = new TimeSlice(signal);
    for await (const { start, end, state, region, heldEnd } of this.#stretches(from, to, signal)) {
      if (slice.isSpent()) await slice.renew();
      const stop = heldEnd < end ? heldEnd : end;
      if (state === "captured" && stop > start) yield { start, end: stop, ...markOf(region) };
    }
  }

  /**
   * The region that reads prefer at each address between two addresses, and the state of the bytes, in ascending order; addresses of no region are left out.
   * Neighbours may have the same region: where the state changes, a new one begins.
   */
  async *owners(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryOwner, void, undefined> {
    for await (const stretch of this.#stretches(from, to, signal))
      for (const part of partsOf(stretch)) yield { ...part, region: stretch.region };
  }

  /**
   * The addresses between two addresses that regions cover, with the state of their bytes, in ascending order. By default of the whole address space.
   * Ranges of one state that touch are joined. Where regions overlap, an address comes once.
   */
  async *states(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): AsyncGenerator<MemoryStateRange, void, undefined> {
    const slice = new TimeSlice(signal);
    let range: MemoryStateRange | undefined;
    for await (const stretch of this.#stretches(from, to, signal)) {
      if (slice.isSpent()) await slice.renew();
      for (const part of partsOf(stretch)) {
        if (range?.end === part.start && range.state === part.state) {
          range = { ...range, end: part.end };
        } else {
          if (range) yield shownStates(range);
          range = part;
        }
      }
    }
    if (range) yield shownStates(range);
  }

  /** How many bytes between two addresses are in each state, by default of the whole address space. Where regions overlap, an address counts once. */
  async extent(from = 0n, to = ADDRESS_SPACE_END, signal?: AbortSignal): Promise<MemoryExtent> {
    const bytes = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n };
    for await (const { start, end, state } of this.owners(from, to, signal)) bytes[state] += end - start;
    return bytes;
  }

  /** The addresses in `[from, to)` that regions cover, in ascending order, each once: with the preferred region and its page state. */
  async *#stretches(from: bigint, to: bigint, signal: AbortSignal | undefined): AsyncGenerator<RegionStretch, void, undefined> {
    const slice = new TimeSlice(signal);
    let sweep: OverlapSweep<RegionStretch> | undefined;
    const table = await this.#table.get((given) => this.#makeTable(given), signal);
    for (const { region, overlapsBefore, overlapsNext } of table.placedBetween(from, to)) {
      for (const stretch of sweep?.upTo(overlapsBefore ? region.baseAddr : undefined) ?? []) {
        if (slice.isSpent(8)) await slice.renew();
        yield stretch;
      }
      if (slice.isSpent(8)) await slice.renew();
      let stretches = (await region.coverage(signal)).stretches(from, to);
      if (overlapsBefore || overlapsNext) {
        sweep ??= new OverlapSweep();
        sweep.open(stretches);
        stretches = [];
      }
      for (const stretch of stretches) {
        if (slice.isSpent(8)) await slice.renew();
        yield stretch;
      }
    }
    for (const stretch of sweep?.upTo() ?? []) {
      if (slice.isSpent(8)) await slice.renew();
      yield stretch;
    }
  }

  async #makeTable(signal: AbortSignal | undefined): Promise<RegionTable> {
    const table = await RegionTable.of(await this.#load(signal), signal);
    this.#regionCount = table.size;
    return table;
  }
}

/** A stretch by the state of its bytes: where it is captured, the bytes that the capture holds, and behind them those that it does not hold. */
function partsOf({ start, end, state, heldEnd }: RegionStretch): readonly MemoryStateRange[] {
  if (state !== "captured" || heldEnd >= end) return [{ start, end, state: state === "reserved" ? "failed" : state }];
  const missing = { start: heldEnd > start ? heldEnd : start, end, state: "missing" } as const;
  return heldEnd > start ? [{ start, end: heldEnd, state }, missing] : [missing];
}

/** The array that captured bytes are written to, and the address of its first byte. */
interface Target {
  readonly target: Uint8Array;
  readonly address: bigint;
}

/**
 * A part of the addresses that are read: consecutive captured stretches of one region, or one stretch in another state, or addresses of no region.
 * `segments` is filled when the part is read.
 */
interface Part {
  readonly stretches: RegionStretch[];
  segments: MemorySegment[];
}

/** Whether two consecutive stretches become one segment: both have to be captured and of the same region, in the same fragment or in two. */
function areJoined(before: RegionStretch | undefined, { state, region }: RegionStretch): boolean {
  return state === "captured" && before?.state === state && before.region === region;
}

/**
 * All parts of one region, then all parts of the next. Where two regions alternate page by page, each of them is then read forward, and a compressed
 * region is decompressed once.
 */
function* byRegion(parts: readonly Part[]): Generator<Part> {
  const regions = new Map<Region | undefined, Part[]>();
  for (const part of parts) {
    const region = part.stretches[0]?.region;
    const group = regions.get(region);
    if (group) group.push(part);
    else regions.set(region, [part]);
  }
  for (const group of regions.values()) yield* group;
}

/** Reads a part and appends its segments; where captured pages lack bytes, a segment in the state `missing`. */
async function readPart({ stretches, segments }: Part, into: Target | undefined, signal: AbortSignal | undefined): Promise<void> {
  let pieces: Uint8Array[] = [];
  let at: bigint | undefined;
  for (const [i, { start, end, state, region, fragment, dataBase }] of stretches.entries()) {
    const mark = markOf(region);
    if (state !== "captured") {
      segments.push({ ...hole(start, end, state === "reserved" ? "failed" : state), ...mark });
      continue;
    }
    const place = into?.target.subarray(Number(start - into.address), Number(end - into.address));
    const bytes = await fragment.readHeld(Number(start - dataBase), Number(end - start), signal, place);
    if (bytes.length > 0) pieces.push(bytes);
    at ??= start;
    const held = start + BigInt(bytes.length);
    if (held === end && i + 1 < stretches.length) continue;
    if (held > at) {
      const joined =
        pieces.length === 1 ? pieces[0] : into?.target.subarray(Number(at - into.address), Number(held - into.address));
      segments.push({ address: at, length: Number(held - at), state, ...mark, bytes: joined ?? concatenated(pieces) });
    }
    if (held < end) segments.push({ ...hole(held, end, "missing"), ...mark });
    pieces = [];
    at = undefined;
  }
}

function markOf(region: Region): { readonly salvaged?: true } {
  return region.salvaged ? { salvaged: true } : {};
}

/** The segments of all parts. Holes of one state that touch become one segment; segments with bytes stay apart, since the bytes are views. */
function joined(parts: readonly Part[]): MemorySegment[] {
  const segments: MemorySegment[] = [];
  for (const part of parts) {
    for (const segment of part.segments) {
      const last = segments.at(-1);
      if (last && !last.bytes && !segment.bytes && last.state === segment.state && last.salvaged === segment.salvaged)
        segments[segments.length - 1] = { ...last, length: last.length + segment.length };
      else segments.push(segment);
    }
  }
  return segments;
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
