/**
 * The hash chain for any hash, readable rather than fast: block i's PrevHash is the hash of block i-1 as stored, block 0's that of
 * the header; FileHash covers all bytes before End-of-Capture (specification, integrity). In an encrypted capture every PrevHash is
 * zero; FileHash covers header, KEM ciphertext and the blocks, whose offsets count from the first of them.
 */

import { ChainBreaks, type ChainEnd, type ChainResult, type HashChain } from "@memslice/core-wasm";
import { equalBytes, ownBytes, startsWith } from "../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_TYPE_OFFSET,
  isEndOfCapture,
  PREV_HASH_OFFSET,
} from "../format/block-header.js";
import type { ByteOrder } from "../format/layout/decode.js";
import type { Hasher } from "../hash/hasher.js";

const DIGEST_SIZE = 32;

export interface ChainRules {
  readonly byteOrder?: ByteOrder;
  readonly encrypted?: boolean;
}

export class PortableHashChain implements HashChain {
  readonly #littleEndian: boolean;
  readonly #newHasher: () => Hasher;
  readonly #file: Hasher;
  readonly #header = new Uint8Array(BLOCK_HEADER_SIZE);
  readonly #breaks = new ChainBreaks();
  /** Null in an encrypted capture, which chains nothing. */
  #element: Hasher | null;
  #previousOffset = 0;
  /** Bytes of the current block's header gathered, and of its payload still to come. */
  #gathered = 0;
  #payloadLeft = 0;
  #index = -1;
  #blockOffset = 0;
  #offset: number;
  #walking = true;
  #pendingEoc: { stored: Uint8Array; filled: number; computed: Uint8Array } | null = null;
  #eoc: ChainEnd | null = null;

  /** `header`: what FileHash covers before the blocks. */
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
      at += this.#payloadLeft > 0 ? this.#takePayload(bytes.subarray(at)) : this.#takeHeader(bytes.subarray(at));
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
    const part = bytes.subarray(0, BLOCK_HEADER_SIZE - this.#gathered);
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
    this.#compareLink(ownBytes(header.subarray(PREV_HASH_OFFSET, PREV_HASH_OFFSET + DIGEST_SIZE)));
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
    const part = bytes.subarray(0, this.#payloadLeft);
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
