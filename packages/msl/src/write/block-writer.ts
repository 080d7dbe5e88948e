/** Writes one block after the other, each held against the plan and the references first, and compressed as asked. */
import { MslError } from "../errors.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import { untilAborted } from "../source/until-aborted.js";
import { BlockEmitter, PAYLOAD_MOST, type WrittenBlock } from "./block-emitter.js";
import { CallQueue } from "./call-queue.js";
import { Compression, type Offered } from "./compression.js";
import type { BlockOptions, WritingOptions } from "./options.js";
import { newUuid, now } from "./options.js";
import type { BlockPayload, PayloadQueue } from "./payload-queue.js";
import { contradiction } from "./plan.js";
import type { Sink } from "./sink.js";
import type { WriterState } from "./writer-state.js";
import type { FragmentRange } from "./written-fragments.js";

/** A block to write. */
export interface BlockSpec extends BlockOptions, Offered {
  readonly type: number;
  /** HasKeyHints and Continuation; the others follow from the options. */
  readonly flags?: number;
  /** Of a region or fragment; undefined where it is carried over as bytes. */
  readonly range?: FragmentRange | undefined;
}

export class BlockWriter {
  readonly state: WriterState;
  readonly options: WritingOptions;
  readonly newUuid: () => string;
  readonly now: () => bigint;
  /** Most payload bytes of a region's block. */
  readonly splitAbove: number;
  readonly compression: Compression;
  readonly #emitter: BlockEmitter;
  readonly #calls: CallQueue;
  #closed: string | undefined;

  constructor(sink: Sink, state: WriterState, options: WritingOptions) {
    this.state = state;
    this.options = options;
    this.newUuid = options.uuid ?? newUuid;
    this.now = options.timestamp ?? now;
    this.splitAbove = options.splitAbove ?? PAYLOAD_MOST;
    this.compression = new Compression(options);
    this.#calls = new CallQueue(this.compression.prefetches, () => this.#requireOpen());
    this.#emitter = new BlockEmitter(sink, { ...state, blocks: state.plan.blocks });
  }

  /** Bytes handed over so far. */
  get offset(): number {
    return this.#emitter.offset;
  }

  /**
   * Runs `work` when all calls before it have ended. Throws `closed` after the end or a failure, and `usage` behind a call that failed without
   * having been awaited. `payloads`, which `work` writes, may be made earlier; the queue is cancelled afterwards.
   */
  inTurn<T>(work: () => Promise<T>, payloads?: PayloadQueue): Promise<T> {
    return this.#calls.run(work, payloads);
  }

  /** Throws unless `count` blocks like this may come next. */
  require(spec: BlockSpec, count = 1): void {
    const { plan, references, threads } = this.state;
    plan.require(spec.type, count);
    if (spec.type === BlockType.MemoryRegion) threads.requireCurrent();
    if (spec.uuid !== undefined) references.requireUnused(spec.uuid, plan.blocks);
    this.compression.choice(spec, 0);
  }

  /** Rejects a call in its turn: also calls that were made behind it are refused then. */
  refuse(error: Error): Promise<never> {
    return this.inTurn(() => Promise.reject(error));
  }

  /** Writes a block that `require` has accepted, with a payload at hand. */
  async put(spec: BlockSpec, payload: Uint8Array): Promise<WrittenBlock> {
    return this.#emit(spec, await this.#named(this.compression.now(spec, payload)));
  }

  /** Writes a block that `require` has accepted, with the next payload of the queue. */
  async putNext(spec: BlockSpec, payloads: PayloadQueue, signal?: AbortSignal): Promise<WrittenBlock> {
    if (this.compression.prefetches) payloads.prefetch();
    const { payload } = await untilAborted(payloads.next(), signal);
    return this.#emit(spec, await this.#named(untilAborted(payload, signal)));
  }

  /** The last block, and what ends the file. */
  async putEndOfCapture(given: string | undefined, encode: (fileHash: Uint8Array) => Uint8Array): Promise<WrittenBlock> {
    const { plan, references } = this.state;
    const payload = encode(this.#emitter.fileHash());
    const uuid = given ?? this.newUuid();
    references.requireUnused(uuid, plan.blocks);
    const start = { type: BlockType.EndOfCapture, flags: 0, uuid, parentUuid: undefined, payloadLength: payload.length };
    const written = await this.#emitter.emit(start, [payload]);
    await this.#emitter.finish();
    plan.note(BlockType.EndOfCapture);
    return written;
  }

  /** Nothing more can be written; a reason says why. */
  async close(reason: string): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    this.compression.dismiss();
    await this.#emitter.close();
  }

  /** For what cannot be mended: later calls are refused. */
  fail(error: unknown): MslError {
    this.compression.dismiss();
    return this.#emitter.fail(error);
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new MslError("closed", this.#closed);
    this.#emitter.requireWorking();
  }

  async #emit(spec: BlockSpec, { length, flags, pieces }: BlockPayload): Promise<WrittenBlock> {
    const { plan, references, modules } = this.state;
    const { type, hasChildren = false, uuid = this.newUuid(), flags: given = 0, range } = spec;
    const parentUuid = spec.parentUuid === NIL_UUID ? undefined : spec.parentUuid;
    const isRegion = type === BlockType.MemoryRegion;
    const continues = (given & BlockFlag.Continuation) !== 0;
    const block = { index: plan.blocks, uuid, parentUuid, hasChildren, isRegion, continues, range };
    references.requireUnused(uuid, block.index);
    if (type !== BlockType.ModuleEntry && modules.isWaiting(uuid)) {
      const message = `Block ${block.index} has the UUID ${uuid}, which the ModuleListIndex announces for a module`;
      throw contradiction(message, block.index);
    }
    references.require(block);
    const allFlags = flags | given | (hasChildren ? BlockFlag.HasChildren : 0);
    const start = { type, flags: allFlags, uuid, parentUuid, payloadLength: length };
    const written = await this.#emitter.emit(start, pieces).finally(() => {
      if (this.#emitter.hasFailed) this.compression.dismiss();
    });
    plan.note(type);
    references.note(block);
    return written;
  }

  /** What went wrong with the payload, told of its block. */
  async #named(payload: Promise<BlockPayload>): Promise<BlockPayload> {
    try {
      return await payload;
    } catch (cause) {
      const code = cause instanceof MslError ? cause.code : "internal";
      if (code === "aborted" || code === "closed") throw cause;
      const block = this.state.plan.blocks;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new MslError(code, `Block ${block} cannot be compressed: ${reason}`, { block, cause });
    }
  }
}
