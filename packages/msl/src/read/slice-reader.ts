/** Reads a capture in memory synchronously. The byte arrays that it returns are views of the input. */
import { BlockRecords } from "@memslice/core-wasm";
import { ByteViews } from "../bytes.js";
import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import { type Deviation, shownDeviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import { BlockInfo, PREV_HASH_BYTES, PREV_HASH_OFFSET } from "../format/block-header.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import { type Dialect, mayPadPayloads } from "../format/dialects/dialects.js";
import { countOfEvidence, type Evidence, peekedBlocks } from "../format/dialects/evidence.js";
import {
  type FileHeader,
  headerJson,
  readHeader,
  refuseEncrypted,
  refuseStrictly,
  requireBlocksInOrder,
} from "../format/file-header.js";
import { LISTED, Shown } from "../json/shown.js";
import { flag, tableOf } from "../options/checks.js";
import { DECODING } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import { runAtOnce } from "../sliced-work.js";
import { bytesOf, described, isUint8Array } from "../tags.js";
import { BlockIndex, blocksOfWriter, type IndexOptions, salvageHashing } from "./block-index.js";
import { type BlockDecoding, type BlockResult, blockDecoding, decodeBlock } from "./decode-block.js";
import { reportEnd, reportStructure, type StreamEnd, structureIn } from "./report-structure.js";
import { runOnBytes } from "./salvage/moving-window.js";
import { salvageDeviations } from "./salvage/salvage-deviations.js";
import { salvage } from "./salvage/salvage-search.js";
import { type Gap, WalkedBlocks } from "./walked-blocks.js";

/** The prototype of all iterators, which makes them iterable. */
const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));

/** A block of a capture in memory. */
export class SliceBlock extends BlockInfo {
  readonly #views: ByteViews;
  readonly #decoding: BlockDecoding;

  constructor(index: BlockIndex, position: number, views: ByteViews, decoding: BlockDecoding) {
    super(index.records, position, index.placeOf(position));
    this.#views = views;
    this.#decoding = decoding;
  }

  /** PrevHash as stored: 32 bytes, a view of the input. */
  prevHash(): Uint8Array {
    const at = this.offset + PREV_HASH_OFFSET;
    return this.#views.view(at, at + PREV_HASH_BYTES);
  }

  /** The payload as stored: all bytes behind the header, as far as the data has them. */
  get stored(): Uint8Array {
    return this.#views.view(this.payloadOffset, this.payloadOffset + this.payloadLength);
  }

  /** The result for a block that cannot be decoded has a problem and the raw bytes. */
  decode(): BlockResult {
    return decodeBlock(this, this.#views, this.payloadOffset, this.#decoding);
  }
}

/** Options of `MslSliceReader`. */
export interface SliceOptions extends DecodeOptions {
  /** After damage, searches for the next plausible block and continues there. Such blocks are marked as salvaged. Default: stops at damage. */
  readonly salvage?: boolean;
}

export const SLICE_READER = tableOf<SliceOptions>("MslSliceReader")({ ...DECODING, salvage: flag });

/** Reads a capture in memory synchronously. The byte arrays that it returns are views of the input. */
export class MslSliceReader extends Shown implements Iterable<SliceBlock> {
  readonly header: FileHeader;
  /** Every deviation of the header and of the block stream. */
  readonly deviations: readonly Deviation[];
  /** The program that wrote the capture, as a known set of deviations from the specification. */
  readonly dialect: Dialect;
  readonly #index: BlockIndex;
  readonly #views: ByteViews;
  readonly #decoding: BlockDecoding;

