/**
 * Restores the state of the writer of an unfinished capture: checks and records each of its blocks as if it were being written, and recomputes
 * the hashes.
 */

import { equalBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { BLOCK_HEADER, BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { CAPABILITIES, TABLE_BITS } from "../format/capabilities.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { decodeLayout } from "../format/layout/decode.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import type { HashAlgoCode } from "../hash/hash-algorithm.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import { AnnouncedModules } from "./announced-modules.js";
import { isSpecifiedType } from "./block-kinds.js";
import { HashLinks } from "./hash-links.js";
import { ModuleRows } from "./module-rows.js";
import type { ResumeOptions } from "./options.js";
import { type Content, Plan, WrittenThreads } from "./plan.js";
import { WrittenReferences } from "./references.js";
import { redactsAnything } from "./table-payload.js";
import type { WriterState } from "./writer-state.js";
import type { FragmentRange } from "./written-fragments.js";

/** The cost of a block in units of a `TimeSlice`, in addition to hashing its bytes. */
const UNITS_PER_BLOCK = 16;

/** The state behind the first `count` blocks. Throws `plan` or `bad-value` if they contradict the header, or their chain is broken. */
export async function replayed(capture: Capture, source: Source, count: number, options: ResumeOptions): Promise<WriterState> {
  const { header } = capture;
  const blocks = () => firstBlocks(capture, count);
  const known = await knownPayloads(blocks());
  const links = new HashLinks(header.hashAlgo as HashAlgoCode, await source.read(0, header.headerSize), options);
  const state: WriterState = {
    header,
    headerBytes: undefined,
    offset: endOf(blocks(), header.headerSize),
    links,
    seal: undefined,
    plan: planOf(capture, blocks(), known, options),
    references: new WrittenReferences(),
    modules: new AnnouncedModules(),
    threads: new WrittenThreads(),
    resumption: undefined,
    parents: new Map(),
  };
  try {
    const slice = new TimeSlice(options.signal);
    for (const block of blocks()) {
      if (slice.isSpent(UNITS_PER_BLOCK)) await slice.renew();
      await relink(block, source, links, options.signal);
      await replay(block, known.get(block.index), state);
    }
    return state;
  } catch (error) {
    links.release();
    throw error;
  }
}

/** A generator, because a capture may have millions of blocks. */
function* firstBlocks({ blocks }: Capture, count: number): Generator<CaptureBlock> {
  for (let index = 0; index < count; index++) yield blocks.at(index);
}

function endOf(blocks: Iterable<CaptureBlock>, start: number): number {
  let end = start;
  for (const { length } of blocks) end += length;
  return end;
}

/** Payloads that announce other blocks or refer to them, by the index of their block. */
type Known = ReadonlyMap<number, Payload>;

const TELLING: ReadonlySet<number> = new Set([BlockType.ModuleListIndex, BlockType.SystemContext, BlockType.KeyHint]);

async function knownPayloads(blocks: Iterable<CaptureBlock>): Promise<Known> {
  const known = new Map<number, Payload>();
  for (const block of blocks) {
    if (!TELLING.has(block.type)) continue;
    const { payload, problem } = await block.decode();
    if (!payload) throw contradiction(block, problem?.message ?? "its payload cannot be decoded");
    known.set(block.index, payload);
  }
  return known;
}

/** The plan that the header announces, completed by the types that blocks and options announce. */
function planOf({ header }: Capture, blocks: Iterable<CaptureBlock>, known: Known, options: ResumeOptions): Plan {
  const { imported, investigation, capBitmap, blockCount } = header;
  const { nonConforming = false, redact = {}, contents = [] } = options;
  if (redactsAnything(redact) && !header.redacted) {
    throw new MslError("plan", "the options redact fields, but the header's Redacted flag is not set");
  }
  const types = new Set<Content>(announcedTypes(capBitmap).map(contentOf));
  for (const payload of known.values()) for (const type of typesAnnouncedBy(payload)) types.add(type);
  if (nonConforming) for (const { type } of blocks) if (!isSpecifiedType(type)) types.add(type);
  const plan = new Plan({ imported, investigation, contents: [...types, ...contents], blockCount, nonConforming });
  if (plan.capBitmap === capBitmap) return plan;
  throw new MslError(
    "plan",
    `CapBitmap is 0x${capBitmap.toString(16)}, but contents and blocks make 0x${plan.capBitmap.toString(16)}`,
  );
}

/** One type for each bit of CapBitmap. Of types that share a bit, the first one is in every capture with that bit. */
function announcedTypes(capBitmap: bigint): readonly number[] {
  return CAPABILITIES.flatMap(({ bit, types }) => (((capBitmap >> BigInt(bit)) & 1n) === 1n ? types.slice(0, 1) : []));
}

/** Threads are listed by their kind: a type code would stand for blocks that `writeRaw` writes. */
function contentOf(type: number): Content {
  return type === BlockType.ThreadContext ? "ThreadContext" : type;
}

function typesAnnouncedBy(payload: Payload): readonly Content[] {
  if (payload.kind === "ModuleListIndex") return payload.entries.length > 0 ? [BlockType.ModuleEntry] : [];
  if (payload.kind !== "SystemContext") return [];
  const announced = TABLE_BITS.filter(({ bit }) => (payload.tableBitmap >> bit) & 1);
  // The kind stands for a table with rows, which is what the bit announces.
  return announced.map(({ type }) => (type === BlockType.ConnectivityTable ? "ConnectivityTable" : type));
}

/** Compares PrevHash of the block with the hash of the block before it, and hashes the block. */
async function relink(block: CaptureBlock, source: Source, links: HashLinks, signal: AbortSignal | undefined): Promise<void> {
  const header = await source.read(block.offset, BLOCK_HEADER_SIZE);
  const { value } = decodeLayout(BLOCK_HEADER, header, () => {});
  await links.settle();
  const { prevHash } = links;
  if (!value || !equalBytes(value.prevHash, prevHash)) {
    throw contradiction(block, "its PrevHash is not the hash of what stands before it");
  }
  await links.beginBlock(block.length);
  const end = block.offset + block.length;
  for await (const slab of readAhead(source, { from: block.offset, end, signal })) await links.update(slab);
}

async function replay(block: CaptureBlock, payload: Payload | undefined, state: WriterState): Promise<void> {
  const { plan, references, modules, parents } = state;
  const { index, type, uuid, flags } = block;
  const odd = block.headerDeviations()[0];
  if (odd || block.payloadVersion !== 1)
    throw contradiction(block, odd?.message ?? `its PayloadVersion is ${block.payloadVersion}`);
  plan.require(type);
  references.requireUnused(uuid, index);
  const parentUuid = block.parentUuid === NIL_UUID ? undefined : block.parentUuid;
  const hasChildren = (flags & BlockFlag.HasChildren) !== 0;
  const isRegion = type === BlockType.MemoryRegion;
  const continues = (flags & BlockFlag.Continuation) !== 0;
  const range = isRegion && (continues || hasChildren) ? await fragmentRange(block) : undefined;
  const relations = { index, uuid, parentUuid, hasChildren, isRegion, continues, range };
  references.require(relations);
  if (type === BlockType.ModuleEntry) {
    modules.requireAnnounced(uuid, index);
    modules.noteWritten(uuid);
  }
  if (payload?.kind === "ModuleListIndex") {
    const rows = ModuleRows.of(payload.entries);
    modules.requireDistinctRows(rows, (bytes, at) => references.isUsedIn(bytes, at));
    modules.announce(rows);
  }
  if (type === BlockType.ThreadContext) await noteThread(block, state);
  if (payload?.kind === "KeyHint") {
    references.hintTarget(payload.regionUuid, index);
    references.noteHint(payload.regionUuid);
  }
  if ((flags & BlockFlag.HasKeyHints) !== 0) references.expectHints(uuid, { index, pages: await hintedPages(block) });
  plan.note(type);
  references.note(relations);
  parents.set(type, uuid);
}

async function fragmentRange(block: CaptureBlock): Promise<FragmentRange | undefined> {
  const { region } = await block.region();
  if (!region) return undefined;
  const { baseAddr, protection, regionType, pageSizeLog2 } = region.head;
  return pageSizeLog2 === null ? undefined : { baseAddr, endAddr: region.endAddr, protection, regionType, pageSizeLog2 };
}

/** Records a thread without checking the rules for producers, which were checked when it was written. */
async function noteThread(block: CaptureBlock, { threads }: WriterState): Promise<void> {
  const { payload } = await block.decode();
  if (payload?.kind === "ThreadContext") threads.note(payload);
  else threads.noteAsRead();
}

async function hintedPages(block: CaptureBlock) {
  const { region } = await block.region();
  if (!region) return undefined;
  const { numPages, pageSize, baseAddr } = region.head;
  return { map: await region.pages(), first: 0, count: numPages, size: pageSize, base: baseAddr };
}

function contradiction({ index, offset }: CaptureBlock, what: string): MslError {
  return new MslError("plan", `block ${index} at offset ${offset}: ${what}`, { block: index, offset });
}
