/** What is odd about how a block stream ends, told the same way by every reader. */

import type { Report } from "../deviations/deviation.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";

/** Why the walk over block headers ended. `end`: fewer than 80 bytes were left, or none. */
export type WalkEnd = "end" | "lost-framing" | "bad-length";

export interface StreamEnd {
  readonly reason: WalkEnd;
  /** Blocks whose header is there, a truncated last one and those behind End-of-Capture included. */
  readonly blocks: number;
  /** Those of them that were found by searching behind damage, and may be something that looks like a block. */
  readonly salvaged: number;
  /** Index of the first complete End-of-Capture, or null. */
  readonly eocIndex: number | null;
  /** Where the bytes behind End-of-Capture start, or null. */
  readonly eocEnd: number | null;
  /** Index of the block whose length passes the end of the data, or null. */
  readonly truncatedBlock: number | null;
  /** Bytes after the last block. */
  readonly trailingBytes: number;
  /** Bytes of the capture in all. */
  readonly dataEnd: number;
}

/** Blocks of the capture itself: up to End-of-Capture, without an appendix; what was found by searching does not make up for lost ones. */
function captureLength({ eocIndex, blocks, salvaged }: StreamEnd): number {
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
      field: "length",
    });
  }
  if (end.reason === "bad-length") {
    report({
      id: "BLK-LENGTH",
      message: `BlockLength of the block at offset ${blocksEnd} is below 80; ${lost}`,
      offset: blocksEnd,
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
