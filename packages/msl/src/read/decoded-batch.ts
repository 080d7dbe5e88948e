/** Batches of decoded blocks, which both `decodeAll` give. */
import type { BlockInfo } from "../format/block-header.js";
import type { CaptureBlock } from "./capture-block.js";
import type { BlockResult } from "./decode-block.js";

/** A block, and its payload as `decode` of the block gives it. */
export interface DecodedBlock<Block extends BlockInfo = CaptureBlock> {
  readonly block: Block;
  readonly result: BlockResult;
}

/**
 * A `DecodedBlock` made by a constructor. V8 counts which object and array literals survive; if marking of the old generation is under way while the first
 * blocks are decoded, all of them do. It then makes further ones in the old generation, where each keeps alive what it refers to until the next marking has
 * ended: reading takes twice the time.
 */
class Entry<Block extends BlockInfo> implements DecodedBlock<Block> {
  readonly block: Block;
  readonly result: BlockResult;

  static {
    // Users see plain objects.
    Reflect.deleteProperty(Entry.prototype, "constructor");
  }

  constructor(block: Block, result: BlockResult) {
    this.block = block;
    this.result = result;
  }
}

/** A batch ends with the payload that reaches this number of bytes, or with this number of blocks. The objects of a longer batch would grow old before the caller sees them. */
const BATCH_BYTES = 512 * 1024;
const BATCH_BLOCKS = 128;

/** Gathers blocks until they are a batch. */
export class GatheredBatch<Block extends BlockInfo> {
  /** The same array for all batches, of which callers get copies: V8 does not count the survivors among these. */
  readonly #blocks: DecodedBlock<Block>[] = [];
  #bytes = 0;

  add(block: Block, result: BlockResult): void {
    this.#blocks.push(new Entry(block, result));
    this.#bytes += result.raw.length;
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  get isFull(): boolean {
    return this.#blocks.length >= BATCH_BLOCKS || this.#bytes >= BATCH_BYTES;
  }

  /** The blocks so far; the next ones are another batch. */
  take(): readonly DecodedBlock<Block>[] {
    const batch = this.#blocks.slice();
    this.#blocks.length = 0;
    this.#bytes = 0;
    return batch;
  }
}
