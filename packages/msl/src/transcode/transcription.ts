/** The second pass: writes the blocks of the outline one after the other, and records the changes of each. */
import { MslError, throwIfAborted } from "../errors.js";
import { BlockFlag, BlockType, type Compression } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { KEY_HINT } from "../format/payloads/memory-region.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { type BlockResult, contentName } from "../read/decode-block.js";
import { readAhead } from "../source/read-ahead.js";
import { TimeSlice } from "../source/time-slice.js";
import type { WrittenBlock } from "../write/block-emitter.js";
import type { BlockWriter } from "../write/block-writer.js";
import type { PendingCalls } from "../write/call-queue.js";
import type { BlockOptions, RegionOptions } from "../write/options.js";
import { writeEncoded, writeRawBlock, writeStoredBlock } from "../write/raw-block.js";
import type { RegionInput } from "../write/region-input.js";
import { writeModuleRows, writePayload } from "../write/typed-blocks.js";
import { type WrittenRegion, writeRegion } from "../write/write-region.js";
import { type CarriedPayload, carriedPayload, encodedPayload } from "./carried-payload.js";
import { carriedRegion, truncation } from "./carried-region.js";
import { deviationChanges, payloadChanges } from "./changes.js";
import type { CompressionPolicy, KeptFrame } from "./compression-policy.js";
import type { TranscodeContext } from "./context.js";
import type { AddedItem, ModuleListItem, OutlineItem, RawItem, RegionItem, TableItem } from "./kept-blocks.js";
import { isBound } from "./lineage.js";
import { indexPayload, indexRedactions } from "./module-list.js";
import { fragmentsRefused } from "./options.js";
import type { Outline } from "./outline.js";
import type { TranscodeChange } from "./report.js";
import { type Copied, Transcript } from "./transcript.js";

/** A region that is about to be written. */
interface PreparedRegion {
  readonly input: RegionInput;
  readonly options: RegionOptions & { readonly offered: KeptFrame | undefined };
  readonly changes: readonly TranscodeChange[];
}

type BlockStorage = BlockOptions & { readonly uuid: string; readonly offered: KeptFrame | undefined };

const NONE: readonly TranscodeChange[] = [];

const UNITS_PER_TABLE = 16;
/** Flags about other blocks, which the output sets anew. */
const RELATIONS = BlockFlag.HasChildren | BlockFlag.HasKeyHints | BlockFlag.Continuation;

export interface TranscriptionRules {
  readonly outline: Outline;
  readonly context: TranscodeContext;
  readonly compression: CompressionPolicy;
  readonly tableBitmap: number;
  /** Calls that write regions, which go on while the next regions are read. */
  readonly calls: PendingCalls;
  readonly onBytes: (length: number) => void;
}

export class Transcription {
  readonly #writer: BlockWriter;
  readonly #rules: TranscriptionRules;
  /** What has been written so far. */
  readonly transcript: Transcript;

  constructor(writer: BlockWriter, rules: TranscriptionRules) {
    this.#writer = writer;
    this.#rules = rules;
    this.transcript = new Transcript(rules.outline, rules.context);
  }

  async run(): Promise<void> {
    const { calls, context, outline } = this.#rules;
    const slice = new TimeSlice(context.signal);
    for (const item of outline.items) {
      throwIfAborted(context.signal);
      if (item.kind === "region") {
        await this.#regionItem(item);
        continue;
      }
      if (calls.pending > 0) await calls.settle();
      if (item.kind !== "table") await this.#item(item);
      else {
        if (slice.isSpent(UNITS_PER_TABLE)) await slice.renew();
        const copying = this.#table(item);
        if (copying) await copying;
      }
    }
    await calls.settle();
  }

