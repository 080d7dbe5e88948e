/**
 * Memory Region 0x0001: an address range, a state for each of its pages, and the bytes of the Captured ones.
 *
 *   32 fixed bytes | page-state map, 2 bits per page, zero-padded to 8 bytes | Captured pages, in page order
 *
 * Bytes +0x12..+0x17 tell the layouts apart: 1.1 keeps PageSizeLog2 in [10, 40] there; libmsl and memslicer 0.1 a u16 page size and
 * the page count; the draft of 2026-03-14 a u16 page size and the map's byte length. A u16 page size of 256 or more that is a power
 * of two has low byte 0, which is no legal PageSizeLog2.
 */
import type { LintId } from "../../deviations/catalogue.js";
import type { DeviationValues, Report } from "../../deviations/deviation.js";
import { type JsonObject, layoutJson } from "../../json/layout-json.js";
import { shownAs } from "../../json/shown.js";
import { KEY_CONFIDENCE, KEY_PROTOCOL, KEY_STATE, KEY_TYPE, REGION_TYPE } from "../codes.js";
import { type ByteOrder, decodeLayout, type Problem } from "../layout/decode.js";
import { address, code, layout, lengthOf, text, U64_MOST, u8, u16, u32, u64, uuid, zeros } from "../layout/fields.js";
import type { MemoryRegionFields } from "./other-types.js";

export const MEMORY_REGION = layout("MemoryRegion", [
  address("baseAddr"),
  u64("regionSize"),
  u8("protection"),
  code("regionType", REGION_TYPE),
  u8("pageSizeLog2"),
  zeros(5),
  u64("timestampNs"),
]);

export const LEGACY_MEMORY_REGION = layout("MemoryRegion", [
  address("baseAddr"),
  u64("regionSize"),
  u8("protection"),
  code("regionType", REGION_TYPE),
  u16("pageSize"),
  u32("mapLength"),
  u64("timestampNs"),
]);

export const REGION_HEAD_SIZE = MEMORY_REGION.minimumSize;
const PAGE_SIZE_LOG2_AT = 0x12;
const PAGE_SIZE_LOG2_RANGE = { least: 10, most: 40 };
const LEGACY_LEAST_PAGE_SIZE = 512;
/** Pages with states in 8 bytes of a map. */
const PAGES_IN_8_BYTES = 32;
/** The address behind the last one of a 64-bit address space. */
export const ADDRESS_SPACE_END = U64_MOST + 1n;

/** Who laid out the region: the specification since the draft of 2026-03-15, MSL 0.1, or the draft of 2026-03-14. */
export type RegionLayout = "1.1" | "0.1" | "draft 2026-03-14";

/** The fixed part of a region (docs/fields.md, MemoryRegion), and where its map and its page data lie in the payload. */
export interface RegionHead extends Omit<MemoryRegionFields, "pageSizeLog2"> {
  readonly layout: RegionLayout;
  /** 10 to 40: the page size as a power of two. Null in the older layouts, which store the size itself. */
  readonly pageSizeLog2: number | null;
  /** Bytes; 2^10 to 2^40 in the 1.1 layout. */
  readonly pageSize: number;
  /** RegionSize in pages, rounded up: 0 to 2^32 - 1. */
  readonly numPages: number;
  /** Where the page-state map begins, in bytes from the start of the payload. */
  readonly mapOffset: number;
  /** Bytes of the map that hold page states, without its padding. */
  readonly mapLength: number;
  /** Where the page data begins, in bytes from the start of the payload. */
  readonly dataOffset: number;
  /** Bytes after the map and its padding: the page data and any whole-payload padding. */
  readonly dataLength: number;
}

/** The fixed part as plain JSON values. */
export function regionHeadJson(head: RegionHead): JsonObject {
  return {
    ...layoutJson(MEMORY_REGION, { ...head }),
    layout: head.layout,
    pageSize: String(head.pageSize),
    numPages: String(head.numPages),
  };
}

const shownHead = shownAs("RegionHead", regionHeadJson);

export type RegionHeadResult =
  | { readonly head: RegionHead; readonly problem?: undefined }
  | { readonly head?: undefined; readonly problem: Problem };

/** `legacy`: the block has PayloadVersion 0, as in MSL 0.1 and the first drafts. */
export interface RegionContext {
  readonly legacy: boolean;
  readonly byteOrder?: ByteOrder | undefined;
}

/** Reads the first 32 bytes of a region's payload of `payloadLength` bytes; checks sizes before anything is computed from them. */
export function decodeRegionHead(
  start: Uint8Array,
  payloadLength: number,
  { legacy, byteOrder }: RegionContext,
  report: Report,
): RegionHeadResult {
  if (start.length < REGION_HEAD_SIZE) {
    return problem("STR-OVERRUN", 0, `MemoryRegion needs at least ${REGION_HEAD_SIZE} bytes, found ${start.length}`, [
      start.length,
      REGION_HEAD_SIZE,
    ]);
  }
  const pageSizeLog2 = start[PAGE_SIZE_LOG2_AT] ?? 0;
  const isLog2 = pageSizeLog2 >= PAGE_SIZE_LOG2_RANGE.least && pageSizeLog2 <= PAGE_SIZE_LOG2_RANGE.most;
  // The first byte of a big-endian u16 page size of the first drafts could be a PageSizeLog2: 4,096 begins with 16.
  const isAmbiguous = legacy && byteOrder === "big";
  const shape = isLog2 && !isAmbiguous ? currentShape(start, byteOrder, report) : legacyShape(start, legacy, byteOrder, report);
  if ("problem" in shape) return shape;
  return place(shape, payloadLength, report);
}

interface Shape extends Omit<RegionHead, "numPages" | "mapOffset" | "mapLength" | "dataOffset" | "dataLength"> {
  readonly pages: bigint;
}

