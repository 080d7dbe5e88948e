/// <reference lib="esnext.disposable" preserve="true" />
/** The public class that writes a conforming 1.1 capture to a sink, block after block. */

import type { FileHeader } from "../format/file-header.js";
import { headerJson } from "../format/file-header.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import type {
  WritableConnectionTable,
  WritableConnectivityTable,
  WritableHandleTable,
  WritableImportProvenance,
  WritableKeyHint,
  WritableModuleEntry,
  WritableProcessIdentity,
  WritableProcessTable,
  WritableRelatedDump,
  WritableThreadContext,
} from "../format/payloads/writable-types.js";
import { Shown } from "../json/shown.js";
import type { OptionTable } from "../options/checks.js";
import { refusalOf, requireOptions } from "../options/require-options.js";
import { END, KEY_HINT, KIND_OPTIONS, MEMORY_REGION, RESUME, WRITE, WRITE_RAW, WRITER } from "../options/writing.js";
import { requireCore } from "../runtime.js";
import type { WrittenBlock } from "./block-emitter.js";
import {
  isWritableTable,
  type KindInput,
  type ModuleListInput,
  type SystemContextInput,
  type TableKind,
  type WritablePayload,
  type WritableRegion,
  type WritableTable,
} from "./block-kinds.js";
import { BlockWriter, endCapture, type FinishedCapture } from "./block-writer.js";
import type { Eventual } from "./call-queue.js";
import type {
  BlockOptions,
  EndOptions,
  HintOptions,
  RawBlock,
  RegionOptions,
  ResumableFile,
  ResumeOptions,
  ThreadOptions,
  WriteOptions,
  WriterOptions,
} from "./options.js";
import { writeRawBlock } from "./raw-block.js";
import type { RegionInput } from "./region-input.js";
import { type SinkInput, sinkOf } from "./sink.js";
import {
  optionsOfKind,
  unwritable,
  writeConnectivityTable,
  writeKeyHint,
  writeModuleEntry,
  writeModuleList,
  writePayload,
  writeSystemContext,
  writeSystemTable,
  writeTable,
  writeThread,
} from "./typed-blocks.js";
import { type WrittenRegion, writeRegion } from "./write-region.js";
import { newCapture, type Resumption } from "./writer-state.js";

/**
 * Writes a capture of the specification 1.1 to a sink.
 *
 * Blocks are written in the order of the calls; calls need not be awaited one by one. A method resolves when its block is complete. The option
 * `flush` decides when the sink gets the block: by default, up to 256 KiB of complete blocks gather first.
 * Each method throws (as a rejection)
 * - `plan` for a block that contradicts the header, or what earlier blocks announce;
 * - `bad-value`, naming the field, for a value that the format cannot hold or a 1.1 producer must not write;
 * - `usage` for options that do not exist or have a wrong type, and behind a call that failed without having been awaited;
 * - `limit` for a payload that fits no block or no memory, and for more bytes than the cipher may encrypt;
 * - `sink` if the sink failed, `closed` after `end`, `close` or a failure for good.
 *
 * A refused call writes nothing, and the writer goes on. An error after the first byte of a block fails the writer for good.
 */
export class MslWriter extends Shown {
  /** The file header, as readers are going to decode it. */
  readonly header: FileHeader;
  /** The result of `resume`; undefined for a new capture. */
  readonly resumption: Resumption | undefined;
  readonly #writer: BlockWriter;

  /**
   * Checks the options. Nothing is written and no key is derived before the first block. Throws `plan` for contents that no capture of
   * this mode can have, `bad-value` for values that the header cannot hold, `unsupported-hash`, `bad-key`, and `usage`.
   */
  constructor(sink: SinkInput, options: WriterOptions);
  /** @internal For `resume`. */
  constructor(writer: BlockWriter);
  constructor(target: SinkInput | BlockWriter, options?: WriterOptions) {
    super();
    const writer = target instanceof BlockWriter ? target : newWriter(target, options);
    this.header = writer.state.header;
    this.resumption = writer.state.resumption;
    this.#writer = writer;
  }

