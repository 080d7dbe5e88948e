/** The state of one pass over a capture whose bytes are passed in pieces: its hashes, and the census of its blocks. */
import type { HashChain } from "@memslice/core-wasm";
import { startsWith } from "../bytes.js";
import { MslError } from "../errors.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_TYPE_OFFSET,
  isEndOfCapture,
} from "../format/block-header.js";
import { BLOCK_TYPE, codeName } from "../format/codes.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";
import type { ByteOrder } from "../format/layout/decode.js";
import { type HashAlgoCode, hasherName, isImplementedHash, type NewNativeBlake3 } from "../hash/hash-algorithm.js";
import type { ThreadUse } from "../threads/thread-use.js";
import { type ChainStart, chainStart } from "./anchor.js";
import { createHashChain } from "./chain.js";
import { reportOfPass } from "./conclude.js";
import type { AppendedBlocks, VerifyReport } from "./report.js";

const ONE_THREAD: ThreadUse = { used: 1, asked: 1, reason: null };

export class Verification {
  readonly #headerBytes: Uint8Array;
  readonly #header: FileHeader;
  readonly #algorithm: HashAlgoCode;
  readonly #strict: boolean;
  readonly #native: NewNativeBlake3 | null;
  readonly #startedAt = performance.now();
  readonly #chain: HashChain;
  /** The header of block 0, by which the anchor is found before any block is hashed. */
  readonly #lead = new Uint8Array(BLOCK_HEADER_SIZE);
  #leadLength = 0;
  #start: ChainStart | null = null;
  #variantChain: HashChain | null = null;
  readonly #census: BlockCensus;
  #bytes: number;

  /** `headerBytes`: all HeaderSize bytes of a plain capture. `native`: the package for BLAKE3; null for the core. Throws `unsupported-hash`. */
  constructor(headerBytes: Uint8Array, header: FileHeader, strict: boolean, native: NewNativeBlake3 | null) {
    this.#headerBytes = headerBytes;
    this.#header = header;
    this.#algorithm = requireHashAlgo(header.hashAlgo);
    this.#strict = strict;
    this.#native = native;
    this.#chain = createHashChain(this.#algorithm, headerBytes, header.byteOrder, native);
    this.#census = new BlockCensus(headerBytes.length, header.byteOrder);
    this.#bytes = headerBytes.length;
  }

  /** Number of block headers so far. */
  get blocks(): number {
    return this.#census.blocks;
  }

  /** Takes the bytes after the header, in order. */
  update(bytes: Uint8Array): void {
    this.#census.take(bytes, this.#bytes);
    this.#bytes += bytes.length;
    const rest = this.#leadLength < BLOCK_HEADER_SIZE ? this.#gatherLead(bytes) : bytes;
    if (rest.length > 0) this.#feed(rest);
  }

  /** The report on the bytes so far. Ends the pass and releases its hashes. `threads`: for the report; default: one thread, as it was asked for. */
  finish(threads: ThreadUse = ONE_THREAD): VerifyReport {
    try {
      return reportOfPass({
        header: this.#header,
        hashAlgo: this.#algorithm,
        hasher: hasherName(this.#algorithm, this.#native),
        threads,
        strict: this.#strict,
        start: this.#start,
        result: this.#chain.finish(),
        variantResult: this.#variantChain?.finish() ?? null,
        census: this.#census,
        bytes: this.#bytes,
        startedAt: this.#startedAt,
      });
    } finally {
      this.release();
    }
  }

  /** Releases the hashes of a pass that was not finished. Changes nothing after `finish`. */
  release(): void {
    this.#chain.release();
    this.#variantChain?.release();
  }

  /** Holds back the first 80 bytes until they are complete; returns the bytes behind them. */
  #gatherLead(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, BLOCK_HEADER_SIZE - this.#leadLength);
    this.#lead.set(part, this.#leadLength);
    this.#leadLength += part.length;
    if (this.#leadLength === BLOCK_HEADER_SIZE) {
      this.#start = chainStart(this.#headerBytes, this.#algorithm, this.#lead);
      const { variant } = this.#start;
      if (variant) this.#variantChain = createHashChain(variant.algorithm, variant.header, this.#header.byteOrder, this.#native);
      this.#feed(this.#lead);
    }
    return bytes.subarray(part.length);
  }

