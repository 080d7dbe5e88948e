/** Writes a conforming 1.1 capture to a sink that only ever grows. */
import { MslError } from "../errors.js";
import { tableBitmapOf } from "../format/capabilities.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import type { FileHeader } from "../format/file-header.js";
import { encodeLayout } from "../format/layout/encode.js";
import type { Layout } from "../format/layout/fields.js";
import { hexText } from "../format/layout/uuid-text.js";
import { END_OF_CAPTURE } from "../format/payloads/end-of-capture.js";
import { headerJson } from "../json/header-json.js";
import { Shown } from "../json/shown.js";
import type { OptionTable } from "../options/checks.js";
import { refusalOf, requireOptions } from "../options/require-options.js";
import { END, KEY_HINT, KIND_OPTIONS, MEMORY_REGION, RESUME, WRITE, WRITE_RAW, WRITER } from "../options/writing.js";
import { requireCore } from "../require-core.js";
import type { WrittenBlock } from "./block-emitter.js";
import { BLOCK_KINDS, type KindInput, type TableKind } from "./block-kinds.js";
import { type BlockSpec, BlockWriter } from "./block-writer.js";
import { requireInPageData, withAddress } from "./check-key-hint.js";
import type { CompressionSubject } from "./compression.js";
import { requireConforming, requireObjects } from "./conformance.js";
import type {
  BlockOptions,
  EndOptions,
  HintOptions,
  RawBlock,
  RegionOptions,
  ResumableFile,
  ResumeOptions,
  ThreadOptions,
  WriterOptions,
  WritingOptions,
} from "./options.js";
import { PayloadQueue } from "./payload-queue.js";
import { type Abandoned, abandonedOf, type Missing, requireNone } from "./plan.js";
import { entriesOf, hintedRegion, requireRawType } from "./raw-block.js";
import { redacted } from "./redaction.js";
import type { RegionInput } from "./region-input.js";
import { type ResumedCapture, type Resumption, resumeCapture } from "./resume.js";
import { type SinkInput, sinkOf } from "./sink.js";
import {
  type ModuleListInput,
  optionsOfKind,
  type SystemContextInput,
  unwritable,
  type WritablePayload,
} from "./writable-payload.js";
import { type WrittenRegion, writeRegion } from "./write-region.js";
import { newCapture, type WriterState } from "./writer-state.js";
import { requireProducedThread } from "./written-threads.js";

/** The bit of TableBitmap that announces rows of a Connectivity Table. */
const CONNECTIVITY_ROWS = tableBitmapOf(new Set([BlockType.ConnectivityTable]));

/** A capture that has been written to its end. */
export interface FinishedCapture {
  /** End-of-Capture included. */
  readonly blocks: number;
  /** Bytes of the file. */
  readonly size: number;
  /** In hexadecimal. Record it outside: nothing in a file protects its last block. */
  readonly fileHash: string;
  /** The last block. */
  readonly endOfCapture: WrittenBlock;
  /** What was announced and is missing, where `abandon` gave it up. */
  readonly abandoned?: readonly Abandoned[];
}

export class MslWriter extends Shown {
  /** As readers will see it. */
  readonly header: FileHeader;
  /** What `resume` found; undefined for a new capture. */
  readonly resumption: Resumption | undefined;
  readonly #state: WriterState;
  readonly #blocks: BlockWriter;
  readonly #options: WritingOptions;

  /**
   * Nothing is written before the first block, and no key is derived. Throws `plan`, `bad-value`, `unsupported-hash`, `bad-key` and
   * `usage` for options that no capture can come of. `resumed` is for `resume`.
   */
  constructor(sink: SinkInput, options: WriterOptions, resumed?: undefined);
  constructor(sink: SinkInput, options: WritingOptions, resumed: ResumedCapture);
  constructor(sink: SinkInput, options: WritingOptions | WriterOptions, resumed?: ResumedCapture) {
    super();
    if (!resumed) requireOptions(WRITER, options);
    requireCore();
    const state = resumed?.state ?? newCapture(options as WriterOptions);
    this.header = state.header;
    this.resumption = resumed?.resumption;
    this.#state = state;
    this.#options = options;
    this.#blocks = new BlockWriter(sinkOf(sink), state, options);
  }

