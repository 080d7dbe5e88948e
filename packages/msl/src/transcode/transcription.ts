/** The second pass: writes block after block as outlined, and records what became of each. */
import { MslError, throwIfAborted } from "../errors.js";
import { BLOCK_TYPE, BlockFlag, BlockType, type Compression, codeName } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { KEY_HINT } from "../format/payloads/memory-region.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { WrittenBlock } from "../write/block-emitter.js";
import type { BlockWriter } from "../write/block-writer.js";
import type { PendingCalls } from "../write/call-queue.js";
import type { BlockOptions, RegionOptions } from "../write/options.js";
import { writeRawBlock } from "../write/raw-block.js";
import type { RegionInput } from "../write/region-input.js";
import { writeModuleList, writePayload } from "../write/typed-blocks.js";
import { type KeyPlace, type WrittenRegion, writeRegion } from "../write/write-region.js";
import { headerChanges } from "./block-changes.js";
import { carriedPayload, encodedPayload, redactions } from "./carried-payload.js";
import { carriedRegion, truncation } from "./carried-region.js";
import type { Circumstances } from "./circumstances.js";
import type { CompressionPolicy } from "./compression-policy.js";
import type { KeptFrame } from "./kept-frames.js";
import { isBound } from "./lineage.js";
import type { Outline } from "./outline.js";
import type { AddedItem, ModuleListItem, OutlineItem, RawItem, RegionItem, TableItem } from "./outline-items.js";
import { deviationChanges, payloadChanges } from "./payload-changes.js";
import { fragmentsRefused } from "./peers.js";
import type { AddedBlock, ChangedBlock, OutputBlock, TranscodeChange } from "./report.js";
import { losesEvidence } from "./report-complete.js";
import { ReportList } from "./report-list.js";
import { sourceBlock } from "./source-places.js";

export interface Transcript {
  readonly blocks: ReportList<ChangedBlock>;
  readonly unchanged: number;
  readonly added: ReportList<AddedBlock>;
}

interface Copied {
  readonly written: WrittenBlock;
  readonly changes: readonly TranscodeChange[];
  /** The compressed bytes of the source, if they may have gone over as they are. */
  readonly offered: KeptFrame | undefined;
}

/** A region that is about to be written. */
interface PreparedRegion {
  readonly input: RegionInput;
  readonly options: RegionOptions & { readonly offered: KeptFrame | undefined };
  readonly changes: readonly TranscodeChange[];
}

type BlockStorage = BlockOptions & { readonly offered: KeptFrame | undefined };

export interface TranscriptionRules {
  readonly outline: Outline;
  readonly circumstances: Circumstances;
  readonly compression: CompressionPolicy;
  readonly tableBitmap: number;
  /** Those of regions, which are written while the next ones are read. */
  readonly calls: PendingCalls;
  readonly onBytes: (length: number) => void;
}

export class Transcription {
  readonly #writer: BlockWriter;
  readonly #rules: TranscriptionRules;
  readonly #blocks = new ReportList(losesEvidence);
  readonly #added = new ReportList<AddedBlock>(() => false);
  /** Regions that became several blocks, by their blocks in the source. */
  readonly #split = new Map<number, WrittenRegion>();
  /** Blocks that others belong to by their types: Module List Index, System Context. */
  readonly #bonds = new Map<number, string>();
  #unchanged = 0;

  constructor(writer: BlockWriter, rules: TranscriptionRules) {
    this.#writer = writer;
    this.#rules = rules;
  }

  async run(): Promise<void> {
    const { calls, circumstances, outline } = this.#rules;
    for (const item of outline.items) {
      throwIfAborted(circumstances.signal);
      if (item.kind === "region") {
        await this.#regionItem(item);
        continue;
      }
      await calls.settle();
      await this.#item(item);
    }
    await calls.settle();
  }

