/** The bytes of captured pages on their way into blocks. */
import { MslError } from "../errors.js";
import { EncodePath } from "../format/layout/encode-path.js";
import { MEMORY_REGION } from "../format/payloads/memory-region.js";
import { ChunkQueue } from "../source/chunk-queue.js";
import { isUint8Array } from "../tags.js";
import type { PageDataInput } from "./region-input.js";

/** What one of has to be there for chunks to come. */
const STREAM_MEMBERS = [Symbol.asyncIterator, Symbol.iterator, "getReader"] as const;

export interface PageData {
  /** Bytes taken so far. */
  readonly taken: number;
  /** The next bytes, `most` of them at most; none at the end. */
  take(most: number): Promise<Uint8Array>;
  /** Throws `bad-value` if there are more bytes. */
  requireEnd(): Promise<void>;
  /** Tells a source that no more is wanted. */
  cancel(): Promise<void>;
}

/** `needed`: bytes in all. Throws `bad-value` where the number of bytes is known and another. */
export function pageDataOf(input: PageDataInput | undefined, needed: number, signal?: AbortSignal): PageData {
  const parts = input === undefined ? [] : isUint8Array(input) ? [input] : input;
  requireChunks(parts);
  const known = Array.isArray(parts) ? parts.reduce((sum: number, part: Uint8Array) => sum + part.length, 0) : needed;
  if (known !== needed) {
    throw new MslError("bad-value", `MemoryRegion.pageData has ${known} bytes, but the captured pages need ${needed}`);
  }
  return new PageDataFeed(new ChunkQueue(parts, signal), needed);
}

/** Throws `bad-value` for what no bytes come from. */
function requireChunks(parts: unknown): void {
  const path = new EncodePath(MEMORY_REGION.name).field("pageData");
  const odd = Array.isArray(parts) ? parts.findIndex((part) => !isUint8Array(part)) : -1;
  if (odd >= 0) throw path.entry(odd).refuse((parts as readonly unknown[])[odd], "a Uint8Array");
  const isStream = typeof parts === "object" && parts !== null && STREAM_MEMBERS.some((member) => member in parts);
  if (!isStream) throw path.refuse(parts, "a Uint8Array, an array of them, or a stream of them");
}

class PageDataFeed implements PageData {
  readonly #queue: ChunkQueue;
  readonly #needed: number;

  constructor(queue: ChunkQueue, needed: number) {
    this.#queue = queue;
    this.#needed = needed;
  }

  get taken(): number {
    return this.#queue.offset;
  }

  take(most: number): Promise<Uint8Array> {
    return this.#queue.take(most);
  }

  async requireEnd(): Promise<void> {
    const { length } = await this.#queue.take(Number.POSITIVE_INFINITY);
    if (length === 0) return;
    throw new MslError(
      "bad-value",
      `MemoryRegion.pageData goes on behind the ${this.#needed} bytes that the captured pages need`,
    );
  }

  cancel(): Promise<void> {
    return this.#queue.cancel();
  }
}
