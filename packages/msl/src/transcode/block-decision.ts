/** The decision about one block: it is written with its type and payload, carried over as bytes, or left out. */

import { equalBytes } from "../bytes.js";
import type { LintId } from "../deviations/catalogue.js";
import { MslError } from "../errors.js";
import { BlockType } from "../format/codes.js";
import { MARKING_TYPES } from "../format/dialects/evidence.js";
import { canonicalEnd } from "../format/layout/canonical.js";
import { hexText } from "../format/layout/uuid-text.js";
import { MODULE_ENTRY } from "../format/payloads/process-tables.js";
import type { BlockRegion } from "../memory/block-region.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { BlockResult } from "../read/decode-block.js";
import { BLOCK_KINDS, isSpecifiedType, type TableKind } from "../write/block-kinds.js";
import { fragmentsOf } from "../write/fragments.js";
import { regionShape } from "../write/region-input.js";
import { type CarriedPayload, carriedPayload, withEncodedPayload } from "./carried-payload.js";
import { carriedRegion } from "./carried-region.js";
import type { TranscodeContext } from "./context.js";
import type { RawItem, RegionItem, TableItem } from "./kept-blocks.js";
import { fragmentsRefused } from "./options.js";
import type { Refusal } from "./report.js";

export type Decision = TableItem | RegionItem | RawItem | Omission;

export interface Omission {
  readonly kind: "out";
  readonly why: Refusal;
}

const KNOWN_PAYLOAD_VERSION = 1;
const ONLY_PROPOSED: Refusal = {
  reason: "unspecified",
  lint: "EXT-THREAD",
  message: "Only a proposal defines Thread Contexts, and conformingOnly leaves them out",
};
const FOREIGN: ReadonlySet<LintId> = new Set(["EXT-MEMSLICER", "EXT-MEMDIVER", "TYP-UNSPECIFIED"]);

export async function decisionOn(block: CaptureBlock, context: TranscodeContext): Promise<Decision> {
  if (block.afterEoc) return afterEnd(block, context);
  if (block.type === BlockType.MemoryRegion) return onRegionBlock(block, context);
  if (block.type === BlockType.EndOfCapture && !block.truncated) return onOtherEnd(block, context);
  const result = await block.decode(context.signal);
  const decision = onTable(block, result, context);
  return decision.kind === "refused" ? rawOrOut(block, decision.why, context) : decision;
}

/** An End-of-Capture that was found behind damage, and does not end the capture. The output has one of its own. */
async function onOtherEnd(block: CaptureBlock, { signal }: TranscodeContext): Promise<Omission> {
  const { payload, problem } = await block.decode(signal);
  const said =
    payload?.kind === "EndOfCapture"
      ? `its FileHash ${hexText(payload.fileHash)} is not that of the bytes before it, its AcqEnd is ${payload.acqEndNs}`
      : (problem?.message ?? "it cannot be decoded");
  const message = `An End-of-Capture behind damage does not end the capture: ${said}; the output has one of its own`;
  return { kind: "out", why: { reason: "problem", lint: "INT-FILEHASH", message } };
}

/** The decision, without a promise, on a block that a table lays out, that is in memory, and that is not refused; undefined for other blocks. */
export function decisionAtOnce(block: CaptureBlock, context: TranscodeContext): TableItem | undefined {
  const canonical = onCanonicalModule(block, context);
  if (canonical) return canonical;
  const result = block.decodeAtOnce();
  const decision = result && onTable(block, result, context);
  return decision?.kind === "table" ? decision : undefined;
}

/**
 * The decision on a Module Entry, of which captures have very many, without decoding it: its payload is stored as the encoder stores it. Undefined for other
 * blocks, and where options may change the payload.
 */
function onCanonicalModule(block: CaptureBlock, { modules, rules }: TranscodeContext): TableItem | undefined {
  if (block.type !== BlockType.ModuleEntry || !block.isPlain || rules.rehashed || rules.redact.ModuleEntry) return undefined;
  const payload = block.payloadAtOnce();
  if (!payload || canonicalEnd(MODULE_ENTRY, payload, 0, payload.length) !== payload.length) return undefined;
  modules.noteStored(block.index, payload);
  return { kind: "table", source: block.index, type: block.type, redacted: false, empty: false, same: true };
}

