/** Deviations of System Contexts: announced tables that are missing, tables that are not announced, and empty texts. */

import type { Deviation } from "../deviations/deviation.js";
import { TABLE_BITS } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import type { FileHeader } from "../format/file-header.js";
import type { TablePayload } from "../format/payloads/registry.js";
import { itemsInSlices } from "../source/time-slice.js";
import type { BlockList } from "./block-list.js";
import type { CaptureBlock } from "./capture-block.js";

type SystemContext = Extract<TablePayload, { kind: "SystemContext" }>;

/** memslicer uses bits 4 to 9; the specification neither defines nor reserves them. */
const FIRST_RESERVED_BIT = 10;
/** An empty text means "not captured", unless the Redacted flag is set (specification, header flags). */
const OPTIONAL_TEXTS = ["acqUser", "domain", "caseRef"] as const;

export async function* systemContextDeviations(
  blocks: BlockList,
  header: FileHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  let tables: ReadonlySet<number> | undefined;
  for await (const block of itemsInSlices(blocks.ofType(BlockType.SystemContext), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind !== "SystemContext") continue;
    tables ??= await tablesPresent(blocks, signal);
    for (const message of bitmapFaults(payload, tables)) yield deviation("SYS-BITMAP", block, "tableBitmap", message);
    const empty = OPTIONAL_TEXTS.filter((field) => payload[field] === "");
    if (header.redacted || empty.length === 0) continue;
    const message = `${empty.join(", ")} ${empty.length > 1 ? "are" : "is"} empty, and Redacted is clear: not captured`;
    yield deviation("RED-FLAG", block, empty[0], message);
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

function deviation(id: Deviation["id"], block: CaptureBlock, field: string | undefined, message: string): Deviation {
  return { id, message, offset: block.offset, block: block.index, ...(field === undefined ? {} : { field }) };
}
