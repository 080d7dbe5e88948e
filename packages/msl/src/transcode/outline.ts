/**
 * The first pass: decides which blocks the output has, before its first byte is written. The header announces the types of all blocks, and flags of a block
 * announce blocks behind it.
 */
import { throwIfAborted } from "../errors.js";
import { BlockType } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { TimeSlice } from "../source/time-slice.js";
import { isSystemTable } from "../write/block-kinds.js";
import type { Content } from "../write/plan.js";
import { addressDifferences } from "./address-comparison.js";
import {
  asStored,
  type Decision,
  decisionAtOnce,
  decisionOn,
  isKeptAsStored,
  type Omission,
  rawOrOut,
} from "./block-decision.js";
import type { SourceIntegrity } from "./changes.js";
import type { Repair, TranscodeContext } from "./context.js";
import { HintPlaces } from "./hint-places.js";
import type { Identities } from "./identities.js";
import { type AddedItem, KeptBlocks, type ModuleListItem, type OutlineItem, type RawItem } from "./kept-blocks.js";
import { Lineage } from "./lineage.js";
import type { ModuleList } from "./module-list.js";
import { specifiedType } from "./options.js";
import { OutlineOrder } from "./outline-order.js";
import type { Refusal } from "./report.js";
import { type AddressDifference, type LeftOut, leavesOutEvidence, leftOutBlock, ReportList, unreadBytes } from "./report.js";

export interface Outline {
  /** All blocks but End-of-Capture, in the order of the output. */
  readonly items: OutlineOrder;
  readonly imported: boolean;
  readonly investigation: boolean;
  /** Blocks that the source lacks. */
  readonly added: readonly AddedItem[];
  readonly summary: OutlineSummary;
  readonly lineage: Lineage;
  readonly hints: HintPlaces;
  readonly modules: ModuleList;
  readonly leftOut: ReportList<LeftOut>;
  readonly addresses: readonly AddressDifference[];
  /** What Import Provenance of a repaired capture says about the repair; undefined for `transcode`. */
  readonly repairNote: string | undefined;
}

const UNITS_PER_BLOCK = 8;
/** Types that a capture holds once. */
const SINGLE: ReadonlySet<number> = new Set([BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext]);

/** `integrity`: of the source, if it was verified. */
export async function outlineOf(context: TranscodeContext, integrity: SourceIntegrity | undefined): Promise<Outline> {
  const { capture, identities, repair, signal } = context;
  const survey = await surveyBlocks(context);
  const { kept, leaveOut } = survey;
  const slice = new TimeSlice(signal);
  const modules = await context.modules.list(kept, signal);
  for (const block of kept.blocks()) {
    if (slice.isSpent()) await slice.renew();
    if (kept.kindOf(block) !== "raw" || kept.typeOf(block) !== BlockType.ModuleEntry || modules.announces(block)) continue;
    const why: Refusal = { reason: "problem", message: "The Module Entry cannot be read, and no Module List Index announces it" };
    const entry = capture.blocks.at(block);
    if (isKeptAsStored(entry, context)) kept.set(asStored(entry, why));
    else leaveOut(block, why);
  }
  for (const block of modules.others) {
    leaveOut(block, { reason: "merged", lint: "ORD-MODLIST", message: "Its modules are in the first Module List Index" });
  }
  const hints = await HintPlaces.of(kept, context, async (block, why, raw) => {
    const decision = raw ? await rawOrOut(capture.blocks.at(block), why, context) : ({ kind: "out", why } as const);
    if (decision.kind === "out") leaveOut(block, decision.why);
    else kept.set(decision);
  });
  const present = new Set<number>();
  let copied = 0;
  for (const block of kept.blocks()) {
    if (slice.isSpent()) await slice.renew();
    // A provenance that is copied as it is stored is not that of a repaired capture.
    const serves = kept.typeOf(block) !== BlockType.ImportProvenance || kept.kindOf(block) === "table" || !repair;
    if (serves) present.add(kept.typeOf(block));
    if (kept.kindOf(block) === "raw") copied++;
  }
  const { header } = capture;
  const [provenance] = capture.blocks.ofType(BlockType.ImportProvenance);
  const isImport = provenance?.afterEoc === false && (header.imported || present.has(BlockType.ImportProvenance));
  const imported = isImport || repair !== undefined;
  const investigation = [...present].some((type) => type === BlockType.SystemContext || isSystemTable(type));
  const { source } = modules;
  const index = { kind: "modules", type: BlockType.ModuleListIndex } as const;
  const made: ModuleListItem[] = [];
  if (source !== undefined) kept.set({ ...index, source, uuid: identities.uuidOf(source) });
  else if (!imported || modules.rows.count > 0 || MODULE_TYPES.some((type) => present.has(type)))
    made.push({ ...index, source, uuid: identities.fresh() });
  const lineage = await Lineage.of(kept, context);
  const addresses = await addressDifferences(kept, lineage, context);
  const { leftOut } = survey;
  const repairNote = repair?.note({ capture, integrity, leftOut, addresses, copied, modules: modules.added.length });
  const required = addedBlocks({ imported, investigation, present, provenance: importedFrom(repair, repairNote) }, identities);
  const added = [...required, ...modules.added];
  // Header and blocks would be those of reverseame/memslicer: BlockCount is 0 in encrypted captures, and modules stand before its threads.
  const threadsFirst = context.encrypted && header.clockSource === 0;
  const items = await OutlineOrder.of(kept, [...made, ...added], { imported, hints, threadsFirst, signal });
  return {
    items,
    imported,
    investigation,
    added,
    summary: await summaryOf(items, context),
    lineage,
    hints,
    modules,
    leftOut,
    addresses,
    repairNote,
  };
}

