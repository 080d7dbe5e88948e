/** Deviations of the block stream, the same for every reader: which blocks it has, in which order, and how it ends. */
import type { BlockRecords } from "@memslice/core-wasm";
import type { Report } from "../deviations/deviation.js";
import { BLOCK_LENGTH_OFFSET, BLOCK_TYPE_OFFSET } from "../format/block-header.js";
import { announcedButMissing, CAPABILITIES, FIRST_RESERVED_CAPABILITY } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../sliced-work.js";

/** The specification gives the first blocks their places. */
const PLACED_BLOCKS = 3;

/** The types of the blocks up to End-of-Capture, added in file order. */
export class Structure {
  readonly present = new Set<number>();
  readonly first: { readonly type: number; readonly offset: number }[] = [];
  /** Offset of the first block of type 0x0000, which must not appear. */
  invalidAt: number | undefined;
  /** The type of the block before. Most blocks have the same, and a comparison is cheaper than adding to a set. */
  #last: number | undefined;

  add(type: number, offset: number): void {
    if (type !== this.#last) {
      this.#last = type;
      this.present.add(type);
      if (type === BlockType.Invalid) this.invalidAt ??= offset;
    }
    if (this.first.length < PLACED_BLOCKS) this.first.push({ type, offset });
  }
}

/** The part of an index that shows the structure. */
interface IndexedBlocks {
  readonly records: BlockRecords;
  readonly end: StreamEnd;
  /** The number of blocks before the first salvaged block. */
  readonly intact: number;
}