  /**
   * Continues a capture that was not finished behind its last complete block. What follows that one (a block cut off by a crash) is cut
   * off the file. Throws `not-resumable` if the capture has an End-of-Capture, is encrypted, altered, no conforming 1.1 capture, or contradicts
   * its header.
   */
  static async resume(target: string | URL | ResumableFile, options: ResumeOptions = {}): Promise<MslWriter> {
    requireOptions(RESUME, options);
    const resumed = await resumeCapture(target, options);
    return new MslWriter(resumed.sink, options, resumed);
  }

  /** What has been written so far; of the options, which may hold secrets, nothing. */
  override toJSON() {
    const { blocks, header, resumption, size } = this;
    return { blocks, size, header: headerJson(header), resumption: resumption ?? null };
  }

  /** Complete blocks so far, those of a resumed capture included. */
  get blocks(): number {
    return this.#state.plan.blocks;
  }

  /** Bytes of the file so far, up to the end of its last complete block. */
  get size(): number {
    return this.#blocks.offset;
  }

  importProvenance(value: KindInput<"ImportProvenance">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.ImportProvenance, options, () => this.#put("ImportProvenance", value, options));
  }

  processIdentity(value: KindInput<"ProcessIdentity">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.ProcessIdentity, options, () => this.#put("ProcessIdentity", value, options));
  }

