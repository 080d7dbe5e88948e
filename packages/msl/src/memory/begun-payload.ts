/**
 * Compressed payloads of which the start is known: the bytes up to the page data, and the size that the stored data states. Region head and page states
 * are taken from the start. When page data is asked for, all of the payload is decompressed, and has to begin with the same bytes.
 */
import { blake3 } from "@memslice/core-wasm";
import { equalBytes, startsWith } from "../bytes.js";
import { MslError, throwIfAborted } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import { readExactly, type Source } from "../source/source.js";

/** The start of a payload as it is kept: its bytes behind the region's fixed part (whose bytes `RegionRows` keeps), or a digest of the whole start. */
export type KeptStart =
  | { readonly rest: Uint8Array; readonly digest?: undefined }
  | { readonly rest?: undefined; readonly digest: Uint8Array };

export interface BegunPayload {
  /** The size of the whole payload in bytes. */
  readonly size: number;
  readonly start: KeptStart;
}

/** Whether `bytes` are the start that was kept. `fixed`: the fixed part of the region, its first bytes. */
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

  /** Throws `damaged-block` if the payload does not decompress, and `limit` if a limit forbids to decompress it. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    const { payload, problem } = await this.#open(signal);
    if (problem) throw new MslError(problem.id === "CMP-LIMIT" ? "limit" : "damaged-block", problem.message);
    return readExactly(payload, offset, length, signal);
  }
}

const DIGEST_SIZE = 32;
/** Limit on the total size of the starts that are kept as bytes and are longer than a digest: the states of 64 GiB of memory in pages of 4 KiB. */
const BYTES_KEPT = 4 * 1024 * 1024;
/** Longer starts are not kept as bytes: `KeptMaps` keeps their page-state maps, up to its own limit. */
const LONGEST_KEPT = 4096;
const CHUNK_SIZE = 64 * 1024;

/** The starts of many payloads, by the number of a row: as bytes if they are no longer than a digest or there is room, otherwise as digests. */
export class KeptStarts {
  readonly #chunks: Uint8Array[] = [];
  #end = 0;
  #left = BYTES_KEPT;
  /** For each row: 0 if nothing is kept, 1 + p for bytes at place p, -1 - p for a digest at place p. */
  readonly #places: Int32Array;

  constructor(rows: number) {
    this.#places = new Int32Array(rows);
  }

  /** Keeps a start as bytes if there is room, otherwise as a digest if `needsDigest` is true. Returns whether it keeps the bytes. */
  add(row: number, start: Uint8Array, needsDigest: boolean): boolean {
    const rest = start.subarray(REGION_HEAD_SIZE);
    const isShort = rest.length <= DIGEST_SIZE;
    const isKept = isShort || (rest.length <= LONGEST_KEPT && rest.length <= this.#left);
    if (isKept && !isShort) this.#left -= rest.length;
    if (isKept) this.#places[row] = 1 + this.#append(rest);
    else if (needsDigest) this.#places[row] = -1 - this.#append(blake3(start));
    return isKept;
  }

  /** The start that `add` kept for a row; undefined if it kept nothing. `length`: the number of bytes that were passed to `add`. */
  of(row: number, length: number): KeptStart | undefined {
    const place = this.#places[row] ?? 0;
    if (place === 0) return undefined;
    return place < 0
      ? { digest: this.#at(-1 - place, DIGEST_SIZE) }
      : { rest: this.#at(place - 1, Math.max(0, length - REGION_HEAD_SIZE)) };
  }

  /** Appends the bytes, all in one chunk. Returns their place: CHUNK_SIZE for each chunk before them, and their offset in the chunk. */
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
