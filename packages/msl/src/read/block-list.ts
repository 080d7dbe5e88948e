import type { PayloadAhead } from "../codec/decoding-ahead.js";
import { MslError } from "../errors.js";
import { BlockType } from "../format/codes.js";
import { uuidText } from "../format/layout/uuid-text.js";
import { LISTED, Shown } from "../json/shown.js";
import type { BlockIndex } from "./block-index.js";
import type { CaptureBlock } from "./capture-block.js";

/** The blocks of a capture, also those behind End-of-Capture. The object of a block is made when it is asked for. */
export class BlockList extends Shown implements Iterable<CaptureBlock> {
  readonly #index: BlockIndex;
  readonly #make: (position: number) => CaptureBlock;

  constructor(index: BlockIndex, make: (position: number) => CaptureBlock) {
    super();
    this.#index = index;
    this.#make = make;
  }

  get length(): number {
    return this.#index.length;
  }

  /** The number of blocks, and the headers of the first 1,000. */
  override toJSON() {
    const first = Array.from({ length: Math.min(this.length, LISTED) }, (_, position) => this.#make(position));
    return { count: this.length, first };
  }

  /** Throws `no-such-block` for an index outside the capture. */
  at(position: number): CaptureBlock {
    if (!Number.isInteger(position) || position < 0 || position >= this.length) {
      throw new MslError("no-such-block", `There is no block ${position}; the capture has ${this.length}`);
    }
    return this.#make(position);
  }

  /** BlockUUID of a block as canonical text, without an object for the block. */
  uuidAt(position: number): string {
    return uuidText(this.#index.records.uuidBytes(position));
  }

  *[Symbol.iterator](): Generator<CaptureBlock> {
    for (let position = 0; position < this.length; position++) yield this.#make(position);
  }

  /** The blocks of one type, in file order. */
  *ofType(type: number): Generator<CaptureBlock> {
    const { records } = this.#index;
    const next = (from: number) => records.indexOfType(type, from);
    for (let position = next(0); position >= 0 && position < this.length; position = next(position + 1))
      yield this.#make(position);
  }
}

/** The most uncompressed regions that are passed over to find a compressed region. */
const PLAIN_REGIONS = 64;

/** The next compressed region in the file behind the block with the index `behind`; undefined if it is too far away, or there is none. */
export function regionAhead({ records }: BlockIndex, blocks: BlockList, behind: number): PayloadAhead | undefined {
  let position = behind;
  for (let passed = 0; passed <= PLAIN_REGIONS; passed++) {
    position = records.indexOfType(BlockType.MemoryRegion, position + 1);
    if (position < 0 || position >= blocks.length) return undefined;
    const block = blocks.at(position);
    const { compression } = block;
    if (block.truncated || block.afterEoc) return undefined;
    if (compression !== "none") return { position, compression, stored: block.stored() };
  }
  return undefined;
}
