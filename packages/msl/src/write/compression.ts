/** Which payloads are compressed, and by whom: in the caller's thread, or by workers, of so many payloads that memory stays bounded. */
import { availableThreads } from "#threads";
import { MslError } from "../errors.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { automaticThreads } from "../threads/thread-count.js";
import { isSystemTable } from "./block-kinds.js";
import { type CompressionChoice, type CompressionRules, compressPayload, type StoredPayload } from "./compress-payload.js";
import type { OfferedPayload } from "./offered-payload.js";
import type { WritingOptions } from "./options.js";
import { CompressionTeam } from "./parallel/compression-team.js";
import type { BlockPayload, PendingPayload } from "./pending-payload.js";
import { Room } from "./room.js";

export const DEFAULT_COMPRESSION_LIMIT = 256 * 1024 * 1024;
/** One that is being compressed, and one that waits for its turn or its thread. */
const PAYLOADS_PER_THREAD = 2;
/** Handing smaller payloads to a worker takes longer than compressing them. */
const WORTHWHILE_BYTES = 16 * 1024;
/** Tables below are not worth compressing. */
const LARGE_TABLE = 4096;
/** What readers need first is stored plain. */
const NEVER_COMPRESSED: ReadonlySet<number> = new Set([
  BlockType.EndOfCapture,
  BlockType.ProcessIdentity,
  BlockType.ImportProvenance,
]);

/** A block whose payload may be compressed. */
export interface CompressionSubject {
  readonly type: number;
  readonly compression?: CompressionChoice | undefined;
  readonly offered?: OfferedPayload | undefined;
}

/** A payload in the making. */
export interface PayloadSource {
  /** Of the payload before compression. */
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** How many threads a writer gets. */
export function compressionThreads({ threads = 1, codecs = {} }: Pick<WritingOptions, "threads" | "codecs">): number {
  // Functions cannot be handed to another thread.
  if (threads === 1 || Object.keys(codecs).length > 0) return 1;
  const available = availableThreads({ sharedMemory: false });
  if (available === 0) return 1;
  return threads === "auto" ? automaticThreads(available) : threads;
}

export class Compression {
  /** Whether payloads are to be made ahead of their turn. */
  readonly isAhead: boolean;
  readonly #options: WritingOptions;
  readonly #limit: number;
  readonly #team: CompressionTeam | undefined;
  readonly #room: Room;

  constructor(options: WritingOptions) {
    const threads = compressionThreads(options);
    this.isAhead = threads > 1;
    this.#options = options;
    this.#limit = options.compressionLimit ?? DEFAULT_COMPRESSION_LIMIT;
    this.#team = this.isAhead ? new CompressionTeam(threads) : undefined;
    this.#room = new Room(this.#limit, PAYLOADS_PER_THREAD * threads);
  }

  /** Throws `usage` for what must not be compressed. */
  choice({ type, compression }: CompressionSubject, payloadLength: number): CompressionChoice {
    if (compression !== undefined && compression !== "none" && NEVER_COMPRESSED.has(type)) {
      throw new MslError("usage", `${codeName(BLOCK_TYPE, type)} is never compressed: readers need it first`);
    }
    if (payloadLength > this.#limit) return "none";
    if (compression !== undefined) return compression;
    const worthwhile = type === BlockType.MemoryRegion || (isSystemTable(type) && payloadLength >= LARGE_TABLE);
    return worthwhile ? (this.#options.compression ?? "none") : "none";
  }

  /** At once, in the caller's thread: for payloads that nobody knew of before their turn. */
  async now(subject: CompressionSubject, payload: Uint8Array): Promise<BlockPayload> {
    const choice = this.choice(subject, payload.length);
    if (choice === "none") return plain({ length: payload.length, pieces: [payload] });
    const rules = await this.#rules(choice, subject);
    return stored(compressPayload(payload, rules, this.#options.codecs), subject.offered);
  }

  /**
   * One payload: gathered as soon as there is room, and handed to a worker; or, if it stays plain, to be read when it is written. Ends
   * when the next one may be read.
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
    await this.#room.enter(bytes, signal());
    const leave = () => this.#room.leave(bytes);
    try {
      const gathered = await gather(source);
      const rules = await this.#rules(choice, subject);
      const payload = this.#compressed(gathered, rules).then((result) => stored(result, subject.offered));
      // Heard when it is awaited.
      payload.catch(() => {});
      yield { payload, release: () => void payload.then(leave, leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Ends workers; what they have not done is rejected. */
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

/** In an array of its own. */
async function gather({ length, pieces }: PayloadSource): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  let at = 0;
  for await (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