interface BlockSurvey {
  readonly kept: KeptBlocks;
  readonly leftOut: ReportList<LeftOut>;
  readonly leaveOut: (block: number, why: Refusal) => void;
}

async function surveyBlocks(context: TranscodeContext): Promise<BlockSurvey> {
  const { capture, signal } = context;
  const kept = new KeptBlocks(capture.blocks.length);
  const slice = new TimeSlice(signal);
  const leftOut = new ReportList(leavesOutEvidence);
  for (const bytes of unreadBytes(capture)) leftOut.add(bytes);
  /** Names of the contents of blocks whose type has several kinds of payload. */
  const names = new Map<number, string>();
  const leaveOut = (index: number, why: Refusal) => {
    const block = capture.blocks.at(index);
    kept.delete(index);
    leftOut.add(leftOutBlock(block, names.get(index) ?? block.typeName, why));
  };
  const single = new Set<number>();
  for (const block of capture.blocks) {
    throwIfAborted(signal);
    if (slice.isSpent(UNITS_PER_BLOCK)) await slice.renew();
    if (block.index === capture.end.eocIndex) continue;
    const quick = mayBeQuick(block, context) ? decisionAtOnce(block, context) : undefined;
    if (quick) {
      kept.set(quick);
      continue;
    }
    const name = await block.contentName(signal);
    if (name !== block.typeName) names.set(block.index, name);
    const decision = await decisionOnBlock(block, single, context);
    if (decision?.kind === "out") leaveOut(block.index, decision.why);
    else if (decision) kept.set(decision);
  }
  return { kept, leftOut, leaveOut };
}

/** Types of blocks about which more than the payload decides, or whose names depend on the payload. */
const NOT_QUICK: ReadonlySet<number> = new Set([
  ...SINGLE,
  BlockType.ModuleListIndex,
  BlockType.MemoryRegion,
  BlockType.ConnectivityTable,
]);

/** Whether nothing but its payload decides about the block. */
function mayBeQuick(block: CaptureBlock, { wanted, peer }: TranscodeContext): boolean {
  return !block.afterEoc && peer === undefined && !NOT_QUICK.has(block.type) && wanted.has(block.type);
}

/**
 * `single`: the types of blocks before this one that a capture has only once. Undefined for a Module List Index that can be read: its modules become those
 * of the one index of the output.
 */
async function decisionOnBlock(
  block: CaptureBlock,
  single: Set<number>,
  context: TranscodeContext,
): Promise<Decision | undefined> {
  if (!block.afterEoc && !context.wanted.has(block.type)) {
    return { kind: "out", why: { reason: "selection", message: "Blocks of its kind were not selected" } };
  }
  const { peer } = context;
  const misread = block.afterEoc ? undefined : peer?.misread.get(specifiedType(block.type));
  if (peer && misread !== undefined) {
    return { kind: "out", why: { reason: "reader", message: `${peer.name} misreads it: ${misread}` } };
  }
  if (!block.afterEoc && block.type === BlockType.ModuleListIndex) return onModuleList(block, context);
  const decision = await decisionOn(block, context);
  if (decision.kind === "out" || !SINGLE.has(decision.type)) return decision;
  if (single.has(decision.type)) {
    const why: Refusal = { reason: "repeated", message: `A capture has one ${block.typeName}, and this is another` };
    return isKeptAsStored(block, context) ? asStored(block, why) : { kind: "out", why };
  }
  single.add(decision.type);
  return decision;
}

/** The reason to leave a Module List Index out; undefined for one of which anything can be read. */
async function onModuleList(block: CaptureBlock, context: TranscodeContext): Promise<Omission | RawItem | undefined> {
  const { modules, signal } = context;
  if (modules.isReadable(block.index)) return undefined;
  const { problem } = await block.decode(signal);
  const why: Refusal = { reason: "problem", ...(problem ? { lint: problem.id } : {}), message: problem?.message ?? "" };
  const told = { ...why, message: `${why.message}; the index is made anew from the Module Entries` };
  return isKeptAsStored(block, context) ? asStored(block, told) : { kind: "out", why: told };
}

