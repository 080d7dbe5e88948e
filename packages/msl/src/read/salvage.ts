/**
 * Walking on after damage: where no block starts, or a BlockLength leads nowhere, the next plausible block header is looked for. Captured
 * memory may hold whole captures, so a header counts only if its length is legal and fits, its reserved bytes are zero, and its BlockUUID
 * is of version 4.
 */
import { type BlockRecords, BlockWalk, type WalkStatus } from "@memslice/core-wasm";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_RESERVED_OFFSET,
  BLOCK_UUID_OFFSET,
  isEndOfCapture,
} from "../format/block-header.js";

/** Bytes between blocks that are no block. */
export interface Gap {
  readonly offset: number;
  readonly length: number;
}

export interface WalkRules {
  readonly salvage: boolean;
  readonly bigEndian: boolean;
}

export class SalvageWalk {
  readonly records: BlockRecords;
  readonly gaps: Gap[] = [];
  /** Blocks whose BlockLength passes the end of the data, and the offset of the block that was found inside them. */
  readonly cuts = new Map<number, number>();
  /** Index of the first block that was found by searching, or null. */
  firstSalvaged: number | null = null;
  status: WalkStatus = "more";
  readonly #dataEnd: number;
  readonly #enabled: boolean;
  readonly bigEndian: boolean;
  #walk: BlockWalk;
  #examined = 0;
  #ended = false;

  constructor(records: BlockRecords, firstBlock: number, dataEnd: number, { salvage, bigEndian }: WalkRules) {
    this.records = records;
    this.bigEndian = bigEndian;
    this.#walk = new BlockWalk(records, firstBlock, { bigEndian });
    this.#dataEnd = dataEnd;
    this.#enabled = salvage;
  }

  /** Offset of the next block header expected. */
  get next(): number {
    return this.#walk.next;
  }

  /** Whether more bytes can be walked. */
  get walking(): boolean {
    return this.status === "more" && this.next + BLOCK_HEADER_SIZE <= this.#dataEnd;
  }

  walk(bytes: Uint8Array, offset: number): void {
    this.status = this.#walk.walk(bytes, offset);
  }

  /** Where to look for the next header after the walk came to an end; null if that end is the capture's, or salvage is off. */
  get searchFrom(): number | null {
    if (!this.#enabled || this.walking || this.#hasEndOfCapture()) return null;
    if (this.status !== "more") return this.next + 1;
    const last = this.records.count - 1;
    return this.next > this.#dataEnd && last >= 0 ? this.records.offset(last) + BLOCK_HEADER_SIZE : null;
  }

  /** Goes on with the header found at `offset`. */
  resume(offset: number): void {
    if (this.next > this.#dataEnd) this.cuts.set(this.records.count - 1, offset);
    else this.gaps.push({ offset: this.next, length: offset - this.next });
    this.firstSalvaged ??= this.records.count;
    this.#walk = new BlockWalk(this.records, offset, { bigEndian: this.bigEndian });
    this.status = "more";
  }

  /** Looks at each block once, however often the walk goes on. */
  #hasEndOfCapture(): boolean {
    const { records } = this;
    for (; this.#examined < records.count && !this.#ended; this.#examined++) {
      const complete = records.offset(this.#examined) + records.length(this.#examined) <= this.#dataEnd;
      this.#ended = complete && isEndOfCapture(records.type(this.#examined), records.length(this.#examined));
    }
    return this.#ended;
  }
}

/** The offset in the file of the first plausible block header in `bytes`, which lie at `offset`; -1 without one. */
export function findBlockHeader(bytes: Uint8Array, offset: number, dataEnd: number, bigEndian: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const last = bytes.length - BLOCK_HEADER_SIZE;
  for (let at = bytes.indexOf(FIRST_MAGIC_BYTE); at >= 0 && at <= last; at = bytes.indexOf(FIRST_MAGIC_BYTE, at + 1)) {
    if (isPlausible(bytes, view, at, dataEnd - offset, bigEndian)) return offset + at;
  }
  return -1;
}

const FIRST_MAGIC_BYTE = BLOCK_MAGIC[0] ?? 0;
const UUID_VERSION_BYTE = 6;

function isPlausible(bytes: Uint8Array, view: DataView, at: number, end: number, bigEndian: boolean): boolean {
  if (BLOCK_MAGIC.some((byte, i) => bytes[at + i] !== byte)) return false;
  const length = view.getUint32(at + BLOCK_LENGTH_OFFSET, !bigEndian);
  if (length < BLOCK_HEADER_SIZE || length > end - at) return false;
  if (view.getUint16(at + BLOCK_RESERVED_OFFSET, true) !== 0) return false;
  return (bytes[at + BLOCK_UUID_OFFSET + UUID_VERSION_BYTE] ?? 0) >> 4 === 4;
}
