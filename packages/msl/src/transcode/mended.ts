/** Deviations of the source as changes: what the output has in their place. */

import type { LintId } from "../deviations/catalogue.js";
import type { Deviation } from "../deviations/deviation.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { TranscodeChange } from "./report.js";

const INSTEAD: Partial<Record<LintId, string>> = {
  "HDR-CAPBITMAP": "it announces what is there",
  "HDR-BLOCKCOUNT": "the blocks are counted",
  "HDR-MAGIC": "it is MEMSLICE",
  "HDR-HASHALGO": "the hash is one that readers know",
  "HDR-DAMAGED": "it has the expected value",
  "HDR-VERSION-BYTES": "the version is 1.1",
  "HDR-VERSION-OLD": "the version is 1.1",
  "HDR-VERSION-NEW": "the version is 1.1",
  "HDR-ENDIAN": "all integers are little-endian",
  "HDR-SIZE": "the header has 64 bytes",
  "HDR-RESERVED": "reserved bits and bytes are zero",
  "HDR-FLAGS-D3": "the flag is clear, and CapBitmap announces Key Hints",
  "BLK-RESERVED": "reserved bits and bytes are zero",
  "BLK-PAYLOADVERSION": "PayloadVersion is 1",
  "BLK-COMPALGO": "the flags say how the payload is stored",
  "BLK-PADDING": "the padding is left out",
  "BLK-TRUNCATED": "a region has the pages that are there, and another block is left out",
  "BLK-TYPE0": "the block is left out",
  "BLK-LENGTH": "these bytes are left out",
  "BLK-FRAMING": "these bytes are left out",
  "PAY-RESERVED": "reserved bytes are zero",
  "CMP-NOPREFIX": "UncompressedSize stands before compressed data",
  "CMP-TRAILING": "no bytes follow compressed data",
  "CMP-LZ4SHAPE": "LZ4 data is a raw block behind its u32 size",
  "REG-LEGACY": "the region has the layout of 1.1",
  "REG-SURPLUS": "the surplus is left out",
  "REG-STATE3": "these pages are failed, which is what readers take them for",
  "REG-MAPPAD": "unused bits are zero",
  "REG-SHORTDATA": "pages whose bytes are not all there are failed",
  "STR-PADDEDLEN": "the length counts the text and its NUL",
  "STR-UTF8": "U+FFFD stands for ill-formed bytes",
  "STR-NUL": "the text ends at its first NUL, and has one",
  "STR-PAD": "padding is zero",
  "MOD-SHORT": "the block has its tail, and no NativeBlob",
  "MOD-COUNTONLY": "the index lists the Module Entries",
  "SYS-LAYOUT-B": "the layout is that of the specification",
  "SYS-TAIL": "the tail is left out",
  "CON-TYPE": "the type is 0x0055",
  "CON-ROW": "the row is left out",
  "HND-WIDE": "the type is a code of one byte",
  "LEN-EXTRA": "the bytes are left out",
  "EOC-SHORT": "End-of-Capture has 48 bytes",
  "EOC-MISSING": "there is one, with AcqEnd 0: no time is known",
  "EOC-TRAILING": "nothing follows End-of-Capture",
  "ORD-IDENTITY": "it is where it belongs",
  "ORD-MODLIST": "it is where it belongs",
  "ORD-SYSCTX": "System Context is block 2 of investigations, and the flag is set for them alone",
  "ORD-PROVENANCE": "the Imported flag is set if Import Provenance is there, which then comes first",
};

/** Deviations that are statements about the captured process: the output has them too. */
const STAYS: ReadonlySet<LintId> = new Set([
  "HDR-ENUM",
  "REG-EMPTY",
  "REG-OVERLAP",
  "KEY-AMBIGUOUS",
  "RED-FLAG",
  "EXT-THREAD",
  "THR-CURRENT",
  "THR-DUP",
  "THR-ROLE",
  "THR-STATE",
]);

/** A field of a damaged header whose value is lost is dropped. */
export function mended({ id, message, field, offset, bytes, values }: Deviation): TranscodeChange {
  const instead = STAYS.has(id) ? undefined : (INSTEAD[id] ?? "it is as the specification asks");
  return {
    id: instead === undefined ? "kept" : values?.[2] === "unknown" ? "dropped" : "mended",
    lint: id,
    message: instead === undefined ? message : `${message}; in the output, ${instead}`,
    ...(field === undefined ? {} : { field }),
    offset,
    ...shownBytes(bytes),
  };
}

/** The most bytes that a report repeats. */
const SHOWN_MOST = 64 * 1024;

/** Bytes that the output lacks, in hexadecimal for the report; nothing for too many bytes. */
export function shownBytes(bytes: Uint8Array | undefined): { readonly bytes?: string } {
  return bytes === undefined || bytes.length === 0 || bytes.length > SHOWN_MOST ? {} : { bytes: hexText(bytes) };
}
