/**
 * What blocks say about each other, and the deviations between them. `Capture` loads this file, and the files that it exports from, when a caller
 * asks for references, modules, threads or keys.
 */
import { isZero } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { PREV_HASH_OFFSET } from "../format/block-header.js";
import { TABLE_BITS } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import type { FileHeader } from "../format/file-header.js";
import { fieldOffset, type Layout } from "../format/layout/fields.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { TablePayload } from "../format/payloads/registry.js";
import type { Region } from "../memory/region.js";
import { itemsInSlices } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";
import { hintFlagDeviations, type KeyHint } from "./key-hints.js";
import { surveyModules } from "./modules.js";
import type { References } from "./references.js";
import { type RegionSurvey, regionOverlaps } from "./region-survey.js";
import { surveyThreads } from "./threads.js";

export { resolveKeyHints } from "./key-hints.js";
export { ModuleMap, surveyModules } from "./modules.js";
export { References } from "./references.js";
export { placeOf, surveyThreads } from "./threads.js";

/** The part of `Capture` whose blocks are compared. */
interface CheckedCapture {
  readonly blocks: BlockList;
  references(signal?: AbortSignal): Promise<References>;
  keyHints(signal?: AbortSignal): Promise<readonly KeyHint[]>;
  regions(signal?: AbortSignal): Promise<readonly Region[]>;
}

/** Parts of a capture that its class keeps to itself. */
export interface CheckedParts {
  readonly header: FileHeader;
  readonly index: BlockIndex;
  readonly strict: boolean;
  readonly isSealed: boolean;
  survey(): Promise<RegionSurvey>;
}

/** `Capture.crossCheck`. */
export async function* crossCheck(
  capture: CheckedCapture,
  { header, index, strict, isSealed, survey }: CheckedParts,
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  const { blocks } = capture;
  if (isSealed) yield* nonZeroPrevHashes(blocks, signal);
  yield* (await capture.references(signal)).deviations(signal);
  yield* itemsInSlices((await surveyModules(blocks, signal)).deviations, signal);
  yield* systemContextDeviations(blocks, header, signal);
  const hints = await capture.keyHints(signal);
  for await (const hint of itemsInSlices(hints, signal)) yield* hint.deviations;
  yield* itemsInSlices(hintFlagDeviations(index, hints), signal);
  yield* itemsInSlices((await surveyThreads(blocks, strict, signal)).deviations, signal);
  yield* itemsInSlices((await survey()).deviations, signal);
  yield* regionOverlaps(await capture.regions(signal), signal);
}

/** Blocks of an encrypted capture with a PrevHash, which has to be zero: the tag protects them. */
async function* nonZeroPrevHashes(blocks: BlockList, signal?: AbortSignal): AsyncGenerator<Deviation, void, undefined> {
  for await (const block of itemsInSlices(blocks, signal)) {
    if (block.afterEoc) break;
    const prevHash = await block.prevHash(signal);
    if (isZero(prevHash)) continue;
    const message = `PrevHash of block ${block.index} is ${hexText(prevHash)}, but zero in encrypted captures`;
    yield { id: "INT-ENC-PREVHASH", message, offset: block.offset + PREV_HASH_OFFSET, block: block.index, field: "prevHash" };
  }
}

type SystemContext = Extract<TablePayload, { kind: "SystemContext" }>;

/** memslicer uses bits 4 to 9; the specification neither defines nor reserves them. */
const FIRST_RESERVED_BIT = 10;
/** An empty text means "not captured", unless the Redacted flag is set (specification, header flags). */
const OPTIONAL_TEXTS = ["acqUser", "domain", "caseRef"] as const;

async function* systemContextDeviations(
  blocks: BlockList,
  header: FileHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  let tables: ReadonlySet<number> | undefined;
  for await (const block of itemsInSlices(blocks.ofType(BlockType.SystemContext), signal)) {
    if (block.afterEoc) break;
    const { payload, table } = await block.decode(signal);
    if (payload?.kind !== "SystemContext" || !table) continue;
    tables ??= await tablesPresent(blocks, signal);
    for (const message of bitmapFaults(payload, tables)) yield deviation("SYS-BITMAP", block, table, "tableBitmap", message);
    const empty = OPTIONAL_TEXTS.filter((field) => payload[field] === "");
    if (header.redacted || empty.length === 0) continue;
    const message = `Empty, and Redacted is clear, so not captured: ${empty.join(", ")}`;
    yield deviation("RED-FLAG", block, table, empty[0] ?? "", message);
  }
}

function bitmapFaults({ tableBitmap }: SystemContext, tables: ReadonlySet<number>): string[] {
  const faults: string[] = [];
  for (const { bit, type } of TABLE_BITS) {
    const announced = ((tableBitmap >>> bit) & 1) === 1;
    if (announced === tables.has(type)) continue;
    const name = codeName(BLOCK_TYPE, type);
    faults.push(
      announced
        ? `TableBitmap announces a ${name}, but there is none`
        : `There is a ${name}, which TableBitmap does not announce`,
    );
  }
  if (tableBitmap >>> FIRST_RESERVED_BIT !== 0)
    faults.push(`Reserved bits of TableBitmap are set: 0x${tableBitmap.toString(16)}`);
  return faults;
}

/** The types of tables that a TableBitmap has to announce. Computed once: a capture may have thousands of System Contexts and of tables. */
async function tablesPresent(blocks: BlockList, signal: AbortSignal | undefined): Promise<Set<number>> {
  const present = new Set<number>();
  for (const { type } of TABLE_BITS) {
    const found = type === BlockType.ConnectivityTable ? await hasConnectivityRows(blocks, signal) : holds(blocks, type);
    if (found) present.add(type);
  }
  return present;
}

function holds(blocks: BlockList, type: number): boolean {
  for (const block of blocks.ofType(type)) return !block.afterEoc;
  return false;
}

/** The bit of the Connectivity Table announces rows and not the table, and the table has two codes. */
async function hasConnectivityRows(blocks: BlockList, signal: AbortSignal | undefined): Promise<boolean> {
  for (const type of [BlockType.ConnectivityTable, BlockType.MemslicerConnectivityTable]) {
    for await (const block of itemsInSlices(blocks.ofType(type), signal)) {
      if (block.afterEoc) break;
      const { payload, partial } = await block.decode(signal);
      if (payload?.kind === "ConnectivityTable" && payload.rows.length > 0) return true;
      if (Array.isArray(partial?.["rows"]) && partial["rows"].length > 0) return true;
    }
  }
  return false;
}

/** A deviation at its field; of a text, which has no fixed place, at the length of the text. */
function deviation(id: Deviation["id"], block: CaptureBlock, table: Layout, field: string, message: string): Deviation {
  const base = block.compression === "none" ? block.payloadOffset : 0;
  return block.locate({ id, message, offset: fieldOffset(table, field === "tableBitmap" ? field : `${field}Len`), field }, base);
}
