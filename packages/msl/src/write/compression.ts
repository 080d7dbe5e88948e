/**
 * Decides which payloads are compressed, and has them compressed by the caller's thread or by workers. The number and total size of payloads
 * that are held meanwhile are bounded.
 */

import { newCompressionWorker } from "#compression-worker";
import { availableThreads } from "#threads";
import { MslError } from "../errors.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import { buffersOf, type CompressionAnswer, jobOf } from "../threads/compression-worker.js";
import { reasonWithoutThreads, threadReason, type WorkersUse } from "../threads/thread-use.js";
import { automaticThreads } from "../threads/threads.js";
import { WorkerTeam } from "../threads/worker-team.js";
import { isSystemTable } from "./block-kinds.js";
import { type CompressionChoice, type CompressionRules, compressPayload, type StoredPayload } from "./compress-payload.js";
import type { WritingOptions } from "./options.js";
import { type BlockPayload, PayloadSemaphore, type PendingPayload } from "./payload-queue.js";

/** One payload in compression, and one that waits for a thread or to be written. */
const PAYLOADS_PER_THREAD = 2;
/** Handing smaller payloads to a worker takes longer than compressing them. */
const WORTHWHILE_BYTES = 16 * 1024;
/** Bytes below which a system table is stored plain. */
const LARGE_TABLE = 4096;
/** Types that are stored plain because readers need them first. */
const NEVER_COMPRESSED: ReadonlySet<number> = new Set([
  BlockType.EndOfCapture,
  BlockType.ProcessIdentity,
  BlockType.ImportProvenance,
]);

/** The payload of a block compressed in another capture, for `transcode`. */
export interface Offered {
  readonly offered?: OfferedPayload | undefined;
}

/** A block whose payload may be compressed. */
export interface CompressionSubject extends Offered {
  readonly type: number;
  readonly compression?: CompressionChoice | undefined;
}

/** The payload of a block compressed in another capture, which may be stored again as it is. */
export interface OfferedPayload {
  /** Most bytes that `load` holds in memory. */
  readonly size: number;
  /** Returns compressed data that may decode to the payload; each array owns its buffer, or shares it with the others. */
  load(): Promise<readonly Uint8Array[]>;
  /** Called if data of `load` was stored. */
  take(): void;
}

/** A payload before compression. */
export interface PayloadSource {
  /** Bytes in all pieces. */
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The number of threads that compress for a writer with these options; 1 means the caller's own. */
export function compressionThreads({ threads = 1, codecs = {} }: Pick<WritingOptions, "threads" | "codecs">): number {
  // `codecs` are functions, which cannot be passed to another thread.
  if (threads === 1 || Object.keys(codecs).length > 0) return 1;
  const available = availableThreads({ sharedMemory: false });
  if (available === 0) return 1;
  return threads === "auto" ? automaticThreads(available) : threads;
}

export class Compression {
  /** Whether payloads are made ahead of the turn of their call, so that several threads have work. */
  readonly prefetches: boolean;
  readonly #options: WritingOptions;
  readonly #limit: number;
  readonly #team: CompressionTeam | undefined;
  readonly #semaphore: PayloadSemaphore;

  constructor(options: WritingOptions) {
    const threads = compressionThreads(options);
    this.prefetches = threads > 1;
    this.#options = options;
    this.#limit = options.compressionLimit ?? DEFAULT_LIMITS.compressionLimit;
    this.#team = this.prefetches ? new CompressionTeam(threads) : undefined;
    this.#semaphore = new PayloadSemaphore(this.#limit, PAYLOADS_PER_THREAD * threads);
  }