type ShapeResult = Shape | { readonly problem: Problem };

function currentShape(start: Uint8Array, byteOrder: ByteOrder | undefined, report: Report): ShapeResult {
  const result = decodeLayout(MEMORY_REGION, start, report, { byteOrder });
  if (!result.value) return { problem: result.problem };
  const fields = result.value;
  const pageSize = 2 ** fields.pageSizeLog2;
  if (fields.regionSize % BigInt(pageSize) !== 0n) {
    const [size, unit] = [`0x${fields.regionSize.toString(16)}`, `0x${pageSize.toString(16)}`];
    return problem("REG-ALIGN", 8, `RegionSize ${size} is not a multiple of PageSize ${unit}`, [size, unit]);
  }
  return shapeOf(fields, "1.1", fields.pageSizeLog2, pageSize, fields.regionSize >> BigInt(fields.pageSizeLog2));
}

function shapeOf(
  fields: Omit<MemoryRegionFields, "pageSizeLog2">,
  layout: RegionLayout,
  pageSizeLog2: number | null,
  pageSize: number,
  pages: bigint,
): Shape {
  const { baseAddr, regionSize, protection, regionType, regionTypeName, timestampNs } = fields;
  return { baseAddr, regionSize, protection, regionType, regionTypeName, timestampNs, layout, pageSizeLog2, pageSize, pages };
}

/** 65,536-byte pages appear as page size 0 in MSL 0.1, which cuts the size to 16 bits. */
function legacyShape(start: Uint8Array, allowed: boolean, byteOrder: ByteOrder | undefined, report: Report): ShapeResult {
  const result = decodeLayout(LEGACY_MEMORY_REGION, start, report, { byteOrder });
  if (!result.value) return { problem: result.problem };
  const { mapLength: stored, ...fields } = result.value;
  const pageSize = fields.pageSize === 0 && stored > 0 && allowed ? 65_536 : fields.pageSize;
  if (pageSize >= LEGACY_LEAST_PAGE_SIZE) {
    const pages = (fields.regionSize + BigInt(pageSize) - 1n) / BigInt(pageSize);
    const mapBytes = padTo8((pages + 3n) / 4n);
    const found: RegionLayout | undefined =
      BigInt(stored) === pages ? "0.1" : BigInt(stored) === mapBytes ? "draft 2026-03-14" : undefined;
    if (found) {
      report({
        id: "REG-LEGACY",
        message: `Region in the layout of MSL ${found}: page size ${pageSize} in two bytes`,
        offset: PAGE_SIZE_LOG2_AT,
        field: "pageSizeLog2",
      });
      return shapeOf(fields, found, null, pageSize, pages);
    }
  }
  const log2 = start[PAGE_SIZE_LOG2_AT] ?? 0;
  const message = `PageSizeLog2 is ${log2}, expected 10 to 40, and no older layout fits`;
  return problem("REG-PAGESIZE", PAGE_SIZE_LOG2_AT, message, [log2]);
}

function place(shape: Shape, payloadLength: number, report: Report): RegionHeadResult {
  const { pages } = shape;
  if (shape.baseAddr + shape.regionSize > ADDRESS_SPACE_END) {
    const region = `0x${shape.baseAddr.toString(16)} of 0x${shape.regionSize.toString(16)} bytes`;
    return problem("REG-WRAP", 0, `Region at ${region} passes the end of the address space`, [region]);
  }
  if (shape.regionSize === 0n) report({ id: "REG-EMPTY", message: "RegionSize is 0", offset: 8, field: "regionSize" });
  const used = (pages + 3n) / 4n;
  const room = payloadLength - REGION_HEAD_SIZE;
  if (padTo8(used) > BigInt(room)) {
    return problem(
      "STR-OVERRUN",
      8,
      `The page-state map of ${pages} pages needs ${padTo8(used)} bytes, but only ${room} follow the fixed part`,
      [room, String(padTo8(used))],
    );
  }
  const dataOffset = dataOffsetOf(Number(pages));
  return {
    // Field by field: an object made by spreading takes some KiB, and a capture may have millions of regions.
    head: shownHead({
      baseAddr: shape.baseAddr,
      regionSize: shape.regionSize,
      protection: shape.protection,
      regionType: shape.regionType,
      regionTypeName: shape.regionTypeName,
      pageSizeLog2: shape.pageSizeLog2,
      timestampNs: shape.timestampNs,
      layout: shape.layout,
      pageSize: shape.pageSize,
      numPages: Number(pages),
      mapOffset: REGION_HEAD_SIZE,
      mapLength: Number(used),
      dataOffset,
      dataLength: payloadLength - dataOffset,
    }),
  };
}

/** Where the page data of a region of `numPages` pages begins, in bytes from the start of the payload: behind the padding of the map. */
export function dataOffsetOf(numPages: number): number {
  return REGION_HEAD_SIZE + 8 * Math.ceil(numPages / PAGES_IN_8_BYTES);
}

function padTo8(size: bigint): bigint {
  return (size + 7n) & ~7n;
}

function problem(id: LintId, at: number, message: string, values: DeviationValues): { readonly problem: Problem } {
  return { problem: { id, at, message, values } };
}

/** Key Hint 0x0020: where in a region's page data key material was seen. `regionOffset` counts captured bytes only. */
export const KEY_HINT = layout("KeyHint", [
  uuid("regionUuid"),
  u64("regionOffset"),
  u32("keyLen"),
  code("keyType", KEY_TYPE),
  code("protocol", KEY_PROTOCOL),
  code("confidence", KEY_CONFIDENCE),
  code("keyState", KEY_STATE),
  zeros(2),
  lengthOf("note", 4),
  zeros(4),
  text("note"),
]);
