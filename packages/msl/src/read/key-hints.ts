/**
 * Key hints and the bytes at their places. By the specification RegionOffset is an offset in the captured bytes of the region. MemDiver reads it as an
 * offset from the base address of the region, and the fork of memslicer writes it so. If every page before the key was captured, both are the same
 * place; otherwise both places are given as candidates.
 */

import { concatenated, ownBytes } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { capturedPage, type PageMap } from "../format/page-map.js";
import type { TablePayload } from "../format/payloads/registry.js";
import { addressJson, blobJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import type { BlockRegion } from "../memory/block-region.js";
import { UNITS_PER_YIELD } from "../sliced-work.js";
import { itemsInSlices, sortInSlices, TimeSlice } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import type { References } from "./references.js";
import type { RegionRows } from "./region-rows.js";

type KeyHintPayload = Extract<TablePayload, { kind: "KeyHint" }>;

/** A place in memory that a hint may name. */
export interface KeyCandidate {
  /** How RegionOffset was interpreted: as an offset in the page data, or from the base address of the region. */
  readonly reading: "page data" | "region";
  readonly address: bigint;
  /** KeyLen bytes; fewer at the end of the captured pages or by a limit (CMP-LIMIT); empty for an unknown length. */
  readonly bytes: Uint8Array;
}

/** A Key Hint block: the place in memory where the captured program has a cryptographic key. */
export interface KeyHint {
  readonly block: CaptureBlock;
  readonly hint: KeyHintPayload;
  /** Whether its block or that of its region was found by searching behind damage. */
  readonly salvaged: boolean;
  /** The region block that the hint names; absent if it is missing or cannot be read. */
  readonly region?: BlockRegion;
  /**
   * One candidate if only one reading lies inside its range: all of the key in the page data, without a hole inside the key, or in captured pages of the region.
   * If both do, both: the one by the rule of the capture's writer first, which is that of the fork in captures of the fork of memslicer, otherwise that of the
   * specification. If none does, what there is of the key (KEY-RANGE). Empty if the hint points outside the region.
   */
  readonly candidates: readonly KeyCandidate[];
  readonly deviations: readonly Deviation[];
}

/** The offset of Flags in the block header. */
const FLAGS_OFFSET = 6;

/** Most bytes that are read of a key. No real key is longer, but a hint may claim 4 GiB, in page data that expands from few stored bytes. */
const KEY_BYTES_MOST = 64 * 1024;
/** Most bytes that are read of all keys together, in addition to the size of the capture. */
const KEYS_BYTES_MOST = 8 * 1024 * 1024;

/** The number of bytes that may still be read of all keys together. */
interface Allowance {
  bytes: number;
}

interface HintRules {
  /** Bytes of the blocks. */
  readonly captureSize: number;
  /** Whether the capture's writer counts RegionOffset from BaseAddr. */
  readonly fromBase: boolean;
}

/** Memory Regions whose HasKeyHints flag is wrong. An undefined item follows each slice of work (see `itemsInSlices`). */
export function* hintFlagDeviations({ records, end }: BlockIndex, hints: readonly KeyHint[]): Generator<Deviation | undefined> {
  const hinted = new Map<number, number>();
  for (const [i, { region }] of hints.entries()) {
    if (i % UNITS_PER_YIELD === 0) yield;
    if (region) hinted.set(region.block.index, (hinted.get(region.block.index) ?? 0) + 1);
  }
  const count = end.eocIndex ?? records.count;
  for (let block = 0; block < count; block++) {
    if (block % UNITS_PER_YIELD === 0) yield;
    if (records.type(block) !== BlockType.MemoryRegion) continue;
    const flagged = (records.flags(block) & BlockFlag.HasKeyHints) !== 0;
    const named = hinted.get(block) ?? 0;
    if (flagged === named > 0) continue;
    const message = `HasKeyHints is ${flagged ? "set" : "clear"}, but the number of Key Hints that name block ${block} is ${named}`;
    yield { id: "REF-FLAGS", message, block, offset: records.offset(block) + FLAGS_OFFSET };
  }
}

export async function resolveKeyHints(
  blocks: BlockList,
  references: References,
  regions: RegionRows,
  { captureSize, fromBase }: HintRules,
  signal: AbortSignal | undefined,
): Promise<KeyHint[]> {
  const planned: PlannedHint[] = [];
  const places: KeyPlace[] = [];
  const allowance = { bytes: KEYS_BYTES_MOST + captureSize };
  for await (const block of itemsInSlices(blocks.ofType(BlockType.KeyHint), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind !== "KeyHint") continue;
    const region = regions.at(references.find(payload.regionUuid));
    const hint = await resolve(block, payload, region, { allowance, fromBase }, signal);
    planned.push(hint);
    places.push(...hint.candidates);
  }
  await readKeys(places, new TimeSlice(signal), signal);
  const hints: KeyHint[] = [];
  for await (const { candidates, ...hint } of itemsInSlices(planned, signal))
    hints.push({ ...hint, candidates: candidates.map(candidateOf) });
  return hints;
}

/** A candidate whose bytes are not read yet. */
interface PlannedCandidate extends KeyPlace {
  readonly reading: KeyCandidate["reading"];
  readonly address: bigint;
}

type PlannedHint = Omit<KeyHint, "candidates"> & { readonly candidates: readonly PlannedCandidate[] };

function candidateOf({ reading, address, bytes = new Uint8Array(0) }: PlannedCandidate): KeyCandidate {
  return shownCandidate({ reading, address, bytes });
}

async function resolve(
  block: CaptureBlock,
  hint: KeyHintPayload,
  region: BlockRegion | undefined,
  { allowance, fromBase }: { readonly allowance: Allowance; readonly fromBase: boolean },
  signal: AbortSignal | undefined,
): Promise<PlannedHint> {
  const at = (id: Deviation["id"], message: string): Deviation => ({
    id,
    message,
    offset: block.payloadOffset,
    block: block.index,
  });
  if (!region) {
    return {
      block,
      hint,
      salvaged: block.salvaged,
      candidates: [],
      deviations: [at("REF-DANGLING", `Key hint names region ${hint.regionUuid}, which is not there`)],
    };
  }
  const most = Math.min(hint.keyLen, KEY_BYTES_MOST, allowance.bytes);
  const first = await inPageData(region, hint, most, signal);
  const { held } = await region.pageDataExtent(signal);
  const deviations: Deviation[] = [];
  const fromBaseAddr = region.baseAddr + hint.regionOffset;
  const second = first?.address === fromBaseAddr ? undefined : await inRegion(region, hint, most, signal);
  const readings = (fromBase ? [second, first] : [first, second]).filter((candidate) => candidate !== undefined);
  const isInside = ({ length, offset }: PlannedCandidate) => length === most && offset + hint.keyLen <= held;
  const fitting = readings.filter(isInside);
  const candidates = fitting.length > 0 ? fitting : readings;
  if (fitting.length === 0) {
    deviations.push(
      at("KEY-RANGE", `Key of ${hint.keyLen} bytes at ${hint.regionOffset} is not whole in the ${held} bytes of page data`),
    );
  }
  const [one, other] = fitting.map(({ address }) => address);
  // By the rule of the fork, the key may also lie in a page of the region that was not captured.
  const isLost = fromBase && !second && hint.regionOffset + BigInt(hint.keyLen) <= region.regionSize;
  const another = other ?? (isLost ? fromBaseAddr : one);
  if (one !== undefined && another !== undefined && one !== another) {
    deviations.push(
      at(
        "KEY-AMBIGUOUS",
        `Pages before the key were not captured: it lies at 0x${one.toString(16)} or 0x${another.toString(16)}`,
      ),
    );
  }
  allowance.bytes -= Math.min(
    allowance.bytes,
    candidates.reduce((sum, { length }) => sum + length, 0),
  );
  if (candidates.length > 0 && most < hint.keyLen) {
    deviations.push(at("CMP-LIMIT", `Of a key of ${hint.keyLen} bytes, at most ${most} are given; all can be read by address`));
  }
  return { block, hint, salvaged: block.salvaged || region.salvaged, region, candidates, deviations };
}

const shownCandidate = shownAs("KeyCandidate", ({ address, bytes, ...rest }: KeyCandidate) => ({
  ...rest,
  address: addressJson(address),
  bytes: blobJson(bytes),
}));

/** RegionOffset as an offset in the captured pages; with the bytes before the first hole in the key. */
async function inPageData(
  region: BlockRegion,
  hint: KeyHintPayload,
  most: number,
  signal: AbortSignal | undefined,
): Promise<PlannedCandidate | undefined> {
  const { held } = await region.pageDataExtent(signal);
  if (hint.regionOffset >= BigInt(held)) return undefined;
  const offset = Number(hint.regionOffset);
  const { pageSize } = region.head;
  const pages = await region.pages(signal);
  const page = capturedPage(pages, Math.floor(offset / pageSize));
  if (page === undefined) return undefined;
  const address = region.baseAddr + BigInt(page) * BigInt(pageSize) + BigInt(offset % pageSize);
  return { reading: "page data", address, region, offset, length: Math.min(most, held - offset, bytesBeforeHole(pages, page)) };

  /** Bytes from the offset to the end of the consecutive captured pages that hold it; at least `most` if the key ends before. */
  function bytesBeforeHole(map: PageMap, start: number): number {
    const inPage = offset % pageSize;
    let end = start + 1;
    while ((end - start) * pageSize - inPage < most && end < map.numPages && map.stateAt(end) === "captured") end++;
    return (end - start) * pageSize - inPage;
  }
}

/** RegionOffset as an offset in the region's addresses, if all of the key was captured there. */
async function inRegion(
  region: BlockRegion,
  hint: KeyHintPayload,
  most: number,
  signal: AbortSignal | undefined,
): Promise<PlannedCandidate | undefined> {
  const { regionOffset } = hint;
  const offset = await offsetFromBase(region, hint, signal);
  if (offset === undefined) return undefined;
  const { held } = await region.pageDataExtent(signal);
  const length = Math.max(0, Math.min(most, held - offset));
  return { reading: "region", address: region.baseAddr + regionOffset, region, offset: Math.min(offset, held), length };
}

/** The offset in page data of a RegionOffset that counts from BaseAddr; undefined unless all of the key was captured there. */
export async function offsetFromBase(
  region: BlockRegion,
  { keyLen, regionOffset }: Pick<KeyHintPayload, "keyLen" | "regionOffset">,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  if (regionOffset + BigInt(Math.max(1, keyLen)) > region.regionSize) return undefined;
  const pageSize = BigInt(region.head.pageSize);
  const first = Number(regionOffset / pageSize);
  const end = Number((regionOffset + BigInt(Math.max(1, keyLen)) - 1n) / pageSize) + 1;
  const pages = await region.pages(signal);
  const before = pages.capturedBefore(first);
  if (pages.capturedBefore(end) - before !== end - first) return undefined;
  return before * region.head.pageSize + Number(regionOffset % pageSize);
}

/** The bytes of a hint in the page data of a region. */
export interface KeyPlace {
  readonly region: BlockRegion;
  /** Offset in the page data. */
  readonly offset: number;
  readonly length: number;
  /** Set by `readKeys`. */
  bytes?: Uint8Array;
}

/**
 * Sets the bytes of all places. Reads region by region, and forward in each region: page data that is decompressed in pieces can only be read forward,
 * and a step back would decompress it from its start again.
 */
export async function readKeys(places: readonly KeyPlace[], slice: TimeSlice, signal: AbortSignal | undefined): Promise<void> {
  let reader: ForwardReader | undefined;
  for (const position of await readingOrder(places, slice)) {
    if (slice.isSpent(8)) await slice.renew();
    const place = places[position];
    if (!place) continue;
    if (reader?.region !== place.region) reader = new ForwardReader(place.region);
    place.bytes = await reader.read(place, signal);
  }
}

/** Positions in the list of places, sorted by region and then by offset. */
async function readingOrder(places: readonly KeyPlace[], slice: TimeSlice): Promise<Uint32Array> {
  const numbers = new Map<BlockRegion, number>();
  const regions = new Uint32Array(places.length);
  for (const [position, { region }] of places.entries()) {
    if (slice.isSpent()) await slice.renew();
    const number = numbers.get(region) ?? numbers.size;
    numbers.set(region, number);
    regions[position] = number;
  }
  const region = (position: number) => regions[position] ?? 0;
  const offset = (position: number) => places[position]?.offset ?? 0;
  const before = (a: number, b: number) => region(a) < region(b) || (region(a) === region(b) && offset(a) < offset(b));
  return sortInSlices(
    regions.map((_, position) => position),
    before,
    slice,
  );
}

/** Reads places of one region in the order of their offsets. Keeps the bytes that the next place may share, so that no byte is read twice. */
class ForwardReader {
  readonly region: BlockRegion;
  #kept: Uint8Array = new Uint8Array(0);
  /** The offset of `#kept` in the page data. */
  #start = 0;

  constructor(region: BlockRegion) {
    this.region = region;
  }

  async read({ offset, length }: KeyPlace, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.#kept = this.#kept.subarray(Math.min(offset - this.#start, this.#kept.length));
    this.#start = offset;
    const missing = length - this.#kept.length;
    if (missing > 0) {
      const more = await this.region.readPageData(offset + this.#kept.length, missing, signal);
      this.#kept = concatenated([this.#kept, more]);
    }
    return ownBytes(this.#kept.subarray(0, length));
  }
}
