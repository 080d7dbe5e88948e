/**
 * Compressed payloads that are known by their start: the bytes up to the page data, and the size that the stored data states. What the start says is
 * believed until page data is asked for: then all of the payload is decompressed, and has to begin as it did.
 */
import { blake3 } from "@memslice/core-wasm";
import { equalBytes, startsWith } from "../bytes.js";
import { MslError, throwIfAborted } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import { readExactly, type Source } from "../source/source.js";

/** What is kept of a start besides the fixed part of the region: the bytes that follow it, or a digest of all of the start. */
export type KeptStart =
  | { readonly rest: Uint8Array; readonly digest?: undefined }
  | { readonly rest?: undefined; readonly digest: Uint8Array };

export interface BegunPayload {
  /** Bytes of the whole payload. */
  readonly size: number;
  readonly start: KeptStart;
}

/** Whether `bytes`, as many as the start has, are those that were read at first. `fixed`: the fixed part of the region. */
export function isStart(bytes: Uint8Array, { rest, digest }: KeptStart, fixed: Uint8Array): boolean {
  if (!startsWith(bytes, fixed)) return false;
  return rest ? startsWith(bytes, rest, REGION_HEAD_SIZE) : equalBytes(blake3(bytes), digest);
}

/** A payload whose size is stated, and which is decompressed to its end before its first byte is given out. */
export class DeferredSource implements Source {
  readonly size: number;
  readonly #open: (signal?: AbortSignal) => Promise<{ readonly payload: Source; readonly problem?: Problem }>;

  constructor(size: number, open: (signal?: AbortSignal) => Promise<{ readonly payload: Source; readonly problem?: Problem }>) {
    this.size = size;
    this.#open = open;
  }

  /** Throws `limit`, or `damaged-block` where the payload turns out not to be sound. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    const { payload, problem } = await this.#open(signal);
    if (problem) throw new MslError(problem.id === "CMP-LIMIT" ? "limit" : "damaged-block", problem.message);
    return readExactly(payload, offset, length, signal);
  }
}

const DIGEST_SIZE = 32;
/** Bytes of longer starts that are kept in all: the states of 64 GiB of memory in pages of 4 KiB. */
const BYTES_KEPT = 4 * 1024 * 1024;
/** Longer starts come with page-state maps that are kept as long as there is room for them (`KeptMaps`). */
const LONGEST_KEPT = 4096;
const CHUNK_SIZE = 64 * 1024;

/** The starts of many payloads, in rows. Bytes that are no more than a digest are kept, and as many others as there is room for. */
export class KeptStarts {
  readonly #chunks: Uint8Array[] = [];
  #end = 0;
  #left = BYTES_KEPT;
  /** 0 for a row of which nothing is kept; 1 and the place of its bytes; minus 1 less the place of its digest. */
  readonly #places: Int32Array;

  constructor(rows: number) {
    this.#places = new Int32Array(rows);
  }

  /** Keeps the payload up to its page data; if there is no room for the bytes, a digest or nothing. Returns whether it has the bytes. */
  add(row: number, start: Uint8Array, needsDigest: boolean): boolean {
    const rest = start.subarray(REGION_HEAD_SIZE);
    const isShort = rest.length <= DIGEST_SIZE;
    const isKept = isShort || (rest.length <= LONGEST_KEPT && rest.length <= this.#left);
    if (isKept && !isShort) this.#left -= rest.length;
    if (isKept) this.#places[row] = 1 + this.#append(rest);
    else if (needsDigest) this.#places[row] = -1 - this.#append(blake3(start));
    return isKept;
  }

  /** What was kept of a start of `length` bytes. */
  of(row: number, length: number): KeptStart | undefined {
    const place = this.#places[row] ?? 0;
    if (place === 0) return undefined;
    return place < 0
      ? { digest: this.#at(-1 - place, DIGEST_SIZE) }
      : { rest: this.#at(place - 1, Math.max(0, length - REGION_HEAD_SIZE)) };
  }

  /** Bytes do not pass the end of a chunk. */
  #append(bytes: Uint8Array): number {
    if ((this.#end % CHUNK_SIZE) + bytes.length > CHUNK_SIZE) this.#end = this.#chunks.length * CHUNK_SIZE;
    if (this.#end === this.#chunks.length * CHUNK_SIZE) this.#chunks.push(new Uint8Array(CHUNK_SIZE));
    const place = this.#end;
    this.#chunks[Math.floor(place / CHUNK_SIZE)]?.set(bytes, place % CHUNK_SIZE);
    this.#end += bytes.length;
    return place;
  }

  #at(place: number, length: number): Uint8Array {
    const start = place % CHUNK_SIZE;
    return this.#chunks[Math.floor(place / CHUNK_SIZE)]?.subarray(start, start + length) ?? new Uint8Array(0);
  }
}