interface Refused {
  readonly kind: "refused";
  readonly why: Refusal;
}

/** The decision on a block that is not a region and does not stand behind End-of-Capture. */
function onTable(block: CaptureBlock, result: BlockResult, context: TranscodeContext): TableItem | Omission | Refused {
  const { payload } = result;
  const carried = payload && carriedPayload(payload, context.rules);
  if (payload?.kind === "ThreadContext" && context.conformingOnly) return { kind: "out", why: ONLY_PROPOSED };
  const found = encodable(result, carried, context);
  if (typeof found === "object") return { kind: "refused", why: found };
  if (payload?.kind === "ModuleEntry") context.modules.note(block.index, payload);
  // memslicer's code for a Connectivity Table becomes the specified one.
  const type = block.type === BlockType.MemslicerConnectivityTable ? BlockType.ConnectivityTable : block.type;
  const redacted = carried?.changes.some(({ id }) => id === "redacted") ?? false;
  const empty = carried?.payload.kind === "ConnectivityTable" && carried.payload.rows.length === 0;
  return { kind: "table", source: block.index, type, redacted, empty, same: found };
}

/** A block that is refused, as bytes where the options ask for that and it is possible. `first`: the first fragment that the block continues. */
export async function rawOrOut(
  block: CaptureBlock,
  why: Refusal,
  context: TranscodeContext,
  first?: number,
): Promise<RawItem | Omission> {
  if (!context.keepNonConforming) return { kind: "out", why };
  // The provenance of a repaired capture says how it was repaired: another one has to be whole, and stands elsewhere.
  if (context.repair && block.type === BlockType.ImportProvenance)
    return isKeptAsStored(block, context) ? asStored(block, why, first) : { kind: "out", why };
  const not = await whyNotRaw(block, context);
  if (not === undefined) return { kind: "raw", source: block.index, type: block.type, first, why, asStored: false };
  if (isKeptAsStored(block, context)) return asStored(block, why, first);
  return { kind: "out", why: { ...why, message: `${why.message}; it cannot be carried over as bytes: ${not}` } };
}

/** Whether a block that cannot be carried over otherwise is copied as it is stored: a repaired capture has every complete block of its source. */
export function isKeptAsStored({ type, truncated, afterEoc }: CaptureBlock, { capture, repair }: TranscodeContext): boolean {
  const isWhole = !truncated && !afterEoc && type !== BlockType.EndOfCapture;
  return repair !== undefined && isWhole && capture.header.byteOrder === "little";
}

export function asStored({ index, type }: CaptureBlock, why: Refusal, first?: number): RawItem {
  return { kind: "raw", source: index, type, first, why, asStored: true };
}

/** Kinds whose payload says something about other blocks, which the output may have elsewhere. */
const ABOUT_OTHERS: ReadonlySet<string> = new Set([
  "ModuleListIndex",
  "SystemContext",
  "ConnectivityTable",
  "KeyHint",
  "ImportProvenance",
]);
/** Longer payloads are compared when they are written: in slices. */
const COMPARED_AT_ONCE = 64 * 1024;

/** Whether the payload stays as it is (`TableItem.same`), or why it cannot be written as one that a table lays out. */
function encodable(
  { payload, problem, deviations, raw }: BlockResult,
  carried: CarriedPayload | undefined,
  { rules }: TranscodeContext,
): boolean | Refusal {
  if (problem) return { reason: "problem", lint: problem.id, message: problem.message };
  if (!carried) {
    const lint = deviations.find(({ id }) => FOREIGN.has(id))?.id ?? "TYP-UNSPECIFIED";
    return { reason: "unspecified", lint, message: `The specification defines no payload of this kind: ${payload?.kind ?? ""}` };
  }
  const { kind } = carried.payload;
  const mayStay =
    deviations.length === 0 && carried.changes.length === 0 && raw.length <= COMPARED_AT_ONCE && !ABOUT_OTHERS.has(kind);
  let same = false;
  const why = refusalOf(() => {
    same = withEncodedPayload(carried.payload, rules.redact, 0, (encoded) => mayStay && equalBytes(encoded, raw));
  });
  return why ?? same;
}

function refusalOf(work: () => unknown): Refusal | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof MslError && (error.code === "bad-value" || error.code === "limit")) {
      return { reason: "problem", message: error.message };
    }
    throw error;
  }
}

