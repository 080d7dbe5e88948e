/**
 * Decides what the output will hold, before its first byte: the header announces it, and flags of early blocks speak of later ones.
 */
import { throwIfAborted } from "../errors.js";
import { BlockType } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { isSystemTable } from "../write/block-kinds.js";
import type { Content } from "../write/plan.js";
import { addedBlocks } from "./added-blocks.js";
import { addressDifferences } from "./address-comparison.js";
import { type OutVerdict, rawOrOut, type Verdict, verdictOn } from "./block-verdict.js";
import type { Circumstances } from "./circumstances.js";
import { type HintPlaces, placeHints } from "./hint-places.js";
import { type Lineage, lineageOf } from "./lineage.js";
import { type ModuleList, moduleList } from "./module-list.js";
import type { ModuleListItem, OutlineItem, RawItem, Refusal } from "./outline-items.js";
import { inOrder } from "./outline-order.js";
import type { AddressDifference, LeftOut } from "./report.js";
import { leavesOutEvidence } from "./report-complete.js";
import { ReportList } from "./report-list.js";
import { specifiedType } from "./selection.js";
import { sourceBlock, unreadBytes } from "./source-places.js";

export interface Outline {
  /** In the order of the output, without End-of-Capture. */
  readonly items: readonly OutlineItem[];
  readonly imported: boolean;
  readonly investigation: boolean;
  readonly types: ReadonlySet<number>;
  /** The same types as the writer takes them. */
  readonly contents: readonly Content[];
  /** End-of-Capture included. */
  readonly blocks: number;
  readonly lineage: Lineage;
  readonly hints: HintPlaces;
  /** Whether threads stand before the Module Entries. */
  readonly threadsFirst: boolean;
  readonly modules: ModuleList;
  readonly leftOut: ReportList<LeftOut>;
  readonly addresses: readonly AddressDifference[];
}

type SourceItem = Exclude<Verdict, OutVerdict> | ModuleListItem;

/** Types that a capture holds once. */
const SINGLE: ReadonlySet<number> = new Set([BlockType.ImportProvenance, BlockType.ProcessIdentity, BlockType.SystemContext]);

export async function outlineOf(circumstances: Circumstances): Promise<Outline> {
  const { capture, identities } = circumstances;
  const survey = await surveyBlocks(circumstances);
  const { kept, leaveOut } = survey;
  const ofType = (kind: "table" | "raw") =>
    new Set(
      [...kept.values()].flatMap((item) => (item.kind === kind && item.type === BlockType.ModuleEntry ? [item.source] : [])),
    );
  const unreadable = ofType("raw");
  const modules = await moduleList(ofType("table"), unreadable, circumstances);
  for (const block of unreadable) {
    if (modules.announced.has(block)) continue;
    leaveOut(block, { reason: "problem", message: "The Module Entry cannot be read, and no Module List Index announces it" });
  }
  for (const block of modules.others) {
    leaveOut(block, { reason: "merged", lint: "ORD-MODLIST", message: "Its modules are in the first Module List Index" });
  }
  const hints = await placeHints(kept, circumstances);
  for (const { block, why, raw } of hints.refused) {
    const verdict: RawItem | OutVerdict = raw
      ? await rawOrOut(capture.blocks.at(block), why, circumstances)
      : { kind: "out", why };
    if (verdict.kind === "out") leaveOut(block, verdict.why);
    else kept.set(block, verdict);
  }
  const present = new Set([...kept.values()].map(({ type }) => type));
  const { header } = capture;
  const provenance = [...capture.blocks.ofType(BlockType.ImportProvenance)].some(({ afterEoc }) => !afterEoc);
  const imported = provenance && (header.imported || present.has(BlockType.ImportProvenance));
  const investigation = [...present].some((type) => type === BlockType.SystemContext || isSystemTable(type));
  const listed = !imported || modules.source !== undefined || modules.entries.length > 0;
  if (listed) {
    const { source } = modules;
    const uuid = source === undefined ? identities.fresh() : identities.uuidOf(source);
    const item: ModuleListItem = { kind: "modules", source, type: BlockType.ModuleListIndex, uuid };
    kept.set(source ?? -1, item);
  }
  const added = addedBlocks({ imported, investigation, present }, identities);
  // Header and blocks would be those of reverseame/memslicer: BlockCount is 0 in encrypted captures, and modules stand before its threads.
  const threadsFirst = circumstances.encrypted && header.clockSource === 0;
  const items = inOrder([...kept.values()], [...added, ...modules.added], { imported, targets: hints.targets, threadsFirst });
  const lineage = lineageOf(kept, circumstances);
  const types = new Set(items.map(({ type }) => type));
  return {
    items,
    imported,
    investigation,
    types,
    contents: contentsOf(items, types),
    blocks: items.reduce((sum, item) => sum + (item.kind === "region" ? item.blocks : 1), 1),
    lineage,
    hints,
    threadsFirst,
    modules,
    leftOut: survey.leftOut,
    addresses: await addressDifferences(kept, lineage.firsts, circumstances),
  };
}

/** A Connectivity Table with rows goes by its kind, since TableBitmap announces rows, and so do threads, which are asked for. */
function contentsOf(items: readonly OutlineItem[], types: ReadonlySet<number>): readonly Content[] {
  const rows = items.some((item) => item.kind === "table" && item.type === BlockType.ConnectivityTable && !item.empty);
  const threads = items.some(({ kind, type }) => kind === "table" && type === BlockType.ThreadContext);
  const raw = items.some(({ kind, type }) => kind === "raw" && type === BlockType.ThreadContext);
  return [
    ...[...types].filter((type) => type !== BlockType.ThreadContext || raw),
    ...(rows ? (["ConnectivityTable"] as const) : []),
    ...(threads ? (["ThreadContext"] as const) : []),
  ];
}

interface BlockSurvey {
  readonly kept: Map<number, SourceItem>;
  readonly leftOut: ReportList<LeftOut>;
  readonly leaveOut: (block: number, why: Refusal) => void;
}

async function surveyBlocks(circumstances: Circumstances): Promise<BlockSurvey> {
  const { capture, signal } = circumstances;
  const kept = new Map<number, SourceItem>();
  const leftOut = new ReportList(leavesOutEvidence);
  for (const bytes of unreadBytes(capture)) leftOut.add(bytes);
  /** Of blocks whose code does not tell what they hold. */
  const names = new Map<number, string>();
  const leaveOut = (index: number, why: Refusal) => {
    const block = capture.blocks.at(index);
    kept.delete(index);
    leftOut.add({ ...sourceBlock(block, names.get(index) ?? block.typeName), ...why });
  };
  const single = new Set<number>();
  for (const block of capture.blocks) {
    throwIfAborted(signal);
    if (block.index === capture.end.eocIndex) continue;
    const name = await block.contentName(signal);
    if (name !== block.typeName) names.set(block.index, name);
    const verdict = await verdictOfBlock(block, single, circumstances);
    if (verdict?.kind === "out") leaveOut(block.index, verdict.why);
    else if (verdict) kept.set(block.index, verdict);
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
