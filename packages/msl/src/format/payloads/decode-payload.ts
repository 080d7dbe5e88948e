/** From a block's uncompressed payload bytes to a typed payload, or to its raw bytes with the reason. */

import { BoundedReport, type Deviation, type Report, type Reporter } from "../../deviations/deviation.js";
import { blobJson, type JsonObject } from "../../json/layout-json.js";
import { shownAs } from "../../json/shown.js";
import { type Begun, finished, isWork, type SlicedWork } from "../../sliced-work.js";
import { BlockType } from "../codes.js";
import type { Authorship } from "../dialects/dialects.js";
import { beginLayout, type DecodeResult, isPadding, type LayoutRules, type Problem } from "../layout/decode.js";
import type { Decoded, Layout } from "../layout/fields.js";
import { PageStates } from "../page-states.js";
import type { Choice } from "./connectivity.js";
import { decodeRegionHead, REGION_HEAD_SIZE, type RegionHead, regionHeadJson } from "./memory-region.js";
import {
  checkMapPadding,
  checkPageData,
  type InflatedPageData,
  type InflatePageData,
  mapPaddingAt,
  neededPageData,
  type PageDataCompression,
  pageDataEnd,
  shortDataPadding,
  trailingZeros,
} from "./page-data.js";
import { reportRoles, THREAD_CONTEXT } from "./process-tables.js";
import { beginChoice, hasPayloadLayout, type TablePayload } from "./registry.js";

/** A decoded Memory Region. Its map and page data are views of the payload, which is in memory whole. */
export interface MemoryRegionPayload extends RegionHead {
  readonly kind: "MemoryRegion";
  /** A state for each of `numPages` pages. */
  readonly pages: PageStates;
  /** How MSL 0.1 stored the page data, which no flag says; null for plain data. */
  readonly pageDataCompression: PageDataCompression | null;
  /** The bytes of the Captured pages, in page order, each of `pageSize` bytes; fewer where the page data is short. */
  readonly pageData: Uint8Array;
}

/** The payload of a type that has no table here. */
export interface RawPayload {
  readonly kind: "Raw";
  /** The payload, decompressed. */
  readonly raw: Uint8Array;
}

/**
 * A decoded payload; `kind` tells which. The fields are those of docs/fields.md: u64 values and addresses are `bigint`, other integers are
 * `number`, codes have their names beside them, and times are nanoseconds since 1970-01-01 UTC.
 */
export type Payload = TablePayload | MemoryRegionPayload | RawPayload;

export interface PayloadResult {
  /** Absent when there is a problem. */
  readonly payload?: Payload;
  /** What could not be decoded, with its offset in the payload. The raw bytes remain available from the block. */
  readonly problem?: Problem;
  /** Fields and complete entries before the problem. */
  readonly partial?: Readonly<Record<string, unknown>>;
  /** The table by which payload or partial were decoded. */
  readonly table?: Layout;
  /**
   * Present where the bytes can be read in two ways, and blocks that a stream has not passed yet decide: what was assumed, and what it may be
   * instead. Only a stream reader has such results.
   */
  readonly provisional?: string;
  /** Offsets count from the start of the payload. */
  readonly deviations: readonly Deviation[];
}

export interface PayloadContext extends LayoutRules {
  readonly type: number;
  readonly payloadVersion: number;
  /** Bytes of the payload; fewer are given where the data ends inside it. */
  readonly length: number;
  /** Who wrote the capture, by other evidence in it; decides where bytes alone do not. */
  readonly authorship: Authorship;
  readonly inflatePageData?: InflatePageData;
  /** Whether the writer may have filled payloads with zeros up to a multiple of 8 bytes. */
  readonly mayPad?: boolean;
}

/** The latest payload version described here; version 0 stands in drafts that had no such field. */
export const PAYLOAD_VERSION = 1;

export function decodePayload(bytes: Uint8Array, context: PayloadContext): PayloadResult {
  return finished(beginPayload(bytes, context));
}

/** Decodes at once, unless that takes long: then the work that is left is returned, which runs in slices. */
export function beginPayload(bytes: Uint8Array, context: PayloadContext): Begun<PayloadResult> {
  const { type, payloadVersion } = context;
  const problem = payloadVersionProblem(type, payloadVersion);
  if (problem) return { problem, deviations: [] };
  const found = new BoundedReport();
  reportPayloadVersion(type, payloadVersion, found);
  if (type === BlockType.MemoryRegion) return beginRegion(bytes, context, found);
  const choice = beginChoice(context, bytes, found);
  return isWork(choice) ? chosenWork(choice, bytes, context, found) : beginTable(choice, bytes, context, found);
}

function* chosenWork(
  choosing: SlicedWork<Choice<Layout>>,
  bytes: Uint8Array,
  context: PayloadContext,
  found: BoundedReport,
): SlicedWork<PayloadResult> {
  const begun = beginTable(yield* choosing, bytes, context, found);
  return isWork(begun) ? yield* begun : begun;
}

function beginTable(
  { table, provisional }: Choice<Layout>,
  bytes: Uint8Array,
  context: PayloadContext,
  found: BoundedReport,
): Begun<PayloadResult> {
  if (!table) return { payload: shownRaw({ kind: "Raw", raw: bytes }), deviations: found.deviations };
  const begun = beginLayout(table, bytes, found, context, true);
  if (isWork(begun)) return restOfTable(begun, table, provisional, bytes, found);
  return tableResult(begun, table, provisional, bytes, found);
}

function* restOfTable(
  rest: SlicedWork<DecodeResult<object>>,
  table: Layout,
  provisional: string | undefined,
  bytes: Uint8Array,
  found: BoundedReport,
): SlicedWork<PayloadResult> {
  return tableResult(yield* rest, table, provisional, bytes, found);
}

