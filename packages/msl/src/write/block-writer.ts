/** Writes blocks one after the other: checks each against the plan and the references, has it compressed, and emits it. And ends a capture, unless announced blocks are missing. */
import { ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { END_OF_CAPTURE } from "../format/block-header.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { hexText, NIL_UUID } from "../format/layout/uuid-text.js";
import { untilAborted } from "../source/cancellable-work.js";
import { type ThreadUse, threadUse } from "../threads/thread-use.js";
import { BlockEmitter, type BlockStart, PAYLOAD_MOST, type WrittenBlock } from "./block-emitter.js";
import { isSystemTable } from "./block-kinds.js";
import { CallQueue, type Eventual, whenDone } from "./call-queue.js";
import { Compression, type Offered } from "./compression.js";
import type { BlockOptions, EndOptions, WritingOptions } from "./options.js";
import { newUuid, now } from "./options.js";
import type { BlockPayload, PayloadQueue } from "./payload-queue.js";
import { type Abandoned, abandonedOf, contradiction, type Missing, requireNone } from "./plan.js";
import type { BlockReferences } from "./references.js";
import type { Sink } from "./sink.js";
import type { WriterState } from "./writer-state.js";
import type { FragmentRange } from "./written-fragments.js";

/** A block to write. */
export interface BlockSpec extends BlockOptions, Offered {
  readonly type: number;
  /** The flags HasKeyHints and Continuation; HasChildren follows from `hasChildren`, the others from the payload. */
  readonly flags?: number;
  /** The addresses of a region; undefined for other blocks, and for a region that is written as bytes. */
  readonly range?: FragmentRange | undefined;
}

/** A complete block of another capture, as it is stored there. */
export interface StoredBlock {
  readonly type: number;
  /** The flags of the stored payload, and HasChildren, HasKeyHints and Continuation as the output has them. */
  readonly flags: number;
  readonly payloadVersion: number;
  readonly uuid: string;
  readonly parentUuid: string | undefined;
  /** Bytes of the stored payload. */
  readonly payloadLength: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export class BlockWriter {
  readonly state: WriterState;
  readonly options: WritingOptions;
  readonly newUuid: () => string;
  readonly now: () => bigint;
  /** Most payload bytes of a region's block. */
  readonly splitAbove: number;
  readonly compression: Compression;
  /** The calls that write blocks. They throw `closed` after the end or a failure. */
  readonly calls: CallQueue;
  readonly #emitter: BlockEmitter;
  #closed: string | undefined;

  constructor(sink: Sink, state: WriterState, options: WritingOptions) {
    this.state = state;
    this.options = options;
    this.newUuid = options.uuid ?? newUuid;
    this.now = options.timestamp ?? now;
    this.splitAbove = options.splitAbove ?? PAYLOAD_MOST;
    this.compression = new Compression(options);
    this.calls = new CallQueue(this.compression.prefetches, () => this.#requireOpen());
    const onFailure = () => this.compression.dismiss();
    const { flush = "gathered" } = options;
    this.#emitter = new BlockEmitter(sink, { ...state, blocks: state.plan.blocks, flush, onFailure });
  }

  /** Bytes of the file up to the end of its last complete block. */
  get offset(): number {
    return this.#emitter.offset;
  }

  /** How many threads compressed or, in a capture without compression, hashed, and why fewer than were asked for. */
  get threads(): ThreadUse {
    const { threads: asked = 1, compression = "none" } = this.options;
    const [compressing, hashing] = [this.compression.use, this.state.links.use];
    const used = Math.max(1, compressing.used, hashing.used);
    return threadUse(used, asked, compression === "none" && compressing.used === 0 ? hashing.reason : compressing.reason);
  }

  /** Throws `plan`, `bad-value` or `usage` unless `count` blocks like this may come next. */
  require(spec: BlockSpec, count = 1): void {
    const { plan, references, threads } = this.state;
    plan.require(spec.type, count);
    if (spec.type === BlockType.MemoryRegion) threads.requireCurrent();
    if (isSystemTable(spec.type)) threads.requireNone(plan.blocks);
    if (spec.uuid !== undefined) references.requireUnused(spec.uuid, plan.blocks);
    this.compression.choice(spec, 0);
  }

  /**
   * Writes a block that `require` has accepted, with a payload at hand, which may be changed when this method has returned. Returns a promise if
   * the payload is compressed, or if the sink takes time.
   */
  put(spec: BlockSpec, payload: Uint8Array): Eventual<WrittenBlock> {
    const choice = this.compression.choice(spec, payload.length);
    if (choice !== "none") return this.#emit(spec, this.compression.now(spec, ownBytes(payload)));
    const { start, block } = this.#begun(spec, payload.length, 0);
    return whenDone(this.#emitter.emitWhole(start, payload), (written) => this.#noted(spec.type, block, written));
  }

  /** Writes a block that `require` has accepted, with the next payload of the queue. */
  async putNext(spec: BlockSpec, payloads: PayloadQueue, signal?: AbortSignal): Promise<WrittenBlock> {
    if (this.compression.prefetches) payloads.prefetch();
    const { payload } = await untilAborted(payloads.next(), signal);
    return this.#emit(spec, untilAborted(payload, signal));
  }

  /**
   * Writes a block as another capture stores it, also one that no producer writes: the plan is not asked whether the block has a place. Throws `plan` for a
   * block that contradicts what earlier blocks say about it.
   */
  async putStored({ pieces, payloadLength, payloadVersion, flags, ...own }: StoredBlock): Promise<WrittenBlock> {
    const relations = flags & (BlockFlag.HasKeyHints | BlockFlag.Continuation);
    const hasChildren = (flags & BlockFlag.HasChildren) !== 0;
    const { start, block } = this.#begun({ ...own, flags: relations, hasChildren }, payloadLength, flags);
    return this.#noted(own.type, block, await this.#emitter.emit({ ...start, payloadVersion }, pieces));
  }

  /** Writes End-of-Capture and, in an encrypted capture, the tag behind it. `encode` makes the payload from FileHash. */
  async putEndOfCapture(given: string | undefined, encode: (fileHash: Uint8Array) => Uint8Array): Promise<WrittenBlock> {
    const { plan, references } = this.state;
    const payload = encode(await this.#emitter.fileHash());
    const uuid = given ?? this.newUuid();
    references.requireUnused(uuid, plan.blocks);
    const start = { type: BlockType.EndOfCapture, flags: 0, uuid, parentUuid: undefined, payloadLength: payload.length };
    const written = await this.#emitter.emitWhole(start, payload);
    await this.#emitter.flush();
    await this.#emitter.finish();
    plan.note(BlockType.EndOfCapture);
    return written;
  }

  /** The digest of all bytes written so far; undefined for an encrypted capture. */
  async plainDigest(): Promise<Uint8Array | undefined> {
    return this.state.header.encrypted ? undefined : (await this.#emitter.fileHash()).slice();
  }

  /** Ends workers and closes the sink. Later calls throw `closed` with the reason. */
  async close(reason: string): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.compression.dismiss();
    await this.#emitter.close();
  }

  /** Fails the writer for good: later calls throw `closed`. Returns the error as MslError. */
  fail(error: unknown): MslError {
    return this.#emitter.fail(error);
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new MslError("closed", this.#closed);
    this.#emitter.requireWorking();
  }

  async #emit(spec: BlockSpec, payload: Promise<BlockPayload>): Promise<WrittenBlock> {
    const { length, flags, pieces } = await payload.catch((cause) => this.#throwNamed(cause));
    const { start, block } = this.#begun(spec, length, flags);
    return this.#noted(spec.type, block, await this.#emitter.emit(start, pieces));
  }

  /** Checks a block against the blocks before it. `storedFlags`: the flags of a payload of `payloadLength` bytes as it is stored. */
  #begun(spec: BlockSpec, payloadLength: number, storedFlags: number): { start: BlockStart; block: BlockReferences } {
    const { plan, references, modules } = this.state;
    const { type, hasChildren = false, uuid = this.newUuid(), flags = 0, range } = spec;
    const parentUuid = spec.parentUuid === NIL_UUID ? undefined : spec.parentUuid;
    const isRegion = type === BlockType.MemoryRegion;
    const continues = (flags & BlockFlag.Continuation) !== 0;
    const block = { index: plan.blocks, uuid, parentUuid, hasChildren, isRegion, continues, range };
    references.requireUnused(uuid, block.index);
    if (type !== BlockType.ModuleEntry && modules.isWaiting(uuid)) {
      const message = `Block ${block.index} has the UUID ${uuid}, which the ModuleListIndex announces for a module`;
      throw contradiction(message, block.index);
    }
    references.require(block);
    const allFlags = storedFlags | flags | (hasChildren ? BlockFlag.HasChildren : 0);
    return { start: { type, flags: allFlags, uuid, parentUuid, payloadLength }, block };
  }

  /** Records a block that has been written. */
  #noted(type: number, block: BlockReferences, written: WrittenBlock): WrittenBlock {
    this.state.plan.note(type);
    this.state.references.note(block);
    return written;
  }

  /** Throws the error of a payload that cannot be made, with the index of its block. */
  #throwNamed(cause: unknown): never {
    const code = cause instanceof MslError ? cause.code : "internal";
    if (code === "aborted" || code === "closed") throw cause;
    const block = this.state.plan.blocks;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError(code, `Block ${block} cannot be compressed: ${reason}`, { block, cause });
  }
}

/** A capture that has been written to its end. */
export interface FinishedCapture {
  /** Number of blocks, End-of-Capture included. */
  readonly blocks: number;
  /** Bytes of the whole file. */
  readonly size: number;
  /** FileHash of End-of-Capture, in hexadecimal. Record it outside the file: nothing inside protects the last block. */
  readonly fileHash: string;
  /**
   * Digest of all bytes of the file, End-of-Capture included, by the hash algorithm of the capture, in hexadecimal; what `b3sum` or `sha256sum` says about the
   * file. Absent for an encrypted capture, whose hashes are those of its plaintext.
   */
  readonly digest?: string;
  readonly endOfCapture: WrittenBlock;
  /** How many threads compressed or, in a capture without compression, hashed, and why fewer than were asked for. */
  readonly threads: ThreadUse;
  /**
   * Lint ids of what only a proposal defines, absent if the capture has nothing of the kind. `EXT-THREAD`: it has Thread Contexts, and is a 1.1
   * capture with that extension.
   */
  readonly extensions?: readonly "EXT-THREAD"[];
  /** Present if `abandon` gave up blocks that are announced and missing. */
  readonly abandoned?: readonly Abandoned[];
}

/** Throws `plan` while announced blocks are missing; of a resumed capture, `abandon` gives them up. */
export function endCapture(writer: BlockWriter, options: EndOptions): Eventual<FinishedCapture> {
  return writer.calls.run(async () => {
    const { acqEndNs = writer.now(), uuid, abandon = false } = options;
    const isResumed = writer.state.resumption !== undefined;
    if (abandon && !isResumed) {
      throw new MslError(
        "usage",
        "abandon is for resumed captures; this one is written from its start: write what it announces, or close it",
      );
    }
    if (!abandon) requireNone(missingBlocks(writer), isResumed);
    const abandoned = abandonedOf(missingBlocks(writer));
    let hash = new Uint8Array(0);
    const endOfCapture = await writer.putEndOfCapture(uuid, (fileHash) => {
      hash = fileHash.slice();
      return encodeLayout(END_OF_CAPTURE, { fileHash, acqEndNs });
    });
    const digest = await writer.plainDigest();
    await writer.close("The capture is complete");
    const { offset: size, threads } = writer;
    const finished = { blocks: endOfCapture.index + 1, size, fileHash: hexText(hash), endOfCapture, threads };
    return {
      ...finished,
      ...(digest && { digest: hexText(digest) }),
      ...(writer.state.plan.count(BlockType.ThreadContext) > 0 ? { extensions: ["EXT-THREAD"] as const } : {}),
      ...(abandoned.length > 0 ? { abandoned } : {}),
    };
  });
}

function* missingBlocks({ state, options }: BlockWriter): Generator<Missing> {
  yield* state.plan.missing();
  yield* state.threads.missing();
  yield* state.modules.missing();
  yield* state.references.missing({ gaps: options.nonConforming ?? false });
}
