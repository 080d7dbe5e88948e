/**
 * Key hints and the bytes they point at. RegionOffset counts captured bytes; MemDiver reads it as an offset in the region. The two agree
 * where every page before the key was captured; otherwise both candidates are given.
 */
import { BlockType } from "../format/codes.js";
import { capturedPage } from "../format/page-states.js";
import type { TablePayload } from "../format/payloads/registry.js";
import { addressJson, blobJson } from "../json/layout-json.js";
import { shownAs } from "../json/shown.js";
import type { Deviation } from "../lint/deviation.js";
import type { BlockRegion } from "../memory/block-region.js";
import { itemsInSlices } from "../source/sliced-work.js";
import { TimeSlice } from "../source/time-slice.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import { type KeyPlace, readKeys } from "./key-bytes.js";
import type { References } from "./references.js";

type KeyHintPayload = Extract<TablePayload, { kind: "KeyHint" }>;

/** One place that a hint may mean. */
export interface KeyCandidate {
  /** How RegionOffset was read. */
  readonly reading: "page data" | "region";
  readonly address: bigint;
  /** KeyLen bytes, or those up to the end of the captured pages, as far as limits allow (CMP-LIMIT); empty for an unknown length. */
  readonly bytes: Uint8Array;
}

export interface KeyHint {
  readonly block: CaptureBlock;
  readonly hint: KeyHintPayload;
  /** Whether its block or that of its region was found by searching behind damage. */
  readonly salvaged: boolean;
  /** The region block that the hint names; absent if it is not there or cannot be read. */
  readonly region?: BlockRegion;
  /** The specification's reading first; empty if it points outside the region's page data. */
  readonly candidates: readonly KeyCandidate[];
  readonly deviations: readonly Deviation[];
}

/** No key is longer; a hint may claim 4 GiB, in page data that expands from little. */
const KEY_BYTES_MOST = 64 * 1024;
/** Of all keys together, besides as many bytes as the capture has. */
const KEYS_BYTES_MOST = 8 * 1024 * 1024;

/** The bytes that keys may still take. */
interface Allowance {
  bytes: number;
}

/** `captureSize`: bytes of the blocks. */
export async function resolveKeyHints(
  blocks: BlockList,
  references: References,
  regions: ReadonlyMap<number, BlockRegion>,
  captureSize: number,
  signal: AbortSignal | undefined,
): Promise<KeyHint[]> {
  const hints: PlannedHint[] = [];
  const allowance = { bytes: KEYS_BYTES_MOST + captureSize };
  for await (const block of itemsInSlices(blocks.ofType(BlockType.KeyHint), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind !== "KeyHint") continue;
    hints.push(await resolve(block, payload, regions.get(references.find(payload.regionUuid)), allowance, signal));
  }
  const places = hints.flatMap(({ candidates }) => candidates);
  await readKeys(places, new TimeSlice(signal), signal);
  return hints.map(({ candidates, ...hint }) => ({ ...hint, candidates: candidates.map(candidateOf) }));
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
  allowance: Allowance,
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
  const { held } = await region.pageData(signal);
  const deviations: Deviation[] = [];
  if (!first || hint.regionOffset + BigInt(hint.keyLen) > BigInt(held)) {
    deviations.push(at("KEY-RANGE", `Key of ${hint.keyLen} bytes at ${hint.regionOffset} passes the ${held} bytes of page data`));
  }
  const second =
    first && first.address === region.baseAddr + hint.regionOffset ? undefined : await inRegion(region, hint, most, signal);
  if (first && second) {
    deviations.push(
      at(
        "KEY-AMBIGUOUS",
        `Pages before the key were not captured: it lies at 0x${first.address.toString(16)} or 0x${second.address.toString(16)}`,
      ),
    );
  }
  const candidates = [first, second].filter((candidate) => candidate !== undefined);
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

/** RegionOffset as an offset in the captured pages. */
async function inPageData(
  region: BlockRegion,
  hint: KeyHintPayload,
  most: number,
  signal: AbortSignal | undefined,
): Promise<PlannedCandidate | undefined> {
  const { held } = await region.pageData(signal);
  if (hint.regionOffset >= BigInt(held)) return undefined;
  const offset = Number(hint.regionOffset);
  const { pageSize } = region.head;
  const page = capturedPage(await region.pages(signal), Math.floor(offset / pageSize));
  if (page === undefined) return undefined;
  const address = region.baseAddr + BigInt(page) * BigInt(pageSize) + BigInt(offset % pageSize);
  return { reading: "page data", address, region, offset, length: Math.min(most, held - offset) };
}

/** RegionOffset as an offset in the region's addresses, if all of the key was captured there. */
async function inRegion(
  region: BlockRegion,
  hint: KeyHintPayload,
  most: number,
  signal: AbortSignal | undefined,
): Promise<PlannedCandidate | undefined> {
  const { keyLen, regionOffset } = hint;
  if (regionOffset + BigInt(Math.max(1, keyLen)) > region.regionSize) return undefined;
  const pageSize = BigInt(region.head.pageSize);
  const first = Number(regionOffset / pageSize);
  const end = Number((regionOffset + BigInt(Math.max(1, keyLen)) - 1n) / pageSize) + 1;
  const pages = await region.pages(signal);
  const before = pages.capturedBefore(first);
  if (pages.capturedBefore(end) - before !== end - first) return undefined;
  const { held } = await region.pageData(signal);
  const offset = before * region.head.pageSize + Number(regionOffset % pageSize);
  const length = Math.max(0, Math.min(most, held - offset));
  return { reading: "region", address: region.baseAddr + regionOffset, region, offset: Math.min(offset, held), length };
}
