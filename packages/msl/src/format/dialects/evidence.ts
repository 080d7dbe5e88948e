/**
 * What a dialect is told by: the header, all block headers, and the first bytes of a few blocks. Which blocks is decided here, so that
 * readers fetch them their own way, at once or asynchronously.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { BLOCK_HEADER_SIZE } from "../block-header.js";
import { BlockType } from "../codes.js";
import type { FileHeader } from "../file-header.js";

/** Most bytes of a block that detection looks at, header included. Captures may lie behind a network. */
const PEEK_BYTES = 16 * 1024;
/** Header and fixed part of a region. */
const REGION_PEEK_BYTES = BLOCK_HEADER_SIZE + 32;

export interface Evidence {
  readonly header: FileHeader;
  /** The raw header: HeaderSize bytes. */
  readonly headerBytes: Uint8Array;
  readonly records: BlockRecords;
  readonly eocIndex: number | null;
  /** The first bytes of the blocks that `peekedBlocks` names, as far as the data holds them. */
  readonly peeked: ReadonlyMap<number, Uint8Array>;
}

/** The blocks whose first bytes detection needs, and how many. */
export function peekedBlocks(records: BlockRecords, eocIndex: number | null): Map<number, number> {
  const wanted = [0, 1, firstOfType(records, BlockType.MemoryRegion), firstOfType(records, BlockType.SystemContext)];
  if (eocIndex !== null && eocIndex > 0 && records.type(eocIndex - 1) === BlockType.ModuleBuildIdManifest) {
    wanted.push(eocIndex - 2, eocIndex - 1);
  }
  const peeked = new Map<number, number>();
  for (const index of wanted) {
    if (index < 0 || index >= records.count) continue;
    const most = records.type(index) === BlockType.MemoryRegion ? REGION_PEEK_BYTES : PEEK_BYTES;
    peeked.set(index, Math.min(most, records.length(index)));
  }
  return peeked;
}

/** Index of the first block of a type, or -1. */
export function firstOfType(records: BlockRecords, type: number): number {
  for (let i = 0; i < records.count; i++) if (records.type(i) === type) return i;
  return -1;
}