  /** The source's End-of-Capture against that of the output, which is written already. */
  async noteEnd(block: CaptureBlock, written: WrittenBlock): Promise<void> {
    const { deviations } = await block.decode(this.#rules.circumstances.signal);
    this.#record(block, { written, changes: deviationChanges(deviations), offered: undefined });
  }

  get transcript(): Transcript {
    return { blocks: this.#blocks, unchanged: this.#unchanged, added: this.#added };
  }

  async #item(item: Exclude<OutlineItem, RegionItem>): Promise<void> {
    if (item.kind === "added") return this.#addItem(item);
    if (item.source === undefined) return this.#addModuleList(item);
    const block = this.#rules.circumstances.capture.blocks.at(item.source);
    const copied = await this.#copy(item, block);
    this.#bonds.set(item.type, copied.written.uuid);
    this.#record(block, copied, await block.contentName(this.#rules.circumstances.signal));
    this.#rules.onBytes(block.length);
  }

  async #copy(item: Exclude<OutlineItem, AddedItem | RegionItem>, block: CaptureBlock): Promise<Copied> {
    if (item.kind === "raw") return this.#raw(item, block);
    return item.kind === "modules" ? this.#moduleList(block) : this.#table(item, block);
  }

  #record(block: CaptureBlock, { written, changes, offered }: Copied, name = block.typeName): void {
    const { identities } = this.#rules.circumstances;
    const parentUuid = this.#parentUuid(block.index, block.type);
    const header = {
      written,
      parentUuid,
      verbatim: offered?.taken ?? false,
      moved: this.#rules.outline.items.isMoved(block.index),
    };
    const all = [...headerChanges(block, header, identities), ...changes];
    if (all.length === 0) this.#unchanged++;
    else this.#blocks.add({ source: sourceBlock(block, name), output: outputBlock(written), changes: all });
  }

  async #table({ source }: TableItem, block: CaptureBlock): Promise<Copied> {
    const { circumstances, tableBitmap } = this.#rules;
    const { rules, signal } = circumstances;
    const { payload: read, raw, deviations } = await block.decode(signal);
    const carried = read && carriedPayload(read, rules);
    if (!carried) throw changed(block);
    const changes = [...carried.changes];
    let { payload } = carried;
    const place = this.#keyPlace(source);
    const offset = this.#rules.outline.hints.offsetOf(source);
    if (payload.kind === "KeyHint" && offset !== undefined) {
      const message = `RegionOffset ${payload.regionOffset} counts from BaseAddr, as ${circumstances.capture.dialect.name} has it; in page data, the key is at ${offset}`;
      changes.push({ id: "mended", field: "regionOffset", message });
      payload = { ...payload, regionOffset: offset };
    }
    if (payload.kind === "KeyHint" && place) {
      changes.push({ id: "split", message: `The region is split; the key lies in ${place.regionUuid} at ${place.regionOffset}` });
      payload = { ...payload, ...place };
    }
    if (read.kind === "SystemContext" && read.tableBitmap !== tableBitmap) {
      const message = `TableBitmap 0x${read.tableBitmap.toString(16)} became 0x${tableBitmap.toString(16)}: the tables that are there`;
      changes.push({ id: "mended", lint: "SYS-BITMAP", field: "tableBitmap", message });
    }
    const options = { ...this.#options(block, block.compression), keepNote: true, asRead: true };
    const written = await writePayload(this.#writer, payload, options);
    const encoded = encodedPayload(payload, rules.redact, tableBitmap);
    const facts = { kind: payload.kind, read: raw, encoded, deviations, redact: rules.redact };
    return { written, changes: payloadChanges(block, facts, changes), offered: options.offered };
  }

  /** Ends when the next region may be read: this one may be waiting for its turn still. */
  async #regionItem(item: RegionItem): Promise<void> {
    const { calls, circumstances } = this.#rules;
    const block = circumstances.capture.blocks.at(item.source);
    const region = await this.#prepared(item, block).catch(async (error: unknown) => {
      // What is wrong with regions before comes first.
      await calls.settle();
      throw error;
    });
    const { input, options } = region;
    const call = writeRegion(this.#writer, input, options);
    await calls.add(call.then((written) => this.#noteRegion(item, block, region, written)));
  }

  async #prepared(item: RegionItem, block: CaptureBlock): Promise<PreparedRegion> {
    const { circumstances, onBytes, outline } = this.#rules;
    const { signal, identities } = circumstances;
    const { input, compression, changes } = await carriedRegion(circumstances.places.region(item.source).region, {
      signal,
      onBytes,
    });
    const first = outline.lineage.firstOf(item.source);
    const common = this.#options(block, compression ?? block.compression);
    // Written out: a spread makes an object that takes several KiB with what V8 keeps about it.
    const options = {
      uuid: common.uuid,
      parentUuid: first === undefined ? common.parentUuid : undefined,
      hasChildren: common.hasChildren,
      compression: common.compression,
      offered: common.offered,
      signal,
      hasKeyHints: outline.hints.isHinted(item.source),
      keysAt: outline.hints.keysAt(item.source),
      continuationOf: first === undefined ? undefined : identities.uuidOf(first),
    };
    return { input, options, changes };
  }

  #noteRegion(item: RegionItem, block: CaptureBlock, { options, changes }: PreparedRegion, region: WrittenRegion): void {
    const [written] = region.blocks;
    if (!written) throw changed(block);
    const split: TranscodeChange[] = [];
    if (region.blocks.length > 1) {
      this.#split.set(item.source, region);
      split.push({ id: "split", message: `The region became ${region.blocks.length} blocks` });
    }
    const all = [...deviationChanges(truncation(block)), ...changes, ...split, ...this.#orphan(item, block)];
    this.#bonds.set(item.type, written.uuid);
    this.#record(block, { written, changes: all, offered: options.offered });
  }

  /** A fragment whose region does not go on there. */
  #orphan({ source }: RegionItem, block: CaptureBlock): TranscodeChange[] {
    const alone = (block.flags & BlockFlag.Continuation) !== 0 && this.#rules.outline.lineage.firstOf(source) === undefined;
    if (!alone) return [];
    const { peer } = this.#rules.circumstances;
    if (peer?.fragments === false)
      return [{ id: "reader", message: `${fragmentsRefused(peer)}; the fragment is a region of its own` }];
    return [{ id: "mended", lint: "REG-CONT", message: "A fragment that continues no region stands on its own" }];
  }

  async #raw(item: RawItem, block: CaptureBlock): Promise<Copied> {
    const { circumstances, outline } = this.#rules;
    const { signal } = circumstances;
    const { payload } = await block.payload(signal);
    const first = outline.lineage.firstOf(item.source);
    const options = this.#options(block, block.compression);
    const written = await writeRawBlock(this.#writer, {
      ...options,
      type: item.type,
      payload: await this.#rawPayload(item, block, await payload.read(0, payload.size, signal)),
      parentUuid: this.#parentUuid(item.source, item.type),
      continuation: first !== undefined,
      hasKeyHints: outline.hints.isHinted(item.source),
    });
    const { lint, message } = item.why;
    const change: TranscodeChange = {
      id: "not-specified",
      ...(lint === undefined ? {} : { lint }),
      message: `Carried over as bytes, which no 1.1 producer writes: ${message}`,
    };
    return { written, changes: [change], offered: options.offered };
  }

  /** A Key Hint outside its region's data still names that region. */
  async #rawPayload({ type, source }: RawItem, block: CaptureBlock, bytes: Uint8Array): Promise<Uint8Array> {
    if (type === BlockType.MemoryRegion) return this.#withoutPadding(source, bytes);
    const { payload: read } = type === BlockType.KeyHint ? await block.decode() : {};
    if (read?.kind !== "KeyHint") return bytes;
    const regionUuid = this.#rules.circumstances.rules.regionUuid(read.regionUuid);
    return regionUuid === read.regionUuid ? bytes : encodeLayout(KEY_HINT, { ...read, regionUuid });
  }

  /** Behind short page data, zeros that pad the payload would read as captured bytes: the output has no producer that pads. */
  async #withoutPadding(source: number, payload: Uint8Array): Promise<Uint8Array> {
    const { places, signal } = this.#rules.circumstances;
    const place = places.get(source);
    if (place?.kind !== "region") return payload;
    const { needed, held } = await place.region.pageDataExtent(signal);
    return held < needed ? payload.subarray(0, place.region.head.dataOffset + held) : payload;
  }

  async #moduleList(block: CaptureBlock): Promise<Copied> {
    const { outline, circumstances } = this.#rules;
    const { rules, signal } = circumstances;
    const { entries, changes } = outline.modules;
    const { raw, deviations } = await block.decode(signal);
    const payload = { kind: "ModuleListIndex", entries } as const;
    const redacted = redactions(payload.kind, payload, rules.redact);
    const options = this.#options(block, block.compression);
    const written = await writeModuleList(this.#writer, payload, options);
    const encoded = encodedPayload(payload, rules.redact, 0);
    const facts = { kind: payload.kind, read: raw, encoded, deviations, redact: rules.redact };
    return { written, changes: payloadChanges(block, facts, [...changes, ...redacted]), offered: options.offered };
  }

  async #addModuleList({ uuid, type }: ModuleListItem): Promise<void> {
    const { entries } = this.#rules.outline.modules;
    const written = await writeModuleList(this.#writer, { entries }, { uuid });
    this.#bonds.set(type, uuid);
    const message = `The source has no Module List Index that can be read: it lists the ${entries.length} Module Entries`;
    this.#added.add({ output: outputBlock(written), typeName: codeName(BLOCK_TYPE, type), lint: "ORD-MODLIST", message });
  }

  async #addItem({ type, uuid, payload, lint, message }: AddedItem): Promise<void> {
    const written = await writePayload(this.#writer, payload, { uuid });
    this.#bonds.set(type, uuid);
    this.#added.add({ output: outputBlock(written), typeName: codeName(BLOCK_TYPE, type), lint, message });
  }

  #options(block: CaptureBlock, stored: Compression): BlockStorage {
    const { circumstances, compression, outline } = this.#rules;
    const storage = compression.choose(block, stored, circumstances.signal);
    return {
      uuid: circumstances.identities.uuidOf(block.index),
      parentUuid: isBound(block.type) ? undefined : this.#parentUuid(block.index, block.type),
      hasChildren: outline.lineage.hasChildren(block.index),
      compression: storage.compression,
      offered: storage.offered,
    };
  }

  /** The parent in the output. */
  #parentUuid(source: number, type: number): string | undefined {
    const { lineage } = this.#rules.outline;
    if (type === BlockType.ModuleEntry) return this.#bonds.get(BlockType.ModuleListIndex);
    if (isBound(type)) return this.#bonds.get(BlockType.SystemContext);
    const parent = lineage.firstOf(source) ?? lineage.parentOf(source);
    return parent === undefined ? undefined : this.#rules.circumstances.identities.uuidOf(parent);
  }

  #keyPlace(hint: number): KeyPlace | undefined {
    const { hints } = this.#rules.outline;
    const address = hints.addressOf(hint);
    return address === undefined ? undefined : this.#split.get(hints.targetOf(hint) ?? -1)?.keyAt(address);
  }
}

function outputBlock({ index, offset, length, uuid }: WrittenBlock): OutputBlock {
  return { index, offset, length, uuid };
}

/** The first pass has seen that the block can be written. */
function changed({ index, offset }: CaptureBlock): MslError {
  return new MslError("source", `Block ${index} reads otherwise than before: the source changed while it was read`, {
    offset,
    block: index,
  });
}