/** The structure of an indexed capture. Salvaged blocks count only if an End-of-Capture behind them has the right FileHash. */
export function* structureIn({ records, end, intact }: IndexedBlocks): SlicedWork<Structure> {
  const structure = new Structure();
  const count = end.eocIndex === null ? intact : end.eocIndex + 1;
  for (let i = 0; i < count; i++) {
    structure.add(records.type(i), records.offset(i));
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  return structure;
}

export function reportStructure(structure: Structure, header: FileHeader, report: Report): void {
  if (structure.invalidAt !== undefined) {
    report({
      id: "BLK-TYPE0",
      message: "A block has type 0x0000, which must not appear",
      offset: structure.invalidAt + BLOCK_TYPE_OFFSET,
      field: "type",
    });
  }
  reportCapabilities(structure.present, header, report);
  reportOrder(structure, header, report);
}

function reportCapabilities(present: ReadonlySet<number>, { capBitmap }: FileHeader, report: Report): void {
  const at = { offset: headerOffset("capBitmap"), field: "capBitmap" };
  const missing = announcedButMissing(capBitmap, present);
  for (const { bit, name, types } of CAPABILITIES) {
    const announced = ((capBitmap >> BigInt(bit)) & 1n) === 1n;
    if (missing.includes(name))
      report({ id: "HDR-CAPBITMAP", message: `CapBitmap announces ${name}, but there are none`, ...at });
    else if (!announced && types.some((type) => present.has(type)))
      report({ id: "HDR-CAPBITMAP", message: `There are blocks for ${name}, which CapBitmap does not announce`, ...at });
  }
  if (capBitmap >> BigInt(FIRST_RESERVED_CAPABILITY) !== 0n)
    report({ id: "HDR-RESERVED", message: `Reserved bits of CapBitmap are set: 0x${capBitmap.toString(16)}`, ...at });
}

function reportOrder({ first, present }: Structure, header: FileHeader, report: Report): void {
  const expect = (position: number, type: number, id: "ORD-IDENTITY" | "ORD-MODLIST" | "ORD-PROVENANCE" | "ORD-SYSCTX") => {
    const block = first[position];
    if (block?.type === type) return;
    const found = block ? `a ${codeName(BLOCK_TYPE, block.type)}` : "not there";
    const offset = block ? block.offset + BLOCK_TYPE_OFFSET : headerOffset("flags");
    report({ id, message: `Block ${position} is ${found}, expected a ${codeName(BLOCK_TYPE, type)}`, offset, field: "type" });
  };
  if (first.length === 0) return;
  if (header.imported) {
    expect(0, BlockType.ImportProvenance, "ORD-PROVENANCE");
  } else {
    expect(0, BlockType.ProcessIdentity, "ORD-IDENTITY");
    expect(1, BlockType.ModuleListIndex, "ORD-MODLIST");
  }
  if (!header.imported && present.has(BlockType.ImportProvenance)) {
    report({
      id: "ORD-PROVENANCE",
      message: "Import Provenance is there, but the Imported flag is clear",
      offset: headerOffset("flags"),
      field: "flags",
    });
  }
  if (!header.investigation) return;
  if (meansCryptoHints(header, present)) {
    report({
      id: "HDR-FLAGS-D3",
      message: "Header flag bit 1 stands for key hints, as in the draft of 2026-03-15",
      offset: headerOffset("flags"),
      field: "flags",
    });
  } else {
    expect(2, BlockType.SystemContext, "ORD-SYSCTX");
  }
}

/** Whether bit 1 of the header flags means CryptoHints, as in drafts, and not Investigation. */
function meansCryptoHints({ versionMinor, capBitmap }: FileHeader, present: ReadonlySet<number>): boolean {
  const investigation = present.has(BlockType.SystemContext) || ((capBitmap >> 11n) & 1n) === 1n;
  return versionMinor === 0 && !investigation && present.has(BlockType.KeyHint);
}

/** Why the walk over block headers ended. `end`: fewer than 80 bytes were left. */
export type WalkEnd = "end" | "lost-framing" | "bad-length";

/** How a block stream ended, and the number of its blocks. */
export interface StreamEnd {
  readonly reason: WalkEnd;
  /** Blocks whose header is complete, including a truncated last block and blocks behind End-of-Capture. */
  readonly blocks: number;
  /** The number of these blocks that were found by searching behind damage. Some of them may be captured memory that looks like a block. */
  readonly salvaged: number;
  /** Index of the first complete End-of-Capture, or null. */
  readonly eocIndex: number | null;
  /** The file offset behind the End-of-Capture of `eocIndex`, or null. */
  readonly eocEnd: number | null;
  /** Index of the block whose length passes the end of the data, or null. */
  readonly truncatedBlock: number | null;
  /** Bytes after the last block. */
  readonly trailingBytes: number;
  /** Bytes of the capture in all. */
  readonly dataEnd: number;
}

/**
 * The number of blocks to compare with BlockCount: all blocks up to End-of-Capture. Without End-of-Capture, salvaged blocks do not count, since they do
 * not replace lost blocks.
 */
export function captureLength({ eocIndex, blocks, salvaged }: StreamEnd): number {
  return eocIndex === null ? blocks - salvaged : eocIndex + 1;
}

export function reportEnd(end: StreamEnd, header: FileHeader, report: Report): void {
  const blocksEnd = end.dataEnd - end.trailingBytes;
  const lost = `${end.trailingBytes} bytes cannot be read as blocks`;
  if (end.truncatedBlock !== null) {
    report({
      id: "BLK-TRUNCATED",
      message: `Block ${end.truncatedBlock} is cut off by the end of the data at offset ${end.dataEnd}`,
      offset: end.dataEnd,
    });
  }
  if (end.reason === "bad-length") {
    report({
      id: "BLK-LENGTH",
      message: `BlockLength of the block at offset ${blocksEnd} is below 80; ${lost}`,
      offset: blocksEnd + BLOCK_LENGTH_OFFSET,
      field: "length",
    });
  }
  if (end.eocEnd === null) {
    report({
      id: "EOC-MISSING",
      message: "The capture has no End-of-Capture: it is incomplete, or its producer writes none",
      offset: blocksEnd,
    });
    if (end.reason === "lost-framing")
      report({
        id: "BLK-FRAMING",
        message: `No block starts at offset ${blocksEnd}, where one should; ${lost}`,
        offset: blocksEnd,
      });
  } else if (end.eocEnd < end.dataEnd) {
    report({ id: "EOC-TRAILING", message: `${end.dataEnd - end.eocEnd} bytes follow End-of-Capture`, offset: end.eocEnd });
  }
  const counted = captureLength(end);
  if (header.blockCount !== 0 && header.blockCount !== counted) {
    report({
      id: "HDR-BLOCKCOUNT",
      message: `BlockCount is ${header.blockCount}, but ${counted} blocks are there${end.eocIndex === null && end.salvaged > 0 ? `, and ${end.salvaged} more were found by searching` : ""}`,
      offset: headerOffset("blockCount"),
      field: "blockCount",
    });
  }
}