async function onRegionBlock(block: CaptureBlock, context: TranscodeContext): Promise<Decision> {
  const place = context.places.get(block.index);
  if (!place || place.kind === "merged") {
    return {
      kind: "out",
      why: { reason: "merged", lint: "REG-CONT", message: "Its bytes continue the region of another block" },
    };
  }
  if (place.kind === "unreadable") {
    const { id, message } = place.problem;
    return rawOrOut(block, { reason: "problem", lint: id, message }, context);
  }
  if (!place.selected) return { kind: "out", why: { reason: "selection", message: "The region was not selected" } };
  return onRegion(block, place.region, place.first, context);
}

async function onRegion(
  block: CaptureBlock,
  region: BlockRegion,
  first: number | undefined,
  context: TranscodeContext,
): Promise<Decision> {
  const { peer } = context;
  const { input, bytes, lost, exact } = await carriedRegion(region, context);
  let blocks = 0;
  const why = refusalOf(() => {
    blocks = fragmentsOf(regionShape(input), context.splitAbove).length;
  });
  if (why) return rawOrOut(block, why, context, first);
  const alone = peer?.fragments === false;
  if (alone && blocks > 1)
    return { kind: "out", why: { reason: "reader", message: `${fragmentsRefused(peer)}, and it would take ${blocks}` } };
  const item: RegionItem = {
    kind: "region",
    source: block.index,
    type: block.type,
    first: alone ? undefined : first,
    bytes,
    blocks,
    exact,
  };
  // Carried over as bytes, the block keeps the part of a page that is there. Readers of the output find the block short, as in the source.
  if (lost === 0 || region.head.layout !== "1.1" || block.truncated) return item;
  const short: Refusal = { reason: "problem", lint: "REG-SHORTDATA", message: `${lost} captured pages lack bytes` };
  const raw = await rawOrOut(block, short, context, first);
  return raw.kind === "raw" ? raw : item;
}

/** Blocks behind End-of-Capture are not part of the capture: no hash covers them. */
async function afterEnd(block: CaptureBlock, context: TranscodeContext): Promise<Decision> {
  const why: Refusal = {
    reason: "after-end",
    lint: "EOC-TRAILING",
    message: "It stands behind End-of-Capture, and is not part of the capture",
  };
  return isSpecifiedType(block.type) ? { kind: "out", why } : rawOrOut(block, why, context);
}

async function whyNotRaw(block: CaptureBlock, context: TranscodeContext): Promise<string | undefined> {
  const { capture, rules, rawLimit, signal } = context;
  const { type, payloadVersion } = block;
  if (type === BlockType.Invalid || type === BlockType.EndOfCapture) return "no producer may write its type there";
  if (capture.header.byteOrder === "big") return "its integers are big-endian, and would be read as little-endian";
  if (payloadVersion > KNOWN_PAYLOAD_VERSION) return `it would no longer say that its PayloadVersion is ${payloadVersion}`;
  const kinds = Object.keys(BLOCK_KINDS) as TableKind[];
  const redacted = kinds.some((kind) => BLOCK_KINDS[kind].type === type && (rules.redact[kind] ?? []).length > 0);
  if (redacted) return "nothing can be redacted in it";
  const { payload, problem } = await block.payload(signal);
  if (problem && block.compression !== "none") return "its payload cannot be decompressed";
  if (type === BlockType.ConnectivityTable && !marksGoOver(capture) && (await isEmptyBundle(block, context)))
    return "nothing in the output would tell the empty bundle from an empty Connectivity Table";
  return payload.size > rawLimit ? `its payload has ${payload.size} bytes, above the limit of ${rawLimit}` : undefined;
}

async function isEmptyBundle(block: CaptureBlock, { signal }: TranscodeContext): Promise<boolean> {
  const { payload } = await block.decode(signal);
  return payload?.kind === "KernelSymbolBundle" && payload.rows.length === 0;
}

/** Whether the output has blocks by which readers recognise memslicer. Its System Contexts and blocks of type 0x0054 become those of the specification. */
function marksGoOver({ blocks }: Capture): boolean {
  const own = [...MARKING_TYPES].filter((type) => type !== BlockType.MemslicerConnectivityTable);
  return own.some((type) => {
    const [first] = blocks.ofType(type);
    return first !== undefined && !first.afterEoc;
  });
}
