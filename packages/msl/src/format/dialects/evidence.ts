/**
 * What a dialect is told by: the header, all block headers, and the first bytes of a few blocks. Which blocks is decided here, so that
 * readers fetch them their own way, at once or asynchronously.
 */
import type { BlockRecords } from "@memslice/core-wasm";
import { BlockType } from "../codes.js";
import type { FileHeader } from "../file-header.js";

/** Bytes of a block that detection looks at, header included. */
export const PEEK_BYTES = 64 * 1024;

export interface Evidence {
  readonly header: FileHeader;
  /** The raw header: HeaderSize bytes. */
  readonly headerBytes: Uint8Array;
  readonly records: BlockRecords;
  readonly eocIndex: number | null;
  /** The first PEEK_BYTES of the blocks that `peekedBlocks` names, as far as the data holds them. */
  readonly peeked: ReadonlyMap<number, Uint8Array>;
}

/** The blocks whose first bytes detection needs. */
export function peekedBlocks(records: BlockRecords, eocIndex: number | null): number[] {
  const wanted = [0, 1, firstOfType(records, BlockType.MemoryRegion), firstOfType(records, BlockType.SystemContext)];
  if (eocIndex !== null && eocIndex > 0 && records.type(eocIndex - 1) === BlockType.ModuleBuildIdManifest)
    wanted.push(eocIndex - 2, eocIndex - 1);
  return [...new Set(wanted)].filter((index) => index >= 0 && index < records.count);
}

/** Index of the first block of a type, or -1. */
export function firstOfType(records: BlockRecords, type: number): number {
  for (let i = 0; i < records.count; i++) if (records.type(i) === type) return i;
  return -1;
}
