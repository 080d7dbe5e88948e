/** Which kinds of blocks pass by while a capture is hashed: up to End-of-Capture, and behind it. Nothing is kept of a block but its type. */
import { startsWith } from "../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_MAGIC,
  BLOCK_TYPE_OFFSET,
  isEndOfCapture,
} from "../format/block-header.js";
import { BLOCK_TYPE, codeName, isAppendixType } from "../format/codes.js";
import type { ByteOrder } from "../format/layout/decode.js";

/** Blocks of one type behind End-of-Capture: not part of the capture, and covered by no hash that its End-of-Capture holds. */
export interface AppendedBlocks {
  readonly type: number;
  readonly typeName: string;
  readonly count: number;
}

export class BlockCensus {
  /** Types of the blocks up to End-of-Capture. */
  readonly present = new Set<number>();
  readonly #appended = new Map<number, number>();
  readonly #header = new Uint8Array(BLOCK_HEADER_SIZE);
  readonly #bigEndian: boolean;
  /** Where the next header starts, and how many of its bytes are in `#header`. */
  #next: number;
  #gathered = 0;
  #walking = true;
  /** Whether the last block is End-of-Capture, which is complete once another header follows. */
  #endsHere = false;
  #ended = false;
  #blocks = 0;

  constructor(firstBlock: number, byteOrder: ByteOrder) {
    this.#next = firstBlock;
    this.#bigEndian = byteOrder === "big";
  }

  /** File offset of the next bytes that matter. */
  get next(): number {
    return this.#next + this.#gathered;
  }

  /** Headers met so far. */
  get blocks(): number {
    return this.#blocks;
  }

  get walking(): boolean {
    return this.#walking;
  }

  /** The blocks behind End-of-Capture, by type, in the order in which the types were met. */
  get appended(): readonly AppendedBlocks[] {
    return [...this.#appended].map(([type, count]) => ({ type, typeName: codeName(BLOCK_TYPE, type), count }));
  }

  /** Takes bytes that lie at `offset` and do not begin behind `next`. */
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

/** What a report says about the blocks of a capture. */
interface Counted {
  readonly appended: readonly AppendedBlocks[];
  readonly blocks: number;
  readonly eocIndex: number | null;
}

/** Whether a block behind End-of-Capture is of no type that the specification reserves for what analysis tools append. */
export function hasForeignAppendix({ appended, blocks, eocIndex }: Counted): boolean {
  if (eocIndex === null) return false;
  const known = appended.filter(({ type }) => isAppendixType(type)).reduce((sum, { count }) => sum + count, 0);
  return known !== blocks - eocIndex - 1;
}