  /** Reads the header and walks the block headers. Throws `MslError` as `openCapture` does, and `encrypted`. */
  constructor(input: Uint8Array, options: SliceOptions = {}) {
    super();
    requireOptions(SLICE_READER, options);
    requireCore();
    const bytes = isUint8Array(input) ? bytesOf(input) : undefined;
    if (!bytes) {
      const message = `A capture in memory cannot be read from ${described(input)}, expected a Uint8Array; openCapture takes paths, URLs, Blobs and Sources`;
      throw new MslError("usage", message);
    }
    const ofHeader: Deviation[] = [];
    this.header = readHeader(bytes, ofHeader, options);
    const deviations = ofHeader.map(shownDeviation);
    refuseEncrypted(this.header);
    const { headerSize, byteOrder } = this.header;
    const hashing = salvageHashing(this.header, [bytes.subarray(0, headerSize)]);
    this.#index = indexBytes(bytes, headerSize, { ...options, byteOrder, hashing });
    requireBlocksInOrder(this.header, this.#index.length);
    deviations.push(...this.#index.salvageDeviations);
    reportEnd(this.#index.end, this.header, (deviation) => deviations.push(deviation));
    reportStructure(runAtOnce(structureIn(this.#index)), this.header, (deviation) => deviations.push(deviation));
    this.#views = new ByteViews(bytes);
    if (options.strict) refuseStrictly(deviations, "damaged-block");
    this.deviations = deviations;
    const { dialect, authorship } = runAtOnce(authorshipOf(this.#evidence()));
    this.dialect = dialect;
    this.#decoding = blockDecoding(decodingOf(options), { authorship, byteOrder, mayPad: mayPadPayloads(this.header) });
  }

  /** How the walk over the block headers ended, and at which offsets. */
  get end(): StreamEnd {
    return this.#index.end;
  }

  /** Ranges of bytes between blocks that belong to no block, in file order. The search of the option `salvage` skipped them. */
  get gaps(): readonly Gap[] {
    return this.#index.gaps;
  }

  /** Number of blocks, an appendix behind End-of-Capture included. */
  get length(): number {
    return this.#index.length;
  }

  /** A summary of header and blocks, with at most 1,000 deviations. */
  override toJSON() {
    const { deviations, dialect, end, header } = this;
    return {
      header: headerJson(header),
      dialect,
      blocks: end.blocks,
      end,
      deviations: deviations.slice(0, LISTED),
      deviationCount: deviations.length,
    };
  }

  /** Throws `no-such-block` for an index outside the capture. */
  at(position: number): SliceBlock {
    if (!Number.isInteger(position) || position < 0 || position >= this.length) {
      throw new MslError("no-such-block", `There is no block ${position}; the capture has ${this.length}`);
    }
    return new SliceBlock(this.#index, position, this.#views, this.#decoding);
  }

  /** The blocks in file order. */
  [Symbol.iterator](): IterableIterator<SliceBlock> {
    let position = 0;
    // Half the time of a generator.
    const next = (): IteratorResult<SliceBlock> =>
      position < this.length ? { done: false, value: this.at(position++) } : { done: true, value: undefined };
    return Object.assign(Object.create(ITERATOR), { next });
  }

  #evidence(): Evidence {
    const { records, eocIndex } = blocksOfWriter(this.#index);
    const peeked = new Map<number, Uint8Array>();
    for (const [index, bytes] of runAtOnce(peekedBlocks(this.header, records, eocIndex))) {
      const offset = records.offset(index);
      peeked.set(index, this.#views.view(offset, offset + bytes));
    }
    const headerBytes = this.#views.view(0, this.header.headerSize);
    return { header: this.header, headerBytes, records, eocIndex, count: countOfEvidence(records, eocIndex), peeked };
  }
}

/** Indexes bytes in memory. */
export function indexBytes(bytes: Uint8Array, firstBlock: number, options: IndexOptions): BlockIndex {
  const walked = new WalkedBlocks(new BlockRecords(), firstBlock, bytes.length, options.byteOrder === "big");
  walked.walk(bytes, 0);
  let deviations: readonly Deviation[] = [];
  if (options.salvage) {
    runOnBytes(salvage(walked, options.hashing, { blockLimit: Number.POSITIVE_INFINITY }), bytes);
    deviations = runAtOnce(salvageDeviations(walked));
  }
  return new BlockIndex(walked, options.strict ?? false, deviations);
}