function tableResult(
  result: DecodeResult<object>,
  table: Layout,
  provisional: string | undefined,
  bytes: Uint8Array,
  found: BoundedReport,
): PayloadResult {
  const { value } = result;
  if (!value) {
    const read = provisional === undefined ? { table } : { table, provisional };
    return { problem: result.problem, partial: result.partial as Values, ...read, deviations: found.deviations };
  }
  reportRest(bytes, result.size, found);
  if (table === THREAD_CONTEXT) reportRoles(value as Decoded<typeof THREAD_CONTEXT>, found);
  const payload = value as TablePayload;
  const { deviations } = found;
  // Without a spread, which takes as long as decoding a text.
  return provisional === undefined ? { payload, table, deviations } : { payload, table, provisional, deviations };
}

type Values = Readonly<Record<string, unknown>>;

const shownRaw = shownAs("Raw", ({ kind, raw }: RawPayload): JsonObject => ({ kind, raw: blobJson(raw) }));

const shownRegion = shownAs(
  "MemoryRegion",
  ({ kind, pages, pageDataCompression, pageData, ...head }: MemoryRegionPayload): JsonObject => ({
    kind,
    ...regionHeadJson(head),
    pages: pages.toJSON(),
    pageDataCompression,
    pageData: blobJson(pageData),
  }),
);

/** A `PayloadResult` whose deviations are reported elsewhere. */
export type UnreportedResult = Omit<PayloadResult, "deviations">;

/** Why a block of this type and version cannot be decoded at all. */
export function payloadVersionProblem(type: number, payloadVersion: number): Problem | undefined {
  if (type === BlockType.Invalid) return { id: "BLK-TYPE0", at: 0, message: "BlockType is 0x0000, which must not appear" };
  if (payloadVersion <= PAYLOAD_VERSION || !isKnownType(type)) return undefined;
  return { id: "BLK-PAYLOADVERSION", at: 0, message: `PayloadVersion is ${payloadVersion}, expected ${PAYLOAD_VERSION}` };
}

/** Drafts had no PayloadVersion: its bytes are 0 there. */
export function reportPayloadVersion(type: number, payloadVersion: number, reporter: Reporter): void {
  if (payloadVersion === PAYLOAD_VERSION || !isKnownType(type)) return;
  reporter.add({
    id: "BLK-PAYLOADVERSION",
    message: `PayloadVersion is ${payloadVersion}, expected ${PAYLOAD_VERSION}`,
    offset: 0,
    field: "payloadVersion",
  });
}

function isKnownType(type: number): boolean {
  return type === BlockType.MemoryRegion || hasPayloadLayout(type);
}

function beginRegion(bytes: Uint8Array, context: PayloadContext, found: BoundedReport): Begun<PayloadResult> {
  const start = bytes.subarray(0, REGION_HEAD_SIZE);
  const rules = { legacy: context.payloadVersion === 0, byteOrder: context.byteOrder };
  const { head, problem } = decodeRegionHead(start, context.length, rules, found.report);
  if (!head) return { problem, deviations: found.deviations };
  const pages = new PageStates(bytes.subarray(head.mapOffset, head.mapOffset + head.mapLength), head.numPages);
  checkMapPadding(head, bytes.subarray(mapPaddingAt(head), head.dataOffset), found.report);
  const inflating = context.inflatePageData?.(head, pages, bytes.subarray(head.dataOffset));
  if (inflating) return inflatedRegion(inflating, head, pages, bytes, context, found);
  return { ...regionResult(undefined, head, pages, bytes, context, found.report), deviations: found.deviations };
}

function* inflatedRegion(
  inflating: SlicedWork<InflatedPageData>,
  head: RegionHead,
  pages: PageStates,
  bytes: Uint8Array,
  context: PayloadContext,
  found: BoundedReport,
): SlicedWork<PayloadResult> {
  return { ...regionResult(yield* inflating, head, pages, bytes, context, found.report), deviations: found.deviations };
}

function regionResult(
  inflated: InflatedPageData | undefined,
  head: RegionHead,
  pages: PageStates,
  bytes: Uint8Array,
  context: PayloadContext,
  report: Report,
): UnreportedResult {
  // Data that does not decompress is no page data.
  const data = inflated?.problem ? new Uint8Array(0) : (inflated?.bytes ?? bytes.subarray(head.dataOffset));
  const padding = inflated || !context.mayPad ? undefined : shortDataPadding(head, pages, bytes.length);
  const padded = padding ? trailingZeros(bytes.subarray(padding.start, padding.end)) : 0;
  const pageData = data.subarray(0, Math.min(neededPageData(head, pages), data.length - padded));
  const pageDataCompression = inflated?.compression ?? null;
  const payload: MemoryRegionPayload = shownRegion({ kind: "MemoryRegion", ...head, pages, pageDataCompression, pageData });
  if (inflated?.problem) return { problem: inflated.problem, partial: shownRegion({ ...payload }) };
  const held = inflated?.bytes.length ?? head.dataLength - padded;
  const short = checkPageData(head, pages, held, data.subarray(pageDataEnd(head, pages, held)), report);
  return short ? { problem: short, partial: shownRegion({ ...payload }) } : { payload };
}

/** Whole-payload padding: some producers fill every payload up to a multiple of 8. */
function reportRest(bytes: Uint8Array, size: number, reporter: Reporter): void {
  if (size === bytes.length) return;
  const rest = bytes.subarray(size);
  const padding = isPadding(rest);
  reporter.add({
    id: padding ? "BLK-PADDING" : "LEN-EXTRA",
    message: `${padding ? "Zeros" : "Bytes"} behind the structured payload, length ${rest.length}`,
    offset: size,
    field: "payload",
    values: [rest.length],
  });
}