  /** Every module announced needs its `moduleEntry` later. */
  moduleListIndex(value: ModuleListInput, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.ModuleListIndex, options, async () => {
      requireObjects(BLOCK_KINDS.ModuleListIndex.layout, value);
      const modules = value.entries.map((entry) => ({ ...entry, moduleUuid: entry.moduleUuid ?? this.#blocks.newUuid() }));
      const announced = this.#state.plan.types.has(BlockType.ModuleEntry);
      if (announced !== modules.length > 0) {
        const contents = announced ? "lists ModuleEntry" : "does not list ModuleEntry";
        throw new MslError("plan", `The ModuleListIndex has ${modules.length} modules, but contents ${contents}`);
      }
      const own = options.uuid?.toLowerCase();
      const isUsed = (uuid: string) => uuid.toLowerCase() === own || this.#state.references.isUsed(uuid);
      this.#state.modules.requireDistinct(modules, isUsed);
      const written = await this.#put(
        "ModuleListIndex",
        { entries: modules },
        { ...options, hasChildren: announced || options.hasChildren },
      );
      this.#state.modules.announce(modules);
      return written;
    });
  }

  systemContext(value: SystemContextInput, options: BlockOptions = {}): Promise<WrittenBlock> {
    const { tableBitmap } = this.#state.plan;
    return this.#call(KIND_OPTIONS.SystemContext, options, async () => {
      requireObjects(BLOCK_KINDS.SystemContext.layout, value);
      const given = { ...options, hasChildren: tableBitmap > 0 || options.hasChildren };
      return this.#put("SystemContext", { ...value, tableBitmap }, given);
    });
  }

  processTable(value: KindInput<"ProcessTable">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#systemTable("ProcessTable", value, options);
  }

  connectionTable(value: KindInput<"ConnectionTable">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#systemTable("ConnectionTable", value, options);
  }

  handleTable(value: KindInput<"HandleTable">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#systemTable("HandleTable", value, options);
  }

  /** Its kind among the contents announces rows in TableBitmap. An empty table is listed by its type, 0x0055. */
  connectivityTable(value: KindInput<"ConnectivityTable">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#systemTable("ConnectivityTable", value, options, () => {
      const { plan } = this.#state;
      const { length } = value.rows;
      if (length === 0 ? plan.emptyConnectivity : (plan.tableBitmap & CONNECTIVITY_ROWS) !== 0) return;
      const message =
        length === 0
          ? "The ConnectivityTable has no rows, but contents lists it, and TableBitmap announces rows"
          : "The ConnectivityTable has rows, but contents lists its type for one without rows, and TableBitmap announces none";
      throw new MslError("plan", message);
    });
  }

  /**
   * A thread and its registers, before the first region: one block for each thread, one of them current. The specification reserves the
   * block type and a proposal defines it, so a capture with threads is a 1.1 capture with an extension; strict readers skip them. Never
   * compressed. Throws `bad-value` for what a producer must not write, unless it is taken over `asRead`.
   */
  threadContext(value: KindInput<"ThreadContext">, options: ThreadOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.ThreadContext, options, async () => {
      const { plan, threads } = this.#state;
      const { asRead = false, ...given } = options;
      plan.require(BlockType.ThreadContext);
      if (!asRead) {
        requireProducedThread(value);
        threads.require(value, plan.blocks);
        if (plan.count(BlockType.MemoryRegion) > 0)
          throw new MslError("plan", `Thread ${value.threadId} comes behind a region, but threads stand before the first one`);
      }
      const written = await this.#put("ThreadContext", value, { ...given, compression: "none", offered: undefined });
      if (asRead) threads.noteAsRead();
      else threads.note(value);
      return written;
    });
  }

  /** Without `uuid`, the block is that of the first announced module with the same address, size and path. */
  moduleEntry(value: KindInput<"ModuleEntry">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.ModuleEntry, options, async () => {
      const { modules, plan } = this.#state;
      plan.require(BlockType.ModuleEntry);
      requireObjects(BLOCK_KINDS.ModuleEntry.layout, value);
      // A copy, so that what is compared is what is written.
      const module = { ...value };
      const announced = this.#options.nonConforming ? undefined : module;
      const uuid =
        options.uuid === undefined
          ? modules.uuidFor(module, plan.blocks)
          : modules.requireAnnounced(options.uuid, plan.blocks, announced);
      const written = await this.#put("ModuleEntry", module, { ...options, uuid }, BlockType.ModuleListIndex);
      modules.noteWritten(uuid);
      return written;
    });
  }

  /**
   * The region's pages and their data, which may come in pieces: a plain block is never held in memory. One that does not fit a block
   * is split. Data that turns out short or too long after its block was begun fails the writer for good.
   */
  memoryRegion(region: RegionInput, options: RegionOptions = {}): Promise<WrittenRegion> {
    const refusal = refusalOf(MEMORY_REGION, options);
    if (refusal) return this.#blocks.inTurn(() => Promise.reject(refusal));
    return writeRegion(this.#blocks, region, options);
  }

  /** For a region that was written before, with its key hints announced: `{ ...region.keyAt(address), ... }`. */
  keyHint(value: KindInput<"KeyHint">, options: HintOptions = {}): Promise<WrittenBlock> {
    return this.#call(KEY_HINT, options, async () => {
      const { plan, references } = this.#state;
      plan.require(BlockType.KeyHint);
      requireObjects(BLOCK_KINDS.KeyHint.layout, value);
      const hint = { ...value };
      // Throws for values out of range before anything is computed from them.
      encodeLayout(BLOCK_KINDS.KeyHint.layout, hint);
      const { pages } = references.hintTarget(hint.regionUuid, plan.blocks);
      if (pages) requireInPageData(hint, pages);
      const written = await this.#put("KeyHint", pages && !options.keepNote ? withAddress(hint, pages) : hint, options);
      references.noteHint(hint.regionUuid);
      return written;
    });
  }

  relatedDump(value: KindInput<"RelatedDump">, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#call(KIND_OPTIONS.RelatedDump, options, () => this.#put("RelatedDump", value, options));
  }

  /** Writes a payload by its `kind`: what a reader returned for a block. */
  async write(
    payload: WritablePayload,
    given: RegionOptions & HintOptions & ThreadOptions = {},
  ): Promise<WrittenBlock | WrittenRegion> {
    const refusal = refusalOf(WRITE, given);
    if (refusal) return this.#blocks.inTurn(() => Promise.reject(refusal));
    const options = optionsOfKind(payload?.kind, given);
    switch (payload?.kind) {
      case "ImportProvenance":
        return this.importProvenance(payload, options);
      case "ProcessIdentity":
        return this.processIdentity(payload, options);
      case "ModuleListIndex":
        return this.moduleListIndex(payload, options);
      case "SystemContext":
        return this.systemContext(payload, options);
      case "ProcessTable":
        return this.processTable(payload, options);
      case "ConnectionTable":
        return this.connectionTable(payload, options);
      case "HandleTable":
        return this.handleTable(payload, options);
      case "ConnectivityTable":
        return this.connectivityTable(payload, options);
      case "ThreadContext":
        return this.threadContext(payload, options);
      case "ModuleEntry":
        return this.moduleEntry(payload, options);
      case "MemoryRegion":
        return this.memoryRegion(payload, options);
      case "KeyHint":
        return this.keyHint(payload, options);
      case "RelatedDump":
        return this.relatedDump(payload, options);
      default:
        throw unwritable(payload);
    }
  }

  /**
   * Writes a block from bytes, with `nonConforming` only: types without a specified payload, or payloads of specified types as they
   * are. The plan and the promises about children and key hints hold for it as for others.
   */
  writeRaw(block: RawBlock): Promise<WrittenBlock> {
    const payloads = () => this.#payloads(block, () => block.payload);
    return this.#prefetchedCall(WRITE_RAW, block, payloads, (queue) => this.#putRaw(block, queue));
  }

  /**
   * Writes End-of-Capture and closes the sink. Throws `plan` as long as something announced is missing, and then nothing is written; of a
   * resumed capture, `abandon` gives it up.
   */
  end(options: EndOptions = {}): Promise<FinishedCapture> {
    return this.#call(END, options, async () => {
      const { acqEndNs = this.#blocks.now(), uuid, abandon = false } = options;
      const isResumed = this.resumption !== undefined;
      if (abandon && !isResumed) {
        throw new MslError(
          "usage",
          "abandon is for resumed captures; this one is written from its start: write what it announces, or close it",
        );
      }
      if (!abandon) requireNone(this.#missing(), isResumed);
      const abandoned = abandonedOf(this.#missing());
      let hash = new Uint8Array(0);
      const end = await this.#blocks.putEndOfCapture(uuid, (fileHash) => {
        hash = fileHash.slice();
        return encodeLayout(END_OF_CAPTURE, { fileHash, acqEndNs });
      });
      await this.#blocks.close("The capture is complete");
      const finished = { blocks: end.index + 1, size: this.size, fileHash: hexText(hash), endOfCapture: end };
      return abandoned.length > 0 ? { ...finished, abandoned } : finished;
    });
  }

  /**
   * Closes the sink. Without `end` before, the capture stays unfinished: a plain one can be read and resumed, an encrypted one lacks its
   * tag, and nobody can open it.
   */
  async close(): Promise<void> {
    await this.#blocks.close("The writer was closed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  *#missing(): Generator<Missing> {
    const { plan, modules, references, threads } = this.#state;
    yield* plan.missing();
    yield* threads.missing();
    yield* modules.missing();
    yield* references.missing({ gaps: this.#options.nonConforming ?? false });
  }

  /** A table may be large: it is encoded and compressed ahead of its turn. `check` is made in its turn. */
  #systemTable<K extends TableKind>(
    kind: K,
    value: KindInput<K>,
    options: BlockOptions,
    check = () => {},
  ): Promise<WrittenBlock> {
    const { type } = BLOCK_KINDS[kind];
    const payloads = () => this.#payloads({ type, ...options }, () => this.#encoded(kind, value));
    return this.#prefetchedCall(KIND_OPTIONS[kind], options, payloads, async (queue) => {
      requireObjects(BLOCK_KINDS[kind].layout, value);
      check();
      const spec = this.#spec(type, options, BlockType.SystemContext);
      this.#blocks.require(spec);
      return this.#blocks.putNext(spec, queue);
    });
  }

  /** A call that works in its turn. Its options are held against the table when it is made; a refusal is told in its turn too. */
  #call<T>(table: OptionTable, options: object, work: () => Promise<T>): Promise<T> {
    const refusal = refusalOf(table, options);
    return this.#blocks.inTurn(refusal ? () => Promise.reject(refusal) : work);
  }

  /** Like `#call`, for a block whose payload may be made ahead of its turn. */
  #prefetchedCall<T>(
    table: OptionTable,
    options: object,
    payloadsOf: () => PayloadQueue,
    work: (payloads: PayloadQueue) => Promise<T>,
  ): Promise<T> {
    const refusal = refusalOf(table, options);
    if (refusal) return this.#blocks.inTurn(() => Promise.reject(refusal));
    const payloads = payloadsOf();
    return this.#blocks.inTurn(() => work(payloads), payloads);
  }

  /** `parentType`: the type of the block that must be the parent. */
  async #put<K extends TableKind>(
    kind: K,
    value: KindInput<K>,
    options: BlockOptions,
    parentType?: number,
  ): Promise<WrittenBlock> {
    const { type } = BLOCK_KINDS[kind];
    const spec = this.#spec(type, options, parentType);
    this.#blocks.require(spec);
    const written = await this.#blocks.put(spec, this.#encoded(kind, value));
    this.#state.parents.set(type, written.uuid);
    return written;
  }

  /** Throws `bad-value` for what a 1.1 payload cannot hold. */
  #encoded<K extends TableKind>(kind: K, value: KindInput<K>): Uint8Array {
    const { layout } = BLOCK_KINDS[kind];
    requireObjects(layout, value);
    const kept = redacted(layout, value, this.#options.redact?.[kind]);
    requireConforming(layout, kept);
    return encodeLayout<Layout>(layout, kept);
  }

  #payloads(subject: CompressionSubject, make: () => Uint8Array): PayloadQueue {
    const { compression } = this.#blocks;
    return new PayloadQueue(1, async function* (signal) {
      const payload = make();
      yield* compression.pending(subject, { length: payload.length, pieces: [payload] }, signal);
    });
  }

  #spec(type: number, options: BlockOptions, parentType: number | undefined): BlockSpec {
    const { parentUuid } = options;
    const parent = parentType === undefined ? undefined : this.#state.parents.get(parentType);
    if (parent !== undefined && parentUuid !== undefined && parent !== parentUuid.toLowerCase()) {
      throw new MslError("plan", `Block ${this.blocks} is given the parent ${parentUuid}, but its type belongs to ${parent}`);
    }
    return { ...options, type, parentUuid: parent ?? parentUuid };
  }

  async #putRaw(block: RawBlock, queue: PayloadQueue): Promise<WrittenBlock> {
    const { payload, hasKeyHints = false, continuation = false, ...options } = block;
    const { type } = options;
    requireRawType(type, this.#options.nonConforming ?? false);
    const { modules, references, parents } = this.#state;
    const flags = (hasKeyHints ? BlockFlag.HasKeyHints : 0) | (continuation ? BlockFlag.Continuation : 0);
    const spec = { ...options, flags };
    this.#blocks.require(spec);
    const written = await this.#blocks.putNext(spec, queue);
    parents.set(type, written.uuid);
    if (hasKeyHints) references.expectHints(written.uuid, { index: written.index, pages: undefined });
    if (type === BlockType.ModuleEntry) modules.noteWritten(written.uuid);
    if (type === BlockType.ModuleListIndex && this.#state.plan.types.has(BlockType.ModuleEntry))
      modules.announce(entriesOf(payload));
    if (type === BlockType.KeyHint) references.noteHint(hintedRegion(payload));
    return written;
  }
}
