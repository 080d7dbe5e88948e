/**
 * The hash chain (specification: integrity). Block i's PrevHash is the hash of block i-1 as stored, and block 0's PrevHash the hash of the header;
 * FileHash covers all bytes before End-of-Capture. In an encrypted capture every PrevHash is zero; FileHash covers header, KEM
 * ciphertext and the blocks, whose offsets count from block 0.
 */
import {
  Blake3HashChain,
  type ChainBreak,
  ChainBreaks,
  type ChainEnd,
  type ChainResult,
  type HashChain,
} from "@memslice/core-wasm";
import { equalBytes, startsWith, viewOf } from "../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_TYPE_OFFSET,
  isEndOfCapture,
  PREV_HASH_OFFSET,
} from "../format/block-header.js";
import type { ByteOrder } from "../format/layout/decode.js";
import {
  createHasher,
  HashAlgo,
  type HashAlgoCode,
  type Hasher,
  NativeHashers,
  type NewNativeBlake3,
} from "../hash/hash-algorithm.js";
import type { Anchor, BadBlock } from "./report.js";

const DIGEST_SIZE = 32;

/**
 * The chain of a plain capture. BLAKE3 is computed by the native package, if `native` is given, or by the WebAssembly core; SHA-2, and captures in
 * big-endian byte order, block by block through a hasher.
 */
export function createHashChain(
  algorithm: HashAlgoCode,
  header: Uint8Array,
  byteOrder: ByteOrder,
  native: NewNativeBlake3 | null,
): HashChain {
  if (algorithm === HashAlgo.Blake3 && !native && byteOrder === "little") return new Blake3HashChain(header);
  return new PortableHashChain(header, hashersOf(algorithm, native), { byteOrder });
}

/** Makes a hasher for each message. */
export function hashersOf(algorithm: HashAlgoCode, native: NewNativeBlake3 | null): () => Hasher {
  if (algorithm !== HashAlgo.Blake3 || !native) return () => createHasher(algorithm);
  const hashers = new NativeHashers(native);
  return () => hashers.hasher();
}

export interface ChainRules {
  readonly byteOrder?: ByteOrder;
  readonly encrypted?: boolean;
}

/** The chain for any hash, in plain code: the tests compare the chain of the core with it. */
export class PortableHashChain implements HashChain {
  readonly #littleEndian: boolean;
  readonly #newHasher: () => Hasher;
  readonly #file: Hasher;
  readonly #header = new Uint8Array(BLOCK_HEADER_SIZE);
  readonly #breaks = new ChainBreaks();
  /** Null in an encrypted capture, whose blocks are not linked. */
  #element: Hasher | null;
  #previousOffset = 0;
  /** The number of gathered bytes of the current block's header, and of missing bytes of its payload. */
  #gathered = 0;
  #payloadLeft = 0;
  #index = -1;
  #blockOffset = 0;
  #offset: number;
  #walking = true;
  #pendingEoc: { stored: Uint8Array; filled: number; computed: Uint8Array } | null = null;
  #eoc: ChainEnd | null = null;

