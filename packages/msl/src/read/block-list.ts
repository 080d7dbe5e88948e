/** The blocks of a capture: one by one, or all of them decoded in order. */
import type { PayloadAhead } from "../codec/decoding-ahead.js";
import { MslError, throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { BlockType, compressionOf } from "../format/codes.js";
import { uuidText } from "../format/layout/uuid-text.js";
import { LISTED, Shown } from "../json/shown.js";
import { untilAborted } from "../source/cancellable-work.js";
import { BytesSource, readInto, type Source } from "../source/source.js";
import { TimeSlice } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import type { CaptureBlock } from "./capture-block.js";
import { type DecodedBlock, GatheredBatch } from "./decoded-batch.js";

/** The blocks of a capture, also those behind End-of-Capture. The object of a block is made when it is asked for. */
export class BlockList extends Shown implements Iterable<CaptureBlock> {
  readonly #index: BlockIndex;
  readonly #make: (position: number) => CaptureBlock;

  constructor(index: BlockIndex, make: (position: number) => CaptureBlock) {
    super();
    this.#index = index;
    this.#make = make;
  }

  /** The number of blocks. */
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
    return this.readUuid(position, uuidText);
  }

  /** BlockLength of a block, without an object for the block. */
  lengthAt(position: number): number {
    return this.#index.records.length(position);
  }

  /** Passes BlockUUID of a block to `read`: bytes that are not to be written to, and where the 16 bytes of the UUID begin in them. */
  readUuid<T>(position: number, read: (bytes: Uint8Array, at: number) => T): T {
    return this.#index.records.readUuid(position, read);
  }

  /** The blocks in file order. */
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

/** Options of `MslReader.decodeAll`: which blocks to decode. */
export interface DecodeRange {
  /** The index of the first block. Default 0. */
  readonly from?: number;
  /** The index behind the last block. Default: the number of blocks. */
  readonly to?: number;
}

/** Options of `Capture.decodeAll`: which blocks to decode. */
export interface DecodeAllOptions extends DecodeRange {
  /** Stops reading; the next batch then throws `aborted`. */
  readonly signal?: AbortSignal;
}

/** The most bytes of a window, which is read at once for all payloads in it. */
const WINDOW_BYTES = 512 * 1024;
/** Longer payloads are read alone. */
const LONGEST_IN_WINDOW = 64 * 1024;
/** The most bytes between two payloads of a window. */
const LONGEST_GAP = 4096;
/** Units of work of a small payload. */
const UNITS_PER_BLOCK = 2;

export interface InOrder extends DecodeAllOptions {
  readonly index: BlockIndex;
  readonly blocks: BlockList;
  readonly source: Source;
  /** The limit on the stored bytes of a payload. */
  readonly payloadLimit: number;
}

/** The blocks `[from, to)`, whose payloads are decoded from one window, or a single block that is decoded alone. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  /** The bytes from `start` on; undefined for a block that is decoded alone, and if the window cannot be read. */
  readonly window: Promise<Uint8Array | undefined> | undefined;
}

/** Decodes the blocks in order, in batches. While the payloads of one window are decoded, the next window is read. Throws as `CaptureBlock.decode` does. */
export async function* decodeInOrder(given: InOrder): AsyncGenerator<readonly DecodedBlock[], void, undefined> {
  const { blocks, signal } = given;
  const slice = new TimeSlice(signal);
  const runs = runsOf(given);
  const batch = new GatheredBatch<CaptureBlock>();
  throwIfAborted(signal);
  try {
    for (let run = runs.next().value, ahead: typeof run; run; run = ahead) {
      // Reads the next window meanwhile.
      ahead = runs.next().value;
      const window = await run.window;
      for (let position = run.from; position < run.to; position++) {
        throwIfAborted(signal);
        const block = blocks.at(position);
        const decoding = window ? decodeIn(window, run.start, block, signal) : block.decode(signal);
        const result = decoding instanceof Promise ? await decoding : decoding;
        batch.add(block, result);
        const isSpent = slice.isSpent(UNITS_PER_BLOCK);
        if (!batch.isFull && !isSpent) continue;
        yield batch.take();
        if (isSpent) await slice.renew();
      }
    }
  } catch (error) {
    // The caller gets the blocks before the one that fails; the error follows.
    if (!batch.isEmpty && !signal?.aborted) yield batch.take();
    throw error;
  }
  if (!batch.isEmpty) yield batch.take();
}

function decodeIn(window: Uint8Array, start: number, block: CaptureBlock, signal: AbortSignal | undefined) {
  const at = block.payloadOffset - start;
  return block.decodeStored(window.subarray(at, at + block.payloadLength), signal);
}

/** The runs in order. Asking for a run begins to read its window. */
function* runsOf({
  index,
  source,
  payloadLimit,
  from = 0,
  to: end = index.length,
  signal,
}: InOrder): Generator<Run, undefined, void> {
  const { records } = index;
  const longest = Math.min(LONGEST_IN_WINDOW, payloadLimit);
  const startOf = (position: number) => records.offset(position) + BLOCK_HEADER_SIZE;
  const isShort = (position: number) =>
    compressionOf(records.flags(position)) === "none" && index.endOf(position) - startOf(position) <= longest;
  const last = Math.min(end, index.length);
  for (let first = from, to = from; first < last; first = to) {
    const start = startOf(first);
    let windowEnd = index.endOf(first);
    to = first + 1;
    if (!isShort(first)) {
      yield { from: first, to, start, window: undefined };
      continue;
    }
    for (; to < last && isShort(to) && index.endOf(to) - start <= WINDOW_BYTES; to++) {
      const gap = startOf(to) - windowEnd;
      if (gap < 0 || gap > LONGEST_GAP) break;
      windowEnd = index.endOf(to);
    }
    yield { from: first, to, start, window: readWindow(source, start, windowEnd - start, signal) };
  }
}

/**
 * The bytes of a window: a new array, because decoded values are views of it; of a source in memory a view, as with `CaptureBlock.decode`. Undefined
 * if the window cannot be read: then its payloads are read one by one, since some of them may be readable.
 */
function readWindow(
  source: Source,
  start: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const reading =
    source instanceof BytesSource ? source.read(start, length, signal) : readInto(source, start, new Uint8Array(length), signal);
  return untilAborted(reading, signal).catch(() => undefined);
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