  /** Records the changes of End-of-Capture, which is written already. */
  async noteEnd(block: CaptureBlock, written: WrittenBlock): Promise<void> {
    const { deviations } = await block.decode(this.#rules.context.signal);
    this.transcript.note(block, block.type, { written, changes: deviationChanges(deviations), offered: undefined });
  }

  async #item(item: Exclude<OutlineItem, RegionItem | TableItem>): Promise<void> {
    if (item.kind === "added") return this.#addItem(item);
    if (item.source === undefined) return this.#addModuleList(item);
    const block = this.#rules.context.capture.blocks.at(item.source);
    const copied = await (item.kind === "raw" ? this.#raw(item, block) : this.#moduleList(block));
    this.transcript.note(block, item.type, copied, await block.contentName(this.#rules.context.signal));
    this.#rules.onBytes(block.length);
  }

  /** Copies a table. A promise is returned only if the block has to be read, or takes time: very many blocks are small, and are in memory. */
  #table(item: TableItem): Promise<void> | undefined {
    const { capture, signal } = this.#rules.context;
    const block = capture.blocks.at(item.source);
    if (item.same) return this.#sameTable(item, block);
    const result = block.decodeAtOnce();
    return result ? this.#decodedTable(item, block, result) : this.#tableRead(item, block, signal);
  }

  /** Writes the payload as it is: the first pass has compared it with what the encoder makes of it. */
  #sameTable(item: TableItem, block: CaptureBlock): Promise<void> | undefined {
    const payload = block.payloadAtOnce();
    return payload ? this.#bytesOfTable(item, block, payload) : this.#sameTableRead(item, block);
  }

  async #sameTableRead(item: TableItem, block: CaptureBlock): Promise<void> {
    const { signal } = this.#rules.context;
    const { payload } = await block.payload(signal);
    await this.#bytesOfTable(item, block, await payload.read(0, payload.size, signal));
  }

  #bytesOfTable(item: TableItem, block: CaptureBlock, payload: Uint8Array): Promise<void> | undefined {
    const options = this.#options(block, block.compression);
    const written = writeEncoded(this.#writer, item.type, payload, options);
    const note = (done: WrittenBlock) => {
      this.transcript.note(block, item.type, { written: done, changes: NONE, offered: options.offered });
      this.#rules.onBytes(block.length);
    };
    return written instanceof Promise ? written.then(note) : void note(written);
  }

