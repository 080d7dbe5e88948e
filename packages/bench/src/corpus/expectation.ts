/** The values that a reader has to find, as far as they follow from the recipe. Positions in the file come from a walk over the bytes. */
import {
  BLOCK_FLAGS,
  COMPRESSION_FLAGS,
  capBitmap,
  END_OF_CAPTURE,
  HEADER_FLAGS,
  type Kind,
  NIL_UUID,
  TYPE_CODES,
  tableBitmap,
} from "./block-types.js";
import { digestOf, hexOf } from "./hashes.js";
import { type BlockRecipe, type EncryptionExtension, isRegion, type Recipe, type RegionRecipe } from "./recipe.js";
import { capturedBytes, pagesIn, type RegionDigests, regionSize, STATE_CODES } from "./region-memory.js";

type Compression = keyof typeof COMPRESSION_FLAGS | "reserved";

export interface ExpectedBlock {
  type: number;
  typeName: string;
  flags: number;
  payloadVersion: number;
  uuid: string;
  parentUuid: string;
  compression: Compression;
  /** Length and hash of the payload of a compressed block, if known; null is not compared. */
  uncompressed: { readonly length: number | null; readonly blake3: string | null } | undefined;
  payload: { [name: string]: Json } | undefined;
  /** The reason why readers must not return a payload. */
  invalidPayload?: string;
  skipPayload?: string;
}

export interface Expectation {
  header: { [name: string]: Json };
  encryption: EncryptionExtension | null;
  blocks: ExpectedBlock[];
}

/** `regions`: digests by block index. The walk supplies FileHash of End-of-Capture. */
export function expectationOf(recipe: Recipe, regions: ReadonlyMap<number, RegionDigests>): Expectation {
  const kinds = new Set(recipe.blocks.map(({ payload }) => payload.kind));
  const blocks = recipe.blocks.map((block, index) => expectedBlock(block, kinds, regions.get(index)));
  blocks.push({
    type: END_OF_CAPTURE,
    typeName: "EndOfCapture",
    flags: 0,
    payloadVersion: 1,
    uuid: recipe.end.uuid,
    parentUuid: NIL_UUID,
    compression: "none",
    uncompressed: undefined,
    payload: { acqEndNs: recipe.end.acqEndNs.toString() },
  });
  return { header: headerJson(recipe, kinds), encryption: recipe.encryption?.extension ?? null, blocks };
}

function headerJson({ header, blocks, announcesCount, encryption }: Recipe, kinds: ReadonlySet<Kind>): Expectation["header"] {
  return {
    endianness: 1,
    headerSize: encryption ? 128 : 64,
    versionRaw: "0101",
    versionMajor: 1,
    versionMinor: 1,
    flags:
      (header.imported ? HEADER_FLAGS.imported : 0) |
      (header.investigation ? HEADER_FLAGS.investigation : 0) |
      (encryption ? HEADER_FLAGS.encrypted : 0),
    capBitmap: capBitmap(kinds).toString(),
    dumpUuid: header.dumpUuid,
    timestampNs: header.timestampNs.toString(),
    osType: header.osType,
    archType: header.archType,
    pid: header.pid,
    clockSource: header.clockSource,
    blockCount: announcesCount ? blocks.length + 1 : 0,
    hashAlgo: header.hashAlgo,
  };
}

function expectedBlock(block: BlockRecipe, kinds: ReadonlySet<Kind>, digests: RegionDigests | undefined): ExpectedBlock {
  const { payload, uuid, parentUuid, hasChildren = false, hasKeyHints = false } = block;
  const compression = block.compression === "zstd-fast" ? "zstd" : (block.compression ?? "none");
  const continued = isRegion(block) ? block.continuationOf : undefined;
  return {
    type: TYPE_CODES[payload.kind],
    typeName: payload.kind,
    flags:
      COMPRESSION_FLAGS[compression] |
      (hasKeyHints ? BLOCK_FLAGS.hasKeyHints : 0) |
      (hasChildren ? BLOCK_FLAGS.hasChildren : 0) |
      (continued === undefined ? 0 : BLOCK_FLAGS.continuation),
    payloadVersion: 1,
    uuid,
    parentUuid: continued ?? parentUuid ?? NIL_UUID,
    compression,
    uncompressed: digests && { length: digests.payloadLength, blake3: digests.payloadBlake3 },
    payload: isRegion(block) ? regionJson(block.payload, digests) : tableJson(block, kinds),
  };
}

function tableJson({ payload }: BlockRecipe, kinds: ReadonlySet<Kind>): { [name: string]: Json } {
  const { kind, ...values } = payload;
  const json = plainJson(values) as { [name: string]: Json };
  if (payload.kind === "ModuleListIndex") return { entryCount: payload.entries.length, ...json };
  if (payload.kind === "SystemContext") return { ...json, tableBitmap: tableBitmap(kinds) };
  if (payload.kind === "ThreadContext") return threadJson(payload, json);
  if (payload.kind === "ModuleEntry") return { ...json, nativeBlob: blobJson(payload.nativeBlob ?? new Uint8Array(0)) };
  return json;
}

const THREAD_STATES = ["unknown", "running", "sleeping", "stopped", "waiting"];

function threadJson(
  { registers, threadState }: Extract<BlockRecipe["payload"], { kind: "ThreadContext" }>,
  json: { [name: string]: Json },
): { [name: string]: Json } {
  return {
    ...json,
    threadStateName: THREAD_STATES[Number(threadState)] ?? null,
    regCount: registers.length,
    registers: registers.map(({ name = "", flags, value }) => ({ name, width: value.length, flags, valueHex: hexOf(value) })),
  };
}

function regionJson(region: RegionRecipe["payload"], digests: RegionDigests | undefined): { [name: string]: Json } {
  return {
    baseAddr: region.baseAddr.toString(),
    regionSize: regionSize(region).toString(),
    protection: region.protection,
    regionType: region.regionType,
    pageSizeLog2: region.pageSizeLog2,
    pageSize: (2 ** region.pageSizeLog2).toString(),
    numPages: pagesIn(region.stretches).toString(),
    timestampNs: region.timestampNs.toString(),
    pageStates: statesJson(region),
    capturedBytes: capturedBytes(region).toString(),
    pageDataBlake3: digests?.pageDataBlake3 ?? null,
  };
}

function statesJson({ stretches }: RegionRecipe["payload"]): Json {
  let start = 0;
  return stretches.map(({ count, state }) => {
    start += count;
    return [start - count, count, STATE_CODES[state]];
  });
}

/** Values in the notation of manifests: u64 as decimal text, bytes in hexadecimal. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Bytes that are written in full if short, else as length and digest. */
type BlobJson = { readonly hex: string } | { readonly length: number; readonly blake3: string };

const HEX_MOST = 512;

function blobJson(bytes: Uint8Array): BlobJson {
  return bytes.length <= HEX_MOST ? { hex: hexOf(bytes) } : { length: bytes.length, blake3: digestOf(bytes) };
}

/** Throws a `TypeError` for a value that manifests cannot hold. */
function plainJson(value: unknown): Json {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return hexOf(value);
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainJson(one)]));
  }
  throw new TypeError(`A manifest holds no ${typeof value}`);
}