  #feed(bytes: Uint8Array): void {
    this.#chain.update(bytes);
    this.#variantChain?.update(bytes);
  }
}

/** Throws `unsupported-hash` for codes that the specification reserves. */
export function requireHashAlgo(code: number): HashAlgoCode {
  if (isImplementedHash(code)) return code;
  throw new MslError(
    "unsupported-hash",
    `HashAlgo at offset 0x3D is 0x${code.toString(16).padStart(2, "0")}, which is not implemented (0 BLAKE3, 1 SHA-256, 2 SHA-512/256)`,
    {
      offset: headerOffset("hashAlgo"),
    },
  );
}

/** Records the types of the blocks up to End-of-Capture, and counts the blocks of each type behind it. */
export class BlockCensus {
  /** Types of the blocks up to End-of-Capture. */
  readonly present = new Set<number>();
  readonly #appended = new Map<number, number>();
  readonly #header = new Uint8Array(BLOCK_HEADER_SIZE);
  readonly #bigEndian: boolean;
  /** File offset of the next block header, and the number of its bytes in `#header`. */
  #next: number;
  #gathered = 0;
  #walking = true;
  /** Whether the last header was that of End-of-Capture. All later headers are those of appended blocks. */
  #endsHere = false;
  #ended = false;
  #blocks = 0;

  constructor(firstBlock: number, byteOrder: ByteOrder) {
    this.#next = firstBlock;
    this.#bigEndian = byteOrder === "big";
  }

  /** File offset of the next bytes that the census needs. */
  get next(): number {
    return this.#next + this.#gathered;
  }

  /** Number of block headers so far. */
  get blocks(): number {
    return this.#blocks;
  }

  get walking(): boolean {
    return this.#walking;
  }

  /** The blocks behind End-of-Capture, by type, in the order of the first block of each type. */
  get appended(): readonly AppendedBlocks[] {
    return [...this.#appended].map(([type, count]) => ({ type, typeName: codeName(BLOCK_TYPE, type), count }));
  }

  /** `offset`: the offset of the bytes in the file, at most `next`. */
  take(bytes: Uint8Array, offset: number): void {
    while (this.#walking) {
      const from = this.next - offset;
      if (from >= bytes.length) return;
      if (this.#gathered === 0 && from + BLOCK_HEADER_SIZE <= bytes.length) {
        this.#count(bytes, from);
        continue;
      }
      const part = bytes.subarray(from, from + BLOCK_HEADER_SIZE - this.#gathered);
      this.#header.set(part, this.#gathered);
      this.#gathered += part.length;
      if (this.#gathered < BLOCK_HEADER_SIZE) return;
      this.#gathered = 0;
      this.#count(this.#header, 0);
    }
  }

  #count(bytes: Uint8Array, at: number): void {
    const length = this.#uint(bytes, at + BLOCK_LENGTH_OFFSET, 4);
    this.#walking = length >= BLOCK_HEADER_SIZE && startsWith(bytes, BLOCK_MAGIC, at);
    if (!this.#walking) return;
    const type = this.#uint(bytes, at + BLOCK_TYPE_OFFSET, 2);
    this.#ended ||= this.#endsHere;
    if (this.#ended) this.#appended.set(type, (this.#appended.get(type) ?? 0) + 1);
    else this.present.add(type);
    this.#endsHere = isEndOfCapture(type, length);
    this.#next += length;
    this.#blocks++;
  }

  #uint(bytes: Uint8Array, at: number, size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + (bytes[at + (this.#bigEndian ? i : size - 1 - i)] ?? 0);
    return value;
  }
}