  async #tableRead(item: TableItem, block: CaptureBlock, signal: AbortSignal | undefined): Promise<void> {
    await this.#decodedTable(item, block, await block.decode(signal));
  }

  /** `result` may have bytes that are valid only until other bytes of the capture are read. */
  #decodedTable(item: TableItem, block: CaptureBlock, result: BlockResult): Promise<void> | undefined {
    const { context, tableBitmap } = this.#rules;
    const { rules, signal } = context;
    const { payload: read, raw, deviations } = result;
    const carried = read && carriedPayload(read, rules);
    if (!carried) throw changed(block);
    const { payload, changes: others } = this.#placed(block, read, carried);
    const encoded = encodedPayload(payload, rules.redact, tableBitmap);
    const facts = { kind: payload.kind, read: raw, encoded, deviations, redact: rules.redact };
    const changes = payloadChanges(block, facts, others, signal);
    const options = this.#tableOptions(block);
    const written: WrittenBlock | Promise<WrittenBlock> = writePayload(this.#writer, payload, options);
    const name = block.type === BlockType.ConnectivityTable ? contentName(block, result) : undefined;
    const note = (done: WrittenBlock, told: readonly TranscodeChange[]) => {
      this.transcript.note(block, item.type, { written: done, changes: told, offered: options.offered }, name);
      this.#rules.onBytes(block.length);
    };
    if (!(written instanceof Promise) && !(changes instanceof Promise)) return void note(written, changes);
    return Promise.all([written, changes]).then(([done, told]) => note(done, told));
  }

  #tableOptions(block: CaptureBlock) {
    const { uuid, parentUuid, hasChildren, compression, offered } = this.#options(block, block.compression);
    return { uuid, parentUuid, hasChildren, compression, offered, keepNote: true, asRead: true };
  }

  /** The payload as it is written, with references to other blocks as the output has them, and all changes that were made on purpose. */
  #placed({ index }: CaptureBlock, read: Payload, carried: CarriedPayload): CarriedPayload {
    const { context, outline, tableBitmap } = this.#rules;
    if (read.kind === "SystemContext" && read.tableBitmap !== tableBitmap) {
      const message = `TableBitmap 0x${read.tableBitmap.toString(16)} became 0x${tableBitmap.toString(16)} for the tables of the output`;
      const change = { id: "mended", lint: "SYS-BITMAP", field: "tableBitmap", message } as const;
      return { payload: carried.payload, changes: [...carried.changes, change] };
    }
    let { payload } = carried;
    if (payload.kind === "ImportProvenance" && outline.repairNote !== undefined) {
      const note = payload.note ? `${payload.note}; ${outline.repairNote}` : outline.repairNote;
      const change: TranscodeChange = { id: "repaired", field: "note", message: "Note says from what the capture was repaired" };
      return { payload: { ...payload, note }, changes: [...carried.changes, change] };
    }
    if (payload.kind !== "KeyHint") return carried;
    const changes = [...carried.changes];
    const place = this.transcript.keyPlace(index);
    const offset = outline.hints.offsetOf(index);
    if (offset !== undefined) {
      const message = `RegionOffset ${payload.regionOffset} counts from BaseAddr, as ${context.capture.dialect.name} has it; in page data, the key is at ${offset}`;
      changes.push({ id: "mended", field: "regionOffset", message });
      payload = { ...payload, regionOffset: offset };
    }
    if (place) {
      changes.push({ id: "split", message: `The region is split; the key lies in ${place.regionUuid} at ${place.regionOffset}` });
      payload = { ...payload, ...place };
    }
    return { payload, changes };
  }

  /** Ends when the next region may be read. This one may then still be waiting for its turn to be written. */
  async #regionItem(item: RegionItem): Promise<void> {
    const { calls, context } = this.#rules;
    const block = context.capture.blocks.at(item.source);
    const region = await this.#prepared(item, block).catch(async (error: unknown) => {
      // Failures of regions before this one come first.
      await calls.settle();
      throw error;
    });
    const { input, options } = region;
    const call = writeRegion(this.#writer, input, options);
    await calls.add(call.then((written) => this.#noteRegion(item, block, region, written)));
  }

  async #prepared(item: RegionItem, block: CaptureBlock): Promise<PreparedRegion> {
    const { context, onBytes, outline } = this.#rules;
    const { signal, identities } = context;
    const { input, compression, changes } = await carriedRegion(context.places.region(item.source).region, {
      signal,
      onBytes,
    });
    const first = outline.lineage.firstOf(item.source);
    const common = this.#options(block, compression ?? block.compression);
    // The properties are written out: V8 keeps several KiB with an object that a spread made.
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
      this.transcript.noteSplit(item.source, region);
      split.push({ id: "split", message: `The region became ${region.blocks.length} blocks` });
    }
    const all = [...deviationChanges(truncation(block)), ...changes, ...split, ...this.#orphan(item, block)];
    this.transcript.note(block, item.type, { written, changes: all, offered: options.offered });
  }

  /** The change that reports a fragment that continues no region of the output. */
  #orphan({ source }: RegionItem, block: CaptureBlock): TranscodeChange[] {
    const alone = (block.flags & BlockFlag.Continuation) !== 0 && this.#rules.outline.lineage.firstOf(source) === undefined;
    if (!alone) return [];
    const { peer } = this.#rules.context;
    if (peer?.fragments === false)
      return [{ id: "reader", message: `${fragmentsRefused(peer)}; the fragment is a region of its own` }];
    return [{ id: "mended", lint: "REG-CONT", message: "A fragment that continues no region stands on its own" }];
  }

  async #raw(item: RawItem, block: CaptureBlock): Promise<Copied> {
    const { context, outline } = this.#rules;
    const { signal } = context;
    if (item.asStored) return this.#stored(item, block);
    const { payload } = await block.payload(signal);
    const first = outline.lineage.firstOf(item.source);
    const options = this.#options(block, block.compression);
    const written = await writeRawBlock(this.#writer, {
      ...options,
      type: item.type,
      payload: await this.#rawPayload(item, block, await payload.read(0, payload.size, signal)),
      parentUuid: this.transcript.parentOf(item.source, item.type),
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

  /** Copies a block with its compression and its PayloadVersion, which say how its payload has to be read. */
  async #stored({ source, type, why }: RawItem, block: CaptureBlock): Promise<Copied> {
    const { context, outline } = this.#rules;
    const stored = block.stored();
    const relations =
      (outline.lineage.hasChildren(source) ? BlockFlag.HasChildren : 0) |
      (outline.hints.isHinted(source) ? BlockFlag.HasKeyHints : 0) |
      (outline.lineage.firstOf(source) === undefined ? 0 : BlockFlag.Continuation);
    const written = await writeStoredBlock(this.#writer, {
      type,
      flags: (block.flags & ~RELATIONS) | relations,
      payloadVersion: block.payloadVersion,
      uuid: context.identities.uuidOf(source),
      parentUuid: this.transcript.parentOf(source, type),
      payloadLength: stored.size,
      pieces: readAhead(stored, { signal: context.signal }),
    });
    const { lint, message } = why;
    const told = `Copied as it is stored, since it cannot be read: ${message}`;
    const change: TranscodeChange = { id: "not-specified", ...(lint === undefined ? {} : { lint }), message: told };
    return { written, changes: [change], offered: undefined };
  }

  /** The bytes of a block that is carried over as bytes. A Key Hint names the UUID that its region has in the output. */
  async #rawPayload({ type, source }: RawItem, block: CaptureBlock, bytes: Uint8Array): Promise<Uint8Array> {
    if (type === BlockType.MemoryRegion) return this.#withoutPadding(source, bytes);
    const { payload: read } = type === BlockType.KeyHint ? await block.decode() : {};
    if (read?.kind !== "KeyHint") return bytes;
    const regionUuid = this.#rules.context.rules.regionUuid(read.regionUuid);
    return regionUuid === read.regionUuid ? bytes : encodeLayout(KEY_HINT, { ...read, regionUuid });
  }

  /** The payload of a region without the zeros that pad short page data: readers of the output would take them for captured bytes. */
  async #withoutPadding(source: number, payload: Uint8Array): Promise<Uint8Array> {
    const { places, signal } = this.#rules.context;
    const place = places.get(source);
    if (place?.kind !== "region") return payload;
    const { needed, held } = await place.region.pageDataExtent(signal);
    return held < needed ? payload.subarray(0, place.region.head.dataOffset + held) : payload;
  }

  async #moduleList(block: CaptureBlock): Promise<Copied> {
    const { outline, context } = this.#rules;
    const { rules, signal } = context;
    const { rows, changes, deviations, same } = outline.modules;
    const { payload } = await block.payload(signal);
    const raw = await payload.read(0, payload.size, signal);
    const redacted = indexRedactions(rows, rules.redact);
    const encoded = same && !rules.redact.ModuleListIndex ? raw : indexPayload(rows, rules.redact);
    const options = this.#options(block, block.compression);
    const written = await writeModuleRows(this.#writer, rows, encoded, options);
    const facts = { kind: "ModuleListIndex", read: raw, encoded, deviations, redact: rules.redact } as const;
    return { written, changes: await payloadChanges(block, facts, [...changes, ...redacted], signal), offered: options.offered };
  }

  async #addModuleList({ uuid, type }: ModuleListItem): Promise<void> {
    const { rows } = this.#rules.outline.modules;
    const encoded = indexPayload(rows, this.#rules.context.rules.redact);
    const written = await writeModuleRows(this.#writer, rows, encoded, { uuid });
    const message = `The source has no Module List Index that can be read: it lists the ${rows.count} Module Entries`;
    this.transcript.noteAdded(type, written, "ORD-MODLIST", message);
  }

  async #addItem({ type, uuid, payload, lint, message }: AddedItem): Promise<void> {
    const written = await writePayload(this.#writer, payload, { uuid });
    this.transcript.noteAdded(type, written, lint, message);
  }

  #options(block: CaptureBlock, stored: Compression): BlockStorage {
    const { context, compression, outline } = this.#rules;
    const storage = compression.choose(block, stored, context.signal);
    return {
      uuid: context.identities.uuidOf(block.index),
      parentUuid: isBound(block.type) ? undefined : this.transcript.parentOf(block.index, block.type),
      hasChildren: outline.lineage.hasChildren(block.index),
      compression: storage.compression,
      offered: storage.offered,
    };
  }
}

/** The error for a block that the first pass found writable, and that the second pass reads otherwise. */
function changed({ index, offset }: CaptureBlock): MslError {
  return new MslError("source", `Block ${index} reads otherwise than before: the source changed while it was read`, {
    offset,
    block: index,
  });
}