  /**
   * Continues an unfinished capture behind its last complete block. Reads the whole file, recomputes every hash, and cuts off a block that
   * is incomplete. Throws `not-resumable`, and leaves the file as it is, if the capture has an End-of-Capture, is encrypted, was altered, is
   * not a 1.1 capture, or contradicts its header.
   */
  static async resume(target: string | URL | ResumableFile, options: ResumeOptions = {}): Promise<MslWriter> {
    requireOptions(RESUME, options);
    requireCore();
    // Loaded on demand: it contains a reader.
    const { resumeCapture } = await import("./resume.js");
    return new MslWriter(await resumeCapture(target, options));
  }

  /** Describes the capture; the options, which may hold secrets, are not part of it. */
  override toJSON() {
    const { blocks, header, resumption, size } = this;
    return { blocks, size, header: headerJson(header), resumption: resumption ?? null };
  }

  /** Number of complete blocks, including those that have not reached the sink, and those that a resumed capture had before. */
  get blocks(): number {
    return this.#writer.state.plan.blocks;
  }

  /** Bytes of the file up to the end of its last complete block, which may not have reached the sink. */
  get size(): number {
    return this.#writer.offset;
  }

  /** Block 0 of an import (specification: Import Provenance). */
  importProvenance(value: WritableImportProvenance, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#table("ImportProvenance", value, options);
  }

  /** Block 0 of a live capture, block 1 of an import (specification: Process Identity). */
  processIdentity(value: WritableProcessIdentity, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#table("ProcessIdentity", value, options);
  }

