/**
 * What a dialect is told by: the header, all block headers, and the first bytes of a few blocks. Which blocks is decided here, so that
 * readers fetch them their own way, at once or asynchronously.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { BLOCK_HEADER_SIZE } from "../block-header.js";
import { BlockType } from "../codes.js";
import type { FileHeader } from "../file-header.js";
import { CONTEXTS_LOOKED_AT, mayBeMarkedContext, SYSTEM_CONTEXT_MOST } from "./marks.js";

/** Most bytes of most blocks that detection looks at, header included. Captures may lie behind a network. */
export const PEEK_BYTES = 16 * 1024;
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

/** The blocks whose first bytes detection needs, and how many. */
export function peekedBlocks(records: BlockRecords, eocIndex: number | null): Map<number, number> {
  const count = countOfEvidence(records, eocIndex);
  const peeked = new Map<number, number>();
  const peek = (index: number, most: number) => {
    if (index < 0 || index >= count) return;
    peeked.set(index, Math.min(Math.max(most, peeked.get(index) ?? 0), records.length(index)));
  };
  for (const index of [0, 1]) peek(index, PEEK_BYTES);
  peek(firstOfType({ records, count }, BlockType.MemoryRegion), REGION_PEEK_BYTES);
  for (const index of markedContexts(records, count)) peek(index, BLOCK_HEADER_SIZE + SYSTEM_CONTEXT_MOST);
  if (eocIndex !== null && eocIndex > 0 && records.type(eocIndex - 1) === BlockType.ModuleBuildIdManifest) {
    for (const index of [eocIndex - 2, eocIndex - 1]) peek(index, PEEK_BYTES);
  }
  return peeked;
}

function* markedContexts(records: BlockRecords, count: number): Generator<number> {
  const next = (from: number) => records.indexOfType(BlockType.SystemContext, from);
  let looked = 0;
  for (let index = next(0); index >= 0 && index < count && looked < CONTEXTS_LOOKED_AT; index = next(index + 1)) {
    if (!mayBeMarkedContext(records.type(index), records.flags(index))) continue;
    looked++;
    yield index;
  }
}

/** How many blocks tell who wrote the capture: those up to End-of-Capture. */
export function countOfEvidence(records: BlockRecords, eocIndex: number | null): number {
  return eocIndex === null ? records.count : eocIndex + 1;
}

/** Index of the first block of a type up to End-of-Capture, or -1. */
export function firstOfType({ records, count }: Pick<Evidence, "records" | "count">, type: number): number {
  const index = records.indexOfType(type);
  return index < count ? index : -1;
}
