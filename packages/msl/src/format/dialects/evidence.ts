/**
 * The evidence from which the dialect is concluded: the file header, all block headers, and the first bytes of a few blocks. `peekedBlocks` names
 * these blocks; each reader fetches their bytes in its own way.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { type SlicedWork, UNITS_PER_YIELD } from "../../sliced-work.js";
import { BLOCK_HEADER_SIZE } from "../block-header.js";
import { BlockType, compressionOf } from "../codes.js";
import type { FileHeader } from "../file-header.js";
import { announcesKernelSymbols, fittingContext, SYSTEM_CONTEXT_B } from "../payloads/system-tables.js";

/** Bytes at the start of a block, its header included, that are looked at in most cases. Captures may lie behind a network. */
export const PEEK_BYTES = 16 * 1024;
/** Blocks of a type that are looked at, where one such block is enough. */
const LOOKED_AT = 8;
/** Regions that are looked at, where all regions have to be alike. */
const REGIONS_LOOKED_AT = 256;
/** Header and fixed part of a region. */
const REGION_PEEK_BYTES = BLOCK_HEADER_SIZE + 32;

export interface Evidence {
  readonly header: FileHeader;
  /** The raw header: HeaderSize bytes. */
  readonly headerBytes: Uint8Array;
  readonly records: BlockRecords;
  readonly eocIndex: number | null;
  /** Blocks up to End-of-Capture, which is one of them: what stands behind it is no evidence. */
  readonly count: number;
  /** The first bytes of the blocks that `peekedBlocks` names, as far as the data holds them. */
  readonly peeked: ReadonlyMap<number, Uint8Array>;
}

/** The blocks whose first bytes detection needs, and how many of each. */
export function* peekedBlocks(
  header: FileHeader,
  records: BlockRecords,
  eocIndex: number | null,
): SlicedWork<Map<number, number>> {
  const count = countOfEvidence(records, eocIndex);
  const peeked = new Map<number, number>();
  const peek = (index: number, most: number) => {
    if (index < 0 || index >= count) return;
    peeked.set(index, Math.min(Math.max(most, peeked.get(index) ?? 0), records.length(index)));
  };
  /** The first blocks of a type that are not compressed. */
  const peekPlain = function* (type: number, most: number, limit: number, end = count): SlicedWork<void> {
    let seen = 0;
    let peeks = 0;
    for (let index = records.indexOfType(type); index >= 0 && index < end; index = records.indexOfType(type, index + 1)) {
      if (++seen % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
      if (compressionOf(records.flags(index)) !== "none") continue;
      if (peeks++ === limit) return;
      peek(index, most);
    }
  };
  for (const index of [0, 1]) peek(index, PEEK_BYTES);
  const region = firstOfType({ records, count }, BlockType.MemoryRegion);
  peek(region, REGION_PEEK_BYTES);
  yield* peekPlain(BlockType.SystemContext, BLOCK_HEADER_SIZE + SYSTEM_CONTEXT_MOST, CONTEXTS_LOOKED_AT);
  yield* peekPlain(BlockType.ConnectivityTable, PEEK_BYTES, LOOKED_AT);
  yield* peekPlain(BlockType.ThreadContext, PEEK_BYTES, LOOKED_AT, region < 0 ? count : region);
  if (mayBeRadare2({ header, records, count })) {
    let index = region;
    for (let looked = 0; index >= 0 && looked < REGIONS_LOOKED_AT; looked++) {
      peek(index, REGION_PEEK_BYTES);
      index = records.indexOfType(BlockType.MemoryRegion, index + 1);
    }
  }
  if (eocIndex !== null && eocIndex > 0 && records.type(eocIndex - 1) === BlockType.ModuleBuildIdManifest) {
    for (const index of [eocIndex - 2, eocIndex - 1]) peek(index, PEEK_BYTES);
  }
  return peeked;
}

/** Number of blocks up to End-of-Capture, or of all: later blocks are no evidence. */
export function countOfEvidence(records: BlockRecords, eocIndex: number | null): number {
  return eocIndex === null ? records.count : eocIndex + 1;
}

/** Index of the first block of a type up to End-of-Capture, or -1. */
export function firstOfType({ records, count }: Pick<Evidence, "records" | "count">, type: number): number {
  const index = records.indexOfType(type);
  return index < count ? index : -1;
}

/** Whether the header and the types of the blocks let the capture be radare2's. */
export function mayBeRadare2({ header, records, count }: Pick<Evidence, "header" | "records" | "count">): boolean {
  const { encrypted, hashAlgo, blockCount, clockSource, versionMinor } = header;
  const given = versionMinor === 1 && !encrypted && hashAlgo === 1 && blockCount === 0 && clockSource === 0;
  return (
    given &&
    records.count > 0 &&
    records.type(0) === BlockType.ProcessIdentity &&
    firstOfType({ records, count }, BlockType.ModuleListIndex) < 0
  );
}

/**
 * Block types that are marks: only memslicer since 0.2.4 and its fork write them. Some layouts and bits of System Context are marks, too. Marks decide
 * what an empty 0x0055 is. A manifest (0x005A) is no mark: the enrichment tool adds it to captures of every version.
 */
export const MARKING_TYPES: ReadonlySet<number> = new Set([
  BlockType.MemslicerConnectivityTable,
  BlockType.PersistenceManifest,
  BlockType.KernelModuleList,
  BlockType.TargetIntrospection,
  BlockType.PhysicalMemoryMap,
]);

/** Number of System Contexts that are looked at; a conforming capture has one. */
export const CONTEXTS_LOOKED_AT = 8;
/** Bytes that no System Context exceeds: its fixed part, and six texts of at most 64 KiB with their padding. */
export const SYSTEM_CONTEXT_MOST = 512 * 1024;

/** Whether the payload of a block may be a mark. Compressed payloads are not looked at: memslicer compresses regions only. */
export function mayBeMarkedContext(type: number, flags: number): boolean {
  return type === BlockType.SystemContext && compressionOf(flags) === "none";
}

/** `payload`: that of a System Context, or its beginning where the data ends inside it. */
export function isMarkedContext(payload: Uint8Array): boolean {
  return fittingContext(payload) === SYSTEM_CONTEXT_B || announcesKernelSymbols(payload);
}
