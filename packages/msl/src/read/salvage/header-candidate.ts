/** A place where a block header may be, and the search for such places. */
import { startsWith } from "../../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_RESERVED_OFFSET,
  BLOCK_TYPE_OFFSET,
  BLOCK_UUID_OFFSET,
  PREV_HASH_OFFSET,
} from "../../format/block-header.js";
import { FILE_MAGIC, headerOffset } from "../../format/file-header.js";

const DIGEST_BYTES = 32;
/** Sizes of the file header of plain and of encrypted captures (specification, file header). */
const FILE_HEADER_SIZES = [64, 128];
const UUID_VERSION_BYTE = 6;
const HEADER_SIZE_OFFSET = headerOffset("headerSize");
const FIRST_MAGIC_BYTE = BLOCK_MAGIC[0] ?? 0;

export class HeaderCandidate {
  /** Offset of the magic in the file. */
  readonly offset: number;
  /** BlockLength. */
  readonly length: number;
  readonly type: number;
  /** The 80 bytes of the header, a copy. */
  readonly bytes: Uint8Array;
  readonly #reserved: number;

  constructor(offset: number, bytes: Uint8Array, bigEndian: boolean) {
    const header = new Uint8Array(bytes.subarray(0, BLOCK_HEADER_SIZE));
    const view = new DataView(header.buffer);
    this.offset = offset;
    this.bytes = header;
    this.length = view.getUint32(BLOCK_LENGTH_OFFSET, !bigEndian);
    this.type = view.getUint16(BLOCK_TYPE_OFFSET, !bigEndian);
    this.#reserved = view.getUint16(BLOCK_RESERVED_OFFSET, true);
  }

  /** Where the next block begins. */
  get end(): number {
    return this.offset + this.length;
  }

  get prevHash(): Uint8Array {
    return this.bytes.subarray(PREV_HASH_OFFSET, PREV_HASH_OFFSET + DIGEST_BYTES);
  }

  get hasMagic(): boolean {
    return startsWith(this.bytes, BLOCK_MAGIC);
  }

  /** Whether a walk from block to block would accept the header. */
  get isWalkable(): boolean {
    return this.hasMagic && this.length >= BLOCK_HEADER_SIZE;
  }

  /** Whether all fields but the magic may be those of a block (specification, truncation and damage). */
  fits(dataEnd: number): boolean {
    return (
      this.length >= BLOCK_HEADER_SIZE &&
      this.end <= dataEnd &&
      this.#reserved === 0 &&
      (this.bytes[BLOCK_UUID_OFFSET + UUID_VERSION_BYTE] ?? 0) >> 4 === 4
    );
  }

  /** The header with the right magic and with this BlockLength, which is below 2^32: the original header if nothing else was altered. */
  mended(length: number, bigEndian: boolean): Uint8Array {
    const header = this.bytes.slice();
    header.set(BLOCK_MAGIC);
    new DataView(header.buffer).setUint32(BLOCK_LENGTH_OFFSET, length, !bigEndian);
    return header;
  }
}

/** The first place from `from` on and before `to` where `bytes` have the magic of a block and a whole header; -1 if there is none. */
export function findMagic(bytes: Uint8Array, from: number, to: number): number {
  const last = Math.min(to - 1, bytes.length - BLOCK_HEADER_SIZE);
  for (let at = bytes.indexOf(FIRST_MAGIC_BYTE, from); at >= 0 && at <= last; at = bytes.indexOf(FIRST_MAGIC_BYTE, at + 1)) {
    if (startsWith(bytes, BLOCK_MAGIC, at)) return at;
  }
  return -1;
}

/** The file header at the end of the bytes before a block; undefined if there is none. */
export function fileHeaderAtEnd(before: Uint8Array): Uint8Array | undefined {
  for (const size of FILE_HEADER_SIZES) {
    const header = before.subarray(Math.max(0, before.length - size));
    if (header[HEADER_SIZE_OFFSET] === size && startsWith(header, FILE_MAGIC)) return header;
  }
  return undefined;
}
