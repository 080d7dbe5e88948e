/** Writes one block after the other, each held against the plan and the references first, and compressed as asked. */
import { MslError } from "../errors.js";
import { BLOCK_TYPE, BlockFlag, BlockType, codeName } from "../format/codes.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import { BlockEmitter, PAYLOAD_MOST, type WrittenBlock } from "./block-emitter.js";
import { isSystemTable } from "./block-kinds.js";
import { type CompressionChoice, compressPayload, type StoredPayload } from "./compress-payload.js";
import { newUuid, now } from "./defaults.js";
import type { BlockOptions, WritingOptions } from "./options.js";
import type { Sink } from "./sink.js";
import type { WriterState } from "./writer-state.js";

/** A block to write. */
export interface BlockSpec extends BlockOptions {
  readonly type: number;
  /** HasKeyHints and Continuation; the others follow from the options. */
  readonly flags?: number;
}

export const DEFAULT_COMPRESSION_LIMIT = 256 * 1024 * 1024;
/** Tables below are not worth compressing. */
const LARGE_TABLE = 4096;
/** What readers need first is stored plain. */
const NEVER_COMPRESSED: ReadonlySet<number> = new Set([
  BlockType.EndOfCapture,
  BlockType.ProcessIdentity,
  BlockType.ImportProvenance,
]);

export class BlockWriter {
  readonly state: WriterState;
  readonly newUuid: () => string;
  readonly now: () => bigint;
  /** Most payload bytes of a region's block. */
  readonly splitAbove: number;
  readonly #emitter: BlockEmitter;
  readonly #options: WritingOptions;
  #busy = false;
  #closed: string | undefined;

  constructor(sink: Sink, state: WriterState, options: WritingOptions) {
    const { splitAbove = PAYLOAD_MOST } = options;
    if (!Number.isInteger(splitAbove) || splitAbove < 1 || splitAbove > PAYLOAD_MOST) {
      throw new MslError("usage", `splitAbove is ${splitAbove}, expected 1 to ${PAYLOAD_MOST}`);
    }
    this.state = state;
    this.newUuid = options.uuid ?? newUuid;
    this.now = options.timestamp ?? now;
    this.splitAbove = splitAbove;
    this.#options = options;
    this.#emitter = new BlockEmitter(sink, { ...state, blocks: state.plan.blocks });
  }

  /** Bytes handed over so far. */
  get offset(): number {
    return this.#emitter.offset;
  }

  /** Runs `work` alone. Throws `usage` while another block is being written, `closed` after the end or a failure. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new MslError("closed", this.#closed);
    this.#emitter.requireWorking();
    if (this.#busy) throw new MslError("usage", "A block is being written still: await each call before the next");
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /** Throws unless `count` blocks like this may come next. */
  require(spec: BlockSpec, count = 1): void {
    const { plan, references } = this.state;
    plan.require(spec.type, count);
    if (spec.uuid !== undefined) references.requireUnused(spec.uuid, plan.blocks);
    this.#choice(spec, 0);
  }

  /** Writes a block whose payload is at hand. */
  async put(spec: BlockSpec, payload: Uint8Array): Promise<WrittenBlock> {
    this.require(spec);
    const stored = this.#stored(spec, payload);
    return this.#emit(spec, stored.flags, stored.bytes.length, [stored.bytes]);
  }

  /** Writes a block whose payload comes in pieces, and is gathered only to be compressed. */
  async putPieces(spec: BlockSpec, payloadLength: number, pieces: AsyncIterable<Uint8Array>): Promise<WrittenBlock> {
    if (this.#choice(spec, payloadLength) === "none") return this.#emit(spec, 0, payloadLength, pieces);
    return this.put(spec, await gathered(pieces, payloadLength));
  }

  /** The last block, and what ends the file. */
  async putEndOfCapture(given: string | undefined, encode: (fileHash: Uint8Array) => Uint8Array): Promise<WrittenBlock> {
    const { plan, references } = this.state;
    if (given !== undefined) references.requireUnused(given, plan.blocks);
    const payload = encode(this.#emitter.fileHash());
    const uuid = given ?? this.newUuid();
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
    await this.#emitter.close();
  }

  /** For what cannot be mended: later calls are refused. */
  fail(error: unknown): MslError {
    return this.#emitter.fail(error);
  }

  async #emit(
    spec: BlockSpec,
    flags: number,
    payloadLength: number,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<WrittenBlock> {
    const { plan, references } = this.state;
    const { type, hasChildren = false, uuid = this.newUuid() } = spec;
    const parentUuid = spec.parentUuid === NIL_UUID ? undefined : spec.parentUuid;
    const block = { index: plan.blocks, uuid, parentUuid, hasChildren };
    references.requireUnused(uuid, block.index);
    references.requireParents(block);
    const allFlags = flags | (spec.flags ?? 0) | (hasChildren ? BlockFlag.HasChildren : 0);
    const written = await this.#emitter.emit({ type, flags: allFlags, uuid, parentUuid, payloadLength }, pieces);
    plan.note(type);
    if (spec.uuid !== undefined) references.keep(uuid);
    references.note(block);
    return written;
  }

  #stored(spec: BlockSpec, payload: Uint8Array): StoredPayload {
    const { codecs = {}, verifyCompression: verify = true } = this.#options;
    return compressPayload(payload, this.#choice(spec, payload.length), { codecs, verify });
  }

  #choice({ type, compression }: BlockSpec, payloadLength: number): CompressionChoice {
    const { compression: standard = "none", compressionLimit = DEFAULT_COMPRESSION_LIMIT } = this.#options;
    if (compression !== undefined && compression !== "none" && NEVER_COMPRESSED.has(type)) {
      throw new MslError("usage", `${codeName(BLOCK_TYPE, type)} is never compressed: readers need it first`);
    }
    if (payloadLength > compressionLimit) return "none";
    if (compression !== undefined) return compression;
    const worthwhile = type === BlockType.MemoryRegion || (isSystemTable(type) && payloadLength >= LARGE_TABLE);
    return worthwhile ? standard : "none";
  }
}

async function gathered(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