  /**
   * The list of modules (specification: Module List Index). Every module needs a `moduleEntry` later: list "ModuleEntry" in `contents` if there
   * are modules.
   */
  moduleListIndex(value: ModuleListInput, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ModuleListIndex, options, () => writeModuleList(this.#writer, value, options));
  }

  /** The acquisition and its host, in investigations (specification: System Context). TableBitmap follows from `contents`. */
  systemContext(value: SystemContextInput, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.SystemContext, options, () => writeSystemContext(this.#writer, value, options));
  }

  /** The processes of the system (specification: Process Table). Its parent is the System Context. */
  processTable(value: WritableProcessTable, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ProcessTable, options, () =>
      writeSystemTable(this.#writer, "ProcessTable", value, options),
    );
  }

  /** The network connections of the system (specification: Connection Table). Its parent is the System Context. */
  connectionTable(value: WritableConnectionTable, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ConnectionTable, options, () =>
      writeSystemTable(this.#writer, "ConnectionTable", value, options),
    );
  }

  /** The open handles of the system (specification: Handle Table). Its parent is the System Context. */
  handleTable(value: WritableHandleTable, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.HandleTable, options, () => writeSystemTable(this.#writer, "HandleTable", value, options));
  }

  /**
   * Network state of the system (specification: Connectivity Table). Its parent is the System Context. `contents` lists a table with rows as
   * "ConnectivityTable", which TableBitmap announces, and an empty one as `BlockType.ConnectivityTable`.
   */
  connectivityTable(value: WritableConnectivityTable, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ConnectivityTable, options, () => writeConnectivityTable(this.#writer, value, options));
  }

  /**
   * A thread and its registers: one block for each thread, before the first region, exactly one of them with the flag Current. Never
   * compressed. The specification reserves the block type, and a proposal (memslice-spec, pull request 1) defines the payload; strict readers
   * skip it. Throws `bad-value` for content that a producer must not write, unless `asRead` accepts it.
   */
  threadContext(value: WritableThreadContext, options: ThreadOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ThreadContext, options, () => writeThread(this.#writer, value, options));
  }

  /**
   * A module of the list (specification: Module Entry). Without `uuid`, the block gets the UUID of the first module in the list with the
   * same address, size and path that has no block yet. Its parent is the Module List Index.
   */
  moduleEntry(value: WritableModuleEntry, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS.ModuleEntry, options, () => writeModuleEntry(this.#writer, value, options));
  }

  /**
   * A region of memory with the states of its pages and the bytes of the captured ones (specification: Memory Region). A plain region is streamed
   * and never held in memory. A region whose payload exceeds `splitAbove` becomes several blocks. `signal` throws `aborted`. Page data must not
   * change until the promise has settled, or in an iterable until its next piece is asked for: bytes that change between hash and sink make a
   * capture that verification reports as altered.
   */
  memoryRegion(region: RegionInput, options: RegionOptions = {}): Promise<WrittenRegion> {
    return this.#checked(MEMORY_REGION, options, () => writeRegion(this.#writer, region, options));
  }

  /**
   * A key inside a region that was written before with `hasKeyHints` or `keysAt` (specification: Key Hint). `region.keyAt(address)` of the
   * written region gives `regionUuid` and `regionOffset`.
   */
  keyHint(value: WritableKeyHint, options: HintOptions = {}): Promise<WrittenBlock> {
    return this.#checked(KEY_HINT, options, () => writeKeyHint(this.#writer, value, options));
  }

  /** A reference to another capture (specification: Related Dump). */
  relatedDump(value: WritableRelatedDump, options: BlockOptions = {}): Promise<WrittenBlock> {
    return this.#table("RelatedDump", value, options);
  }

  /**
   * Writes a payload by its `kind`, such as one that a reader returned, like the method for that kind. `signal`, `keepNote` and `asRead` are
   * ignored for kinds that do not have them. Throws `usage` for `hasKeyHints`, `keysAt` and `continuationOf` with another kind than
   * MemoryRegion, and for payloads that 1.1 does not define.
   */
  write(payload: WritableTable, options?: WriteOptions): Promise<WrittenBlock>;
  write(payload: WritableRegion, options?: WriteOptions): Promise<WrittenRegion>;
  write(payload: WritablePayload | Payload, options?: WriteOptions): Promise<WrittenBlock | WrittenRegion>;
  write(payload: WritablePayload | Payload, given: WriteOptions = {}): Promise<WrittenBlock | WrittenRegion> {
    const refusal = refusalOf(WRITE, given);
    if (refusal) return this.#writer.calls.refuse(refusal);
    const options = optionsOfKind(payload?.kind, given);
    if (payload?.kind === "MemoryRegion") return this.memoryRegion(payload, options);
    if (!isWritableTable(payload)) return Promise.reject(unwritable(payload));
    return this.#checked(KIND_OPTIONS[payload.kind], options, () => writePayload(this.#writer, payload, options));
  }

  /**
   * Writes a block whose payload is given as bytes: a type that 1.1 does not define, or a specified type whose bytes must stay as they are. Needs
   * the option `nonConforming`, and the type in `contents`. Order, flags and announcements are checked as for other blocks.
   */
  writeRaw(block: RawBlock): Promise<WrittenBlock> {
    return this.#checked(WRITE_RAW, block, () => writeRawBlock(this.#writer, block));
  }

  /**
   * Writes End-of-Capture (specification: End-of-Capture) and closes the sink. Throws `plan`, and writes nothing, while announced blocks are
   * missing; `abandon` gives them up in a resumed capture.
   */
  end(options: EndOptions = {}): Promise<FinishedCapture> {
    return this.#checked(END, options, () => endCapture(this.#writer, options));
  }

  /**
   * Closes the sink. A capture that was not ended before stays unfinished: a plain one can be read and resumed; an encrypted one lacks its
   * tag and cannot be opened.
   */
  async close(): Promise<void> {
    await this.#writer.close("The writer was closed");
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #table<K extends TableKind>(kind: K, value: KindInput<K>, options: BlockOptions): Promise<WrittenBlock> {
    return this.#checked(KIND_OPTIONS[kind], options, () => writeTable(this.#writer, kind, value, options));
  }

  /** Checks options when the call is made. Wrong ones reject the call in its turn, like other errors. */
  #checked<T>(table: OptionTable, options: object, call: () => Eventual<T>): Promise<T> {
    const refusal = refusalOf(table, options);
    return refusal ? this.#writer.calls.refuse(refusal) : Promise.resolve(call());
  }
}

function newWriter(sink: SinkInput, options: WriterOptions | undefined): BlockWriter {
  requireOptions(WRITER, options);
  requireCore();
  const state = newCapture(options);
  return new BlockWriter(sinkOf(sink), state, options);
}
