/** A capture that lies in memory whole: synchronous, and every byte array it returns is a view of the input. */
import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import { MslError } from "../errors.js";
import { PREV_HASH_OFFSET } from "../format/block-header.js";
import type { FileHeader } from "../format/file-header.js";
import type { Deviation } from "../lint/deviation.js";
import { type BlockIndex, indexBytes } from "./block-index.js";
import { BlockInfo } from "./block-info.js";
import { type BlockDecoding, type BlockResult, decodeBlock } from "./decode-block.js";
import { readHeader } from "./read-header.js";
import { reportEnd } from "./report-end.js";

/** A block of a capture in memory. */
export class SliceBlock extends BlockInfo {
  readonly #bytes: Uint8Array;
  readonly #decoding: BlockDecoding;

  constructor(index: BlockIndex, position: number, bytes: Uint8Array, decoding: BlockDecoding) {
    super(index.records, position, index.placeOf(position));
    this.#bytes = bytes;
    this.#decoding = decoding;
  }

  /** PrevHash as stored. */
  get prevHash(): Uint8Array {
    const at = this.offset + PREV_HASH_OFFSET;
    return this.#bytes.subarray(at, at + 32);
  }

  /** The payload as stored: all bytes after the header that the data holds. */
  get stored(): Uint8Array {
    return this.#bytes.subarray(this.payloadOffset, this.payloadOffset + this.payloadLength);
  }

  /** A block that cannot be decoded comes with its problem and raw bytes. */
  decode(): BlockResult {
    return decodeBlock(this, this.stored, this.#decoding);
  }
}

export class MslSliceReader implements Iterable<SliceBlock> {
  readonly header: FileHeader;
  /** Every deviation of the header and of the block stream. */
  readonly deviations: readonly Deviation[];
  readonly index: BlockIndex;
  readonly #bytes: Uint8Array;
  readonly #decoding: BlockDecoding;

  /** Reads the header and walks the block headers. Throws `MslError` as `openCapture` does. */
  constructor(bytes: Uint8Array, options: DecodeOptions = {}) {
    const deviations: Deviation[] = [];
    this.header = readHeader(bytes, deviations, options);
    this.index = indexBytes(bytes, this.header.headerSize);
    reportEnd(this.index.end, this.header, (deviation) => deviations.push(deviation));
    this.deviations = deviations;
    this.#bytes = bytes;
    this.#decoding = { ...decodingOf(options), fromMemslicer: false };
  }

  get length(): number {
    return this.index.length;
  }

  /** Throws `no-such-block` for an index outside the capture. */
  at(position: number): SliceBlock {
    if (!Number.isInteger(position) || position < 0 || position >= this.length) {
      throw new MslError("no-such-block", `There is no block ${position}; the capture has ${this.length}`);
    }
    return new SliceBlock(this.index, position, this.#bytes, this.#decoding);
  }

  *[Symbol.iterator](): Generator<SliceBlock> {
    for (let position = 0; position < this.length; position++) yield this.at(position);
  }
}