  /** The workers that compressed, and why no more. */
  get use(): WorkersUse {
    const { codecs = {} } = this.#options;
    if (this.#team) return this.#team.use;
    return { used: 0, reason: Object.keys(codecs).length > 0 ? threadReason("own-codecs") : reasonWithoutThreads() };
  }

  /** How the payload of a block is stored. Throws `usage` if the caller asked to compress a type that is never compressed. */
  choice({ type, compression }: CompressionSubject, payloadLength: number): CompressionChoice {
    if (compression !== undefined && compression !== "none" && NEVER_COMPRESSED.has(type)) {
      throw new MslError("usage", `${codeName(BLOCK_TYPE, type)} is never compressed: readers need it first`);
    }
    if (payloadLength > this.#limit) return "none";
    if (compression !== undefined) return compression;
    const worthwhile = type === BlockType.MemoryRegion || (isSystemTable(type) && payloadLength >= LARGE_TABLE);
    return worthwhile ? (this.#options.compression ?? "none") : "none";
  }

  /** Whether a payload of some length would be compressed. */
  mayCompress({ compression = this.#options.compression }: CompressionSubject): boolean {
    return compression !== undefined && compression !== "none";
  }

  /** Compresses, in the caller's thread, a payload that is made in the turn of its call: no other call could use the time of waiting for a worker. */
  async now(subject: CompressionSubject, payload: Uint8Array): Promise<BlockPayload> {
    const choice = this.choice(subject, payload.length);
    if (choice === "none") return plain({ length: payload.length, pieces: [payload] });
    const rules = await this.#rules(choice, subject);
    return stored(compressPayload(payload, rules, this.#options.codecs), subject.offered);
  }

  /**
   * Yields one payload. If it is to be compressed, its pieces are gathered as soon as the semaphore admits it, and given to a worker. If it
   * is stored plain, its pieces are read while it is written, and the generator ends only after that: a stream of page data has no
   * second reader.
   */
  async *pending(
    subject: CompressionSubject,
    source: PayloadSource,
    signal: () => AbortSignal,
  ): AsyncGenerator<PendingPayload, void> {
    const choice = this.choice(subject, source.length);
    if (choice === "none") {
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      yield { payload: Promise.resolve(plain(source)), release };
      await released;
      return;
    }
    const bytes = source.length + (subject.offered?.size ?? 0);
    // A signal is made only if the payload has to wait: V8 keeps each signal in memory for long.
    if (!this.#semaphore.acquireAtOnce(bytes)) await this.#semaphore.acquire(bytes, signal());
    const release = () => this.#semaphore.release(bytes);
    try {
      const gathered = await gather(source, this.#team?.arrayOf(source.length) ?? new Uint8Array(source.length));
      const rules = await this.#rules(choice, subject);
      const payload = this.#compressed(gathered, rules).then((result) => stored(result, subject.offered));
      // Awaited when it is written: without a handler, a rejection until then would be reported as unhandled.
      payload.catch(() => {});
      yield { payload, release: () => void payload.then(release, release) };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Ends the workers. Payloads that they have not finished are rejected with `closed`. */
  dismiss(): void {
    this.#team?.dismiss();
  }

  async #compressed(payload: Uint8Array, rules: CompressionRules): Promise<StoredPayload> {
    if (this.#team && payload.length >= WORTHWHILE_BYTES) return this.#team.compress(payload, rules);
    return compressPayload(payload, rules, this.#options.codecs);
  }

  async #rules(choice: CompressionRules["choice"], { offered }: CompressionSubject): Promise<CompressionRules> {
    return { choice, verify: this.#options.verifyCompression ?? true, offered: (await offered?.load()) ?? [] };
  }
}

function plain({ length, pieces }: PayloadSource): BlockPayload {
  return { length, flags: 0, pieces };
}

function stored({ bytes, flags, kept }: StoredPayload, offered: OfferedPayload | undefined): BlockPayload {
  if (kept) offered?.take();
  return { length: bytes.length, flags, pieces: [bytes] };
}

/** Fills an array with the whole payload. */
async function gather({ pieces }: PayloadSource, all: Uint8Array): Promise<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  // An array that is used again has bytes of another payload.
  if (at !== all.length) throw new MslError("internal", `A payload of ${all.length} bytes has ${at}`);
  return all;
}

/** Workers that compress for one writer. If there are none, the thread of the caller compresses. */
class CompressionTeam {
  readonly #team: WorkerTeam<CompressionAnswer>;
  /** Buffers of payloads that were compressed, for the next ones of the same length. */
  readonly #spare: ArrayBuffer[] = [];
  readonly #mostSpare: number;
  #dismissed: MslError | undefined;

  constructor(threads: number) {
    this.#mostSpare = threads;
    this.#team = new WorkerTeam({
      task: () => ({ kind: "compression" }),
      threads,
      holdsWhileStarting: true,
      newWorker: newCompressionWorker,
    });
  }

  /**
   * The buffers of the payload and of the offered data belong to the team from now on, and must hold nothing else. Rejects with the errors of
   * `compressPayload`, and with `internal` if the worker ended before it answered.
   */
  async compress(payload: Uint8Array, rules: CompressionRules): Promise<StoredPayload> {
    const answer = await this.#team.run(() => {
      const message = jobOf(payload, rules);
      return { message, transfer: buffersOf(message) };
    }).result;
    if (typeof answer === "string") {
      if (this.#dismissed) throw this.#dismissed;
      if (answer === "worker ended")
        throw new MslError("internal", "The worker that compressed the payload ended before it had finished");
      return compressHere(payload, rules);
    }
    if (answer.kind === "failed") throw new MslError(answer.code, answer.message);
    const { bytes, payload: spare, flags, kept } = answer;
    if (spare && this.#spare.length < this.#mostSpare) this.#spare.push(spare);
    return { bytes: new Uint8Array(bytes), flags, kept };
  }

  /** An array for the next payload, whose bytes may have any value. It owns its buffer. */
  arrayOf(length: number): Uint8Array {
    const spare = this.#spare.pop();
    return new Uint8Array(spare?.byteLength === length ? spare : new ArrayBuffer(length));
  }

  get use(): WorkersUse {
    return { used: this.#team.used, reason: this.#team.failure ?? threadReason("no-work") };
  }

  /** Ends all workers, and rejects all that is not compressed yet. */
  dismiss(): void {
    this.#dismissed ??= new MslError("closed", "The writer was closed while its payloads were being compressed");
    this.#team.dismiss();
  }
}

function compressHere(payload: Uint8Array, rules: CompressionRules): StoredPayload {
  try {
    return compressPayload(payload, rules);
  } catch (error) {
    throw error instanceof MslError ? error : new MslError("internal", String(error), { cause: error });
  }
}
