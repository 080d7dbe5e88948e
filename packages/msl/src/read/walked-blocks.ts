/** The blocks of an index: found by the walk from header to header, or by the search behind damage. */
import { type BlockRecords, BlockWalk, type WalkStatus } from "@memslice/core-wasm";
import type { SalvageEvidence } from "../format/block-header.js";
import { BLOCK_HEADER_SIZE, isEndOfCapture } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import type { HeaderCandidate } from "./salvage/runs-to-end.js";

/** Bytes between two blocks that belong to no block. */
export interface Gap {
  readonly offset: number;
  readonly length: number;
}

export interface SalvagedBlock {
  readonly header: HeaderCandidate;
  readonly evidence: SalvageEvidence;
  /** Whether this is an End-of-Capture with the right FileHash. */
  readonly endsCapture: boolean;
}

export interface DamagePlace {
  /** Where a block should begin and does not, or the offset of the block whose BlockLength passes the end of the data. */
  readonly offset: number;
  /** Offset of the last block before the damage; null if there is none. */
  readonly lastBlock: number | null;
  /** Type of the block at `offset` if its BlockLength passes the end of the data; null for other damage. */
  readonly truncatedType: number | null;
}

export class WalkedBlocks {
  readonly records: BlockRecords;
  readonly dataEnd: number;
  readonly bigEndian: boolean;
  readonly gaps: Gap[] = [];
  /** The block whose BlockLength passes the end of the data although blocks were found inside it: its index, and the offset of the first block inside. */
  cut: { readonly index: number; readonly end: number } | null = null;
  /** The evidence for each salvaged block: entry i is for block `intact` + i. */
  readonly evidence: SalvageEvidence[] = [];
  /** Index of the first complete End-of-Capture. A salvaged one counts only if its FileHash is right, because captured memory may look like one. */
  eocIndex: number | null = null;
  /** The number of blocks before the first salvaged block. */
  intact = 0;
  /** Why the walk ended. */
  status: WalkStatus = "more";
  readonly #walk: BlockWalk;
  #next: number;
  /** Index of the last block whose BlockLength passes the end of the data. */
  #lastPassing: number | null = null;

  constructor(records: BlockRecords, firstBlock: number, dataEnd: number, bigEndian: boolean) {
    this.records = records;
    this.bigEndian = bigEndian;
    this.#walk = new BlockWalk(records, firstBlock, { bigEndian });
    this.dataEnd = dataEnd;
    this.#next = firstBlock;
  }

  /** Where the next block header is expected: behind all blocks found so far. */
  get next(): number {
    return this.#next;
  }

  /** Whether more bytes can be walked. */
  get walking(): boolean {
    return this.status === "more" && this.#next + BLOCK_HEADER_SIZE <= this.dataEnd;
  }

  /** Index of the last block, if its BlockLength passes the end of the data and no block was found inside it; or null. */
  get truncatedBlock(): number | null {
    return this.#next > this.dataEnd && this.#lastPassing !== this.cut?.index ? this.#lastPassing : null;
  }

  /** Walks the block headers in `bytes`, which lie at the file offset `offset`. */
  walk(bytes: Uint8Array, offset: number): void {
    this.status = this.#walk.walk(bytes, offset);
    this.#next = this.#walk.next;
    if (this.#next > this.dataEnd) this.#lastPassing = this.records.count - 1;
    this.#noteEndOfCapture(this.intact);
    this.intact = this.records.count;
  }

  /** Where the walk ended because of damage; null if it ended at the end of the capture. */
  damage(): DamagePlace | null {
    const { records } = this;
    const last = records.count - 1;
    const offsetOf = (index: number) => (index < 0 ? null : records.offset(index));
    if (this.walking || this.eocIndex !== null) return null;
    if (this.status !== "more") return { offset: this.#next, lastBlock: offsetOf(last), truncatedType: null };
    if (this.#next <= this.dataEnd || last < 0) return null;
    return { offset: records.offset(last), lastBlock: offsetOf(last - 1), truncatedType: records.type(last) };
  }

  /** Adds a salvaged block, which lies behind all blocks so far. */
  add({ header, evidence, endsCapture }: SalvagedBlock): void {
    const { offset, end, bytes } = header;
    if (this.evidence.length === 0 && this.#next > this.dataEnd) {
      this.cut = { index: this.records.count - 1, end: offset };
      this.#next = offset;
    }
    if (offset > this.#next) this.gaps.push({ offset: this.#next, length: offset - this.#next });
    if (endsCapture) this.eocIndex = this.records.count;
    if (end > this.dataEnd) this.#lastPassing = this.records.count;
    new BlockWalk(this.records, offset, { bigEndian: this.bigEndian }).walk(bytes, offset);
    this.evidence.push(evidence);
    this.#next = Math.max(this.#next, end);
    this.status = this.#next + BLOCK_HEADER_SIZE <= this.dataEnd ? "lost-framing" : "more";
  }

  /** Sets `eocIndex` to the first complete End-of-Capture from index `from` on, if it is not set yet. */
  #noteEndOfCapture(from: number): void {
    const { records, dataEnd } = this;
    const next = (index: number) => records.indexOfType(BlockType.EndOfCapture, index);
    for (let i = next(from); this.eocIndex === null && i >= 0; i = next(i + 1)) {
      const isComplete = records.offset(i) + records.length(i) <= dataEnd;
      if (isComplete && isEndOfCapture(records.type(i), records.length(i))) this.eocIndex = i;
    }
  }
}
