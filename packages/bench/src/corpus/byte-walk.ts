/**
 * Walks over the bytes of a capture as they are written, and records the positions and hashes of its blocks. Shares only BLAKE3 with
 * the library, so that the values expected of a reader are independent of our reader.
 */
import { BLOCK_HEADER_BYTES } from "../captures/specimen.js";
import { END_OF_CAPTURE } from "./block-types.js";
import { blake3Digesting, type Digesting, digesting, hexOf } from "./hashes.js";

const PLAIN_HEADER_BYTES = 64;
const BLOCK_MAGIC = 0x434c534d;
const DIGEST_BYTES = 32;

export interface WalkedBlock {
  /** Counted from the first byte of the walk; in an encrypted capture, from the end of `opening`. */
  readonly offset: number;
  /** BlockLength, even if fewer bytes follow. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly payloadVersion: number;
  readonly uuid: string;
  readonly parentUuid: string;
  readonly prevHash: string;
  /** The hash of the preceding header or block, which PrevHash should equal. */
  readonly previous: string;
  /** The stored payload; undefined if it is truncated. */
  readonly stored: { readonly length: number; readonly blake3: string } | undefined;
  readonly afterEnd: boolean;
}

export interface Walk {
  readonly size: number;
  readonly fileBlake3: string;
  readonly blocks: readonly WalkedBlock[];
  /** Number of bytes after the last block. */
  readonly trailingBytes: number;
  /** The stored and the expected FileHash of the first complete End-of-Capture. */
  readonly end: { readonly index: number; readonly stored: string; readonly expected: string } | undefined;
}

type BlockUnderWay = Omit<WalkedBlock, "stored"> & { left: number; readonly payload: Digesting; lead: Uint8Array };

export class ByteWalk {
  readonly #opening: number;
  readonly #origin: number;
  readonly #file: Digesting;
  /** BLAKE3 of the file; the same object as `#file` if FileHash is BLAKE3. */
  readonly #fileBlake3: Digesting;
  readonly #hashAlgo: number;
  #element: Digesting;
  #place = 0;
  #head: Uint8Array;
  #headFilled = 0;
  #previous = "";
  readonly #blocks: WalkedBlock[] = [];
  #underWay: BlockUnderWay | undefined;
  #fileHash: string | undefined;
  #end: Walk["end"];
  #trailing = 0;
  #lost = false;

  /** `opening`: number of bytes before the first block. `fromOpening`: count offsets from the first block, as in an encrypted capture. */
  constructor(hashAlgo: number, opening = PLAIN_HEADER_BYTES, fromOpening = false) {
    this.#hashAlgo = hashAlgo;
    this.#opening = opening;
    this.#origin = fromOpening ? opening : 0;
    this.#file = digesting(hashAlgo);
    this.#fileBlake3 = hashAlgo === 0 ? this.#file : blake3Digesting();
    this.#element = digesting(hashAlgo);
    this.#head = new Uint8Array(opening);
  }

  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = this.#next(bytes.subarray(at));
      at += part.length;
      this.#place += part.length;
    }
  }

  /** Ends the walk; no bytes follow. */
  finish(): Walk {
    const opened = this.#place >= this.#opening;
    if (this.#underWay) this.#close(this.#underWay, true);
    else if (!this.#lost && opened) this.#trailing += this.#headFilled;
    if (this.#headFilled > 0) this.#hash(this.#head.subarray(0, this.#headFilled));
    const fileBlake3 = this.#fileBlake3.digest();
    for (const state of new Set([this.#file, this.#fileBlake3, this.#element])) state.release();
    return { size: this.#place, fileBlake3, blocks: this.#blocks, trailingBytes: this.#trailing, end: this.#end };
  }

  /** Processes the first part of `bytes` that belongs to one header or payload, and returns that part. */
  #next(bytes: Uint8Array): Uint8Array {
    if (this.#lost) {
      this.#trailing += bytes.length;
      this.#hash(bytes);
      return bytes;
    }
    if (this.#underWay) return this.#payload(this.#underWay, bytes);
    const part = bytes.subarray(0, this.#head.length - this.#headFilled);
    this.#head.set(part, this.#headFilled);
    this.#headFilled += part.length;
    if (this.#headFilled === this.#head.length) this.#headComplete(this.#place + part.length);
    return part;
  }

  #headComplete(end: number): void {
    const head = this.#head;
    const isBlock = end > this.#opening;
    this.#head = new Uint8Array(BLOCK_HEADER_BYTES);
    this.#headFilled = 0;
    const view = new DataView(head.buffer);
    if (isBlock && (view.getUint32(0, true) !== BLOCK_MAGIC || view.getUint32(8, true) < BLOCK_HEADER_BYTES)) {
      this.#lost = true;
      this.#trailing = head.length;
      this.#hash(head);
      return;
    }
    const type = isBlock ? view.getUint16(4, true) : undefined;
    if (type === END_OF_CAPTURE) this.#fileHash ??= this.#file.digest();
    this.#previous = this.#element.digest();
    if (isBlock) this.#renewElement();
    this.#hash(head);
    if (isBlock) this.#begin(view, end - BLOCK_HEADER_BYTES);
  }

  #begin(view: DataView, offset: number): void {
    const bytes = (at: number, length: number) => new Uint8Array(view.buffer, at, length);
    const length = view.getUint32(8, true);
    const block: BlockUnderWay = {
      offset: offset - this.#origin,
      length,
      type: view.getUint16(4, true),
      flags: view.getUint16(6, true),
      payloadVersion: view.getUint16(12, true),
      uuid: uuidText(bytes(16, 16)),
      parentUuid: uuidText(bytes(32, 16)),
      prevHash: hexOf(bytes(48, DIGEST_BYTES)),
      previous: this.#previous,
      afterEnd: this.#end !== undefined,
      left: length - BLOCK_HEADER_BYTES,
      payload: blake3Digesting(),
      lead: new Uint8Array(0),
    };
    this.#underWay = block;
    if (block.left === 0) this.#close(block, false);
  }

  #payload(block: BlockUnderWay, bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, block.left);
    if (block.lead.length < DIGEST_BYTES) {
      block.lead = Uint8Array.from([...block.lead, ...part.subarray(0, DIGEST_BYTES - block.lead.length)]);
    }
    block.payload.update(part);
    this.#hash(part);
    block.left -= part.length;
    if (block.left === 0) this.#close(block, false);
    return part;
  }

  #close({ left, payload, lead, ...block }: BlockUnderWay, truncated: boolean): void {
    const stored = truncated ? undefined : { length: block.length - BLOCK_HEADER_BYTES, blake3: payload.digest() };
    payload.release();
    this.#underWay = undefined;
    if (block.type === END_OF_CAPTURE && stored && !this.#end) {
      this.#end = { index: this.#blocks.length, stored: hexOf(lead), expected: this.#fileHash ?? "" };
    }
    this.#blocks.push({ ...block, stored });
  }

  #hash(bytes: Uint8Array): void {
    this.#file.update(bytes);
    if (this.#fileBlake3 !== this.#file) this.#fileBlake3.update(bytes);
    this.#element.update(bytes);
  }

  #renewElement(): void {
    this.#element.release();
    this.#element = digesting(this.#hashAlgo);
  }
}

/** Walks over a capture that is in memory. */
export function walkOver(bytes: Uint8Array, hashAlgo: number, opening?: number, fromOpening?: boolean): Walk {
  const walk = new ByteWalk(hashAlgo, opening, fromOpening);
  walk.update(bytes);
  return walk.finish();
}

function uuidText(bytes: Uint8Array): string {
  const hex = hexOf(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