  /** `header`: the bytes before the blocks that FileHash covers. */
  constructor(header: Uint8Array, newHasher: () => Hasher, { byteOrder = "little", encrypted = false }: ChainRules = {}) {
    this.#littleEndian = byteOrder === "little";
    this.#newHasher = newHasher;
    this.#file = newHasher();
    this.#element = encrypted ? null : newHasher();
    this.#file.update(header);
    this.#element?.update(header);
    this.#offset = encrypted ? 0 : header.length;
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#walking; ) {
      const rest = viewOf(bytes, at, bytes.length);
      at += this.#payloadLeft > 0 ? this.#takePayload(rest) : this.#takeHeader(rest);
    }
  }

  finish(): ChainResult {
    const inPayload = this.#payloadLeft > 0;
    return {
      blocks: this.#index + 1,
      breaks: this.#breaks,
      eoc: this.#eoc,
      truncatedBlock: inPayload ? this.#index : null,
      end: this.#offset,
    };
  }

  release(): void {
    this.#file.release();
    this.#element?.release();
  }

  #takeHeader(bytes: Uint8Array): number {
    const part = viewOf(bytes, 0, Math.min(bytes.length, BLOCK_HEADER_SIZE - this.#gathered));
    this.#header.set(part, this.#gathered);
    this.#gathered += part.length;
    if (this.#gathered === BLOCK_HEADER_SIZE) this.#startBlock();
    return part.length;
  }

  #startBlock(): void {
    this.#gathered = 0;
    const header = this.#header;
    const view = new DataView(header.buffer);
    const length = view.getUint32(BLOCK_LENGTH_OFFSET, this.#littleEndian);
    if (!startsWith(header, BLOCK_MAGIC) || length < BLOCK_HEADER_SIZE) {
      this.#walking = false;
      return;
    }
    this.#index++;
    this.#blockOffset = this.#offset;
    this.#compareLink(header.slice(PREV_HASH_OFFSET, PREV_HASH_OFFSET + DIGEST_SIZE));
    if (this.#eoc === null && isEndOfCapture(view.getUint16(BLOCK_TYPE_OFFSET, this.#littleEndian), length)) {
      this.#pendingEoc = { stored: new Uint8Array(DIGEST_SIZE), filled: 0, computed: this.#file.digest() };
    }
    this.#consume(header);
    this.#payloadLeft = length - BLOCK_HEADER_SIZE;
    if (this.#payloadLeft === 0) this.#endBlock();
  }

  #compareLink(stored: Uint8Array): void {
    const computed = this.#element?.digest() ?? new Uint8Array(DIGEST_SIZE);
    if (!equalBytes(computed, stored)) {
      this.#breaks.add({ index: this.#index, offset: this.#offset, previousOffset: this.#previousOffset, computed, stored });
    }
    this.#previousOffset = this.#offset;
    this.#element?.release();
    this.#element &&= this.#newHasher();
  }

  #takePayload(bytes: Uint8Array): number {
    const part = viewOf(bytes, 0, Math.min(bytes.length, this.#payloadLeft));
    if (this.#pendingEoc && this.#pendingEoc.filled < DIGEST_SIZE) {
      const digestPart = part.subarray(0, DIGEST_SIZE - this.#pendingEoc.filled);
      this.#pendingEoc.stored.set(digestPart, this.#pendingEoc.filled);
      this.#pendingEoc.filled += digestPart.length;
    }
    this.#consume(part);
    this.#payloadLeft -= part.length;
    if (this.#payloadLeft === 0) this.#endBlock();
    return part.length;
  }

  #consume(bytes: Uint8Array): void {
    this.#file.update(bytes);
    this.#element?.update(bytes);
    this.#offset += bytes.length;
  }

  #endBlock(): void {
    if (this.#pendingEoc) {
      const { stored, computed } = this.#pendingEoc;
      this.#eoc = { index: this.#index, offset: this.#blockOffset, end: this.#offset, stored, computed };
      this.#pendingEoc = null;
    }
  }
}

interface ChainPlace {
  readonly anchor: Anchor;
  readonly headerSize: number;
  /** Whether the capture has a FileHash that matches. */
  readonly fileHashHolds: boolean;
}

/**
 * A broken link is caused by one of two blocks: the block whose hash was taken, or the block that holds this hash as its PrevHash. It is the second one when
 * its own hash does not match either (the next link is broken, too), or when it is End-of-Capture and FileHash confirms all bytes before it. Null where
 * no link up to End-of-Capture is broken, and where block 0's PrevHash is zero and no other link is broken.
 */
export function firstBadBlock({ breaks, eoc }: ChainResult, { anchor, headerSize, fileHashHolds }: ChainPlace): BadBlock | null {
  const position = anchor === "zero" ? 1 : 0;
  if (breaks.length <= position) return null;
  const first = breaks.at(position);
  if (eoc && first.index > eoc.index) return null;
  const next = breaks.length > position + 1 ? breaks.at(position + 1) : undefined;
  if (next?.index === first.index + 1) return { index: first.index, offset: first.offset, end: next.offset };
  if (eoc && first.index === eoc.index && fileHashHolds) return { index: first.index, offset: first.offset, end: eoc.end };
  return before(first, headerSize);
}

function before({ index, offset, previousOffset }: ChainBreak, headerSize: number): BadBlock {
  return index === 0 ? { index: null, offset: 0, end: headerSize } : { index: index - 1, offset: previousOffset, end: offset };
}