/** Facts about all items that the writer has to know before the first of them. */
interface OutlineSummary {
  readonly types: ReadonlySet<number>;
  /** The same types, in the form that the writer takes. */
  readonly contents: readonly Content[];
  /** End-of-Capture included. */
  readonly blocks: number;
  /** Bytes of the page data, and of the blocks of the source that are no regions. */
  readonly bytes: number;
  /** Whether any block is carried over as bytes. */
  readonly hasRaw: boolean;
  /** Whether a redaction takes something out of a table. */
  readonly hasRedacted: boolean;
}

async function summaryOf(items: Iterable<OutlineItem>, { capture, signal }: TranscodeContext): Promise<OutlineSummary> {
  const slice = new TimeSlice(signal);
  const types = new Set<number>();
  let [rows, threads, rawThreads, hasRaw, hasRedacted] = [false, false, false, false, false];
  let blocks = 1;
  let bytes = 0;
  for (const item of items) {
    if (slice.isSpent()) await slice.renew();
    const { kind, type } = item;
    types.add(type);
    blocks += kind === "region" ? item.blocks : 1;
    if (kind === "region") bytes += item.bytes;
    else if (item.source !== undefined) bytes += capture.blocks.lengthAt(item.source);
    const isThread = type === BlockType.ThreadContext;
    if (kind === "table") {
      rows ||= type === BlockType.ConnectivityTable && !item.empty;
      threads ||= isThread;
      hasRedacted ||= item.redacted;
    } else if (kind === "raw") {
      rawThreads ||= isThread;
      hasRaw = true;
    }
  }
  // The kind of a Connectivity Table announces its rows in TableBitmap, and only the kind of threads allows them; other blocks are listed by their types.
  const contents: Content[] = [...types].filter((type) => type !== BlockType.ThreadContext || rawThreads);
  if (rows) contents.push("ConnectivityTable");
  if (threads) contents.push("ThreadContext");
  return { types, contents, blocks, bytes, hasRaw, hasRedacted };
}

interface Contents {
  readonly imported: boolean;
  readonly investigation: boolean;
  /** The types of the blocks that come from the source. */
  readonly present: ReadonlySet<number>;
  /** The provenance of an import whose source has none that can be read. */
  readonly provenance: ImportedFrom;
}

/** The payload of an added Import Provenance, and why it is added. */
type ImportedFrom = Pick<AddedItem, "payload" | "message">;

const UNKNOWN_FORMAT = 0;
const UNKNOWN_PROVENANCE: ImportedFrom = {
  payload: { kind: "ImportProvenance", sourceFormat: UNKNOWN_FORMAT, importTimeNs: 0n, origFileSize: 0n },
  message: "An import begins with its provenance, and the source's cannot be read: all is unknown",
};

function importedFrom(repair: Repair | undefined, note: string | undefined): ImportedFrom {
  if (!repair || note === undefined) return UNKNOWN_PROVENANCE;
  const message = "The output is an import of the source, and says from what it was repaired and what was lost";
  return { payload: { ...repair.provenance, note }, message };
}

/** Types whose blocks need a Module List Index. */
const MODULE_TYPES = [BlockType.ModuleEntry, BlockType.ModuleListIndex];

/** The blocks that 1.1 requires and that the source lacks, or has in a form that cannot be read. Their fields say that nothing is known. */
function addedBlocks({ imported, investigation, present, provenance }: Contents, identities: Identities): readonly AddedItem[] {
  const added: AddedItem[] = [];
  const add = (item: Omit<AddedItem, "kind" | "uuid">) => {
    if (!present.has(item.type)) added.push({ kind: "added", uuid: identities.fresh(), ...item });
  };
  if (imported) add({ type: BlockType.ImportProvenance, lint: "ORD-PROVENANCE", ...provenance });
  if (!imported || investigation) {
    const payload = { kind: "ProcessIdentity", ppid: 0, sessionId: 0, startTimeNs: 0n } as const;
    const message = "The source has no Process Identity that can be read: all but the header's PID is unknown";
    add({ type: BlockType.ProcessIdentity, payload, lint: "ORD-IDENTITY", message });
  }
  if (investigation) {
    const payload = { kind: "SystemContext", bootTimeNs: 0n, targetCount: 0 } as const;
    const message = "System tables belong to a System Context, and the source has none that can be read: all is unknown";
    add({ type: BlockType.SystemContext, payload, lint: "ORD-SYSCTX", message });
  }
  return added;
}
