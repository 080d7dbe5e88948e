/**
 * Decides what the output will hold, before its first byte: the header announces it, and flags of early blocks speak of later ones.
 */
import { throwIfAborted } from "../errors.js";
import { BlockType } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { TimeSlice } from "../source/time-slice.js";
import { isSystemTable } from "../write/block-kinds.js";
import { addedBlocks } from "./added-blocks.js";
import { addressDifferences } from "./address-comparison.js";
import { type OutVerdict, rawOrOut, type Verdict, verdictOn } from "./block-verdict.js";
import type { Circumstances } from "./circumstances.js";
import { HintPlaces } from "./hint-places.js";
import { KeptBlocks } from "./kept-blocks.js";
import { Lineage } from "./lineage.js";
import { type ModuleList, moduleList } from "./module-list.js";
import type { AddedItem, ModuleListItem, Refusal } from "./outline-items.js";
import { OutlineOrder } from "./outline-order.js";
import { type OutlineSummary, summaryOf } from "./outline-summary.js";
import type { AddressDifference, LeftOut } from "./report.js";
import { leavesOutEvidence } from "./report-complete.js";
import { ReportList } from "./report-list.js";
import { specifiedType } from "./selection.js";
import { leftOutBlock, unreadBytes } from "./source-places.js";

export interface Outline {
  /** In the order of the output, without End-of-Capture. */
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
}

const UNITS_PER_BLOCK = 8;
/** Types that a capture holds once. */
const SINGLE: ReadonlySet<number> = new Set([BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext]);

export async function outlineOf(circumstances: Circumstances): Promise<Outline> {
  const { capture, identities, signal } = circumstances;
  const survey = await surveyBlocks(circumstances);
  const { kept, leaveOut } = survey;
  const slice = new TimeSlice(signal);
  const modules = await moduleList(kept, circumstances);
  for (const block of kept.blocks()) {
    if (slice.isSpent()) await slice.renew();
    if (kept.kindOf(block) !== "raw" || kept.typeOf(block) !== BlockType.ModuleEntry || modules.announces(block)) continue;
    leaveOut(block, { reason: "problem", message: "The Module Entry cannot be read, and no Module List Index announces it" });
  }
  for (const block of modules.others) {
    leaveOut(block, { reason: "merged", lint: "ORD-MODLIST", message: "Its modules are in the first Module List Index" });
  }
  const hints = await HintPlaces.of(kept, circumstances, async (block, why, raw) => {
    const verdict = raw ? await rawOrOut(capture.blocks.at(block), why, circumstances) : ({ kind: "out", why } as const);
    if (verdict.kind === "out") leaveOut(block, verdict.why);
    else kept.set(verdict);
  });
  const present = new Set<number>();
  for (const block of kept.blocks()) {
    if (slice.isSpent()) await slice.renew();
    present.add(kept.typeOf(block));
  }
  const { header } = capture;
  const [provenance] = capture.blocks.ofType(BlockType.ImportProvenance);
  const imported = provenance?.afterEoc === false && (header.imported || present.has(BlockType.ImportProvenance));
  const investigation = [...present].some((type) => type === BlockType.SystemContext || isSystemTable(type));
  const { source } = modules;
  const index = { kind: "modules", type: BlockType.ModuleListIndex } as const;
  const made: ModuleListItem[] = [];
  if (source !== undefined) kept.set({ ...index, source, uuid: identities.uuidOf(source) });
  else if (!imported || modules.entries.length > 0) made.push({ ...index, source, uuid: identities.fresh() });
  const added = [...addedBlocks({ imported, investigation, present }, identities), ...modules.added];
  // Header and blocks would be those of reverseame/memslicer: BlockCount is 0 in encrypted captures, and modules stand before its threads.
  const threadsFirst = circumstances.encrypted && header.clockSource === 0;
  const items = await OutlineOrder.of(kept, [...made, ...added], { imported, hints, threadsFirst, signal });
  const lineage = await Lineage.of(kept, circumstances);
  return {
    items,
    imported,
    investigation,
    added,
    summary: await summaryOf(items, circumstances),
    lineage,
    hints,
    modules,
    leftOut: survey.leftOut,
    addresses: await addressDifferences(kept, lineage, circumstances),
  };
}

interface BlockSurvey {
  readonly kept: KeptBlocks;
  readonly leftOut: ReportList<LeftOut>;
  readonly leaveOut: (block: number, why: Refusal) => void;
}

async function surveyBlocks(circumstances: Circumstances): Promise<BlockSurvey> {
  const { capture, signal } = circumstances;
  const kept = new KeptBlocks(capture.blocks.length);
  const slice = new TimeSlice(signal);
  const leftOut = new ReportList(leavesOutEvidence);
  for (const bytes of unreadBytes(capture)) leftOut.add(bytes);
  /** Of blocks whose code does not tell what they hold. */
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
    const name = await block.contentName(signal);
    if (name !== block.typeName) names.set(block.index, name);
    const verdict = await verdictOfBlock(block, single, circumstances);
    if (verdict?.kind === "out") leaveOut(block.index, verdict.why);
    else if (verdict) kept.set(verdict);
  }
  return { kept, leftOut, leaveOut };
}

/** `single`: types that a capture has once, and that are there already. Undefined for what goes into the index of modules. */
async function verdictOfBlock(
  block: CaptureBlock,
  single: Set<number>,
  circumstances: Circumstances,
): Promise<Verdict | undefined> {
  if (!block.afterEoc && !circumstances.wanted.has(block.type)) {
    return { kind: "out", why: { reason: "selection", message: `Blocks of its kind were not selected` } };
  }
  const { peer } = circumstances;
  const misread = block.afterEoc ? undefined : peer?.misread.get(specifiedType(block.type));
  if (peer && misread !== undefined) {
    return { kind: "out", why: { reason: "reader", message: `${peer.name} misreads it: ${misread}` } };
  }
  if (!block.afterEoc && block.type === BlockType.ModuleListIndex) return onModuleList(block, circumstances);
  const verdict = await verdictOn(block, circumstances);
  if (verdict.kind === "out" || !SINGLE.has(verdict.type)) return verdict;
  if (single.has(verdict.type)) {
    return { kind: "out", why: { reason: "repeated", message: `A capture has one ${block.typeName}, and this is another` } };
  }
  single.add(verdict.type);
  return verdict;
}

/** An index of which nothing can be read is made anew from the Module Entries. */
async function onModuleList(block: CaptureBlock, { signal }: Circumstances): Promise<OutVerdict | undefined> {
  const { payload, partial, problem } = await block.decode(signal);
  if (payload || partial) return undefined;
  const why: Refusal = { reason: "problem", ...(problem ? { lint: problem.id } : {}), message: problem?.message ?? "" };
  return { kind: "out", why: { ...why, message: `${why.message}; the index is made anew from the Module Entries` } };
}
