/** The block walk: from header to header through bytes that arrive in windows of any size. */
import type { BlockRecords } from "./block-records.js";
import { type Core, defaultCore, SCRATCH_BYTES } from "./core.js";
import { HEADER_BYTES, RECORD_BYTES, WALK_COUNT, WALK_NEXT, WALK_STATUS } from "./layout.js";
import { CORE, FLAG, type OptionChecks, requireOptions } from "./require-options.js";

/** Offset of the records in the scratch area. The result of `walkBlocks` comes before them. */
const RECORDS_AT = 64;
const RECORD_CAPACITY = Math.floor((SCRATCH_BYTES - RECORDS_AT) / RECORD_BYTES);

/** Bytes walked at first. The number doubles as long as blocks are short, so that few bytes of payloads are copied. */
const SMALLEST_PIECE = 512;
/** A piece has no more headers than there is room for records. */
const LARGEST_PIECE = RECORD_CAPACITY * HEADER_BYTES;

/**
 * Why a walk stopped at the file offset `next`. "more": the header there is not, or not completely, in the bytes given. "lost-framing": the
 * bytes there do not begin with `MSLC`. "bad-length": the header there has a BlockLength below 80.
 */
export type WalkStatus = "more" | "lost-framing" | "bad-length";

/** The names of `WalkStatus` in assembly/blocks.ts, in its order. */
export const WALK_STATUSES = ["more", "lost-framing", "bad-length", "full"] as const;

/** Options of `BlockWalk`. */
export interface BlockWalkOptions {
  /** Whether the integers of the headers are big-endian, as drafts of 1.0 allowed. Records do not differ. Default false. */
  readonly bigEndian?: boolean;
  /** The instance to work in. Default: the shared one. */
  readonly core?: Core | undefined;
}

const WALK_OPTIONS: OptionChecks<BlockWalkOptions> = { bigEndian: FLAG, core: CORE };

/** Walks block headers and appends a record for each. It does not stop at End-of-Capture: callers decide where to stop. */
export class BlockWalk {
  readonly #records: BlockRecords;
  readonly #core: Core;
  readonly #bigEndian: number;
  #next: number;

  /** `firstHeader`: file offset of the first block header. Throws a `RangeError` unless it is an integer from 0 to 2^53 - 1. */
  constructor(records: BlockRecords, firstHeader: number, options: BlockWalkOptions = {}) {
    requireOptions("BlockWalk", WALK_OPTIONS, options);
    requireFileOffset("The first block header", firstHeader);
    this.#records = records;
    this.#next = firstHeader;
    this.#core = options.core ?? defaultCore();
    this.#bigEndian = Number(options.bigEndian ?? false);
  }

  /** File offset of the next block header expected. */
  get next(): number {
    return this.#next;
  }

  /**
   * Walks the headers in `bytes`, which lie at file offset `bytesOffset`. The bytes of the next call have to hold the byte at `next`, or begin
   * there: a header that was cut off is passed again. Nothing is copied while `next` lies behind `bytes`. Throws a `RangeError` when `bytes`
   * begin behind `next`, since blocks would be missed, or end at 2^53 or later.
   */
  walk(bytes: Uint8Array, bytesOffset: number): WalkStatus {
    requireFileOffset("The start of the bytes to walk", bytesOffset);
    requireFileOffset("The end of the bytes to walk", bytesOffset + bytes.length);
    if (bytesOffset > this.#next) {
      throw new RangeError(`The next block header is at ${this.#next}; the bytes to walk begin after it, at ${bytesOffset}`);
    }
    const inPlace = this.#core.memory.addressOf(bytes) >= 0;
    let pieceLength = inPlace ? bytes.length : SMALLEST_PIECE;
    while (this.#next + HEADER_BYTES <= bytesOffset + bytes.length) {
      const pieceAt = this.#next - bytesOffset;
      const piece = bytes.subarray(pieceAt, pieceAt + pieceLength);
      const pieceEnd = this.#next + piece.length;
      const status = this.#walkPiece(piece);
      if (status === "lost-framing" || status === "bad-length") return status;
      if (inPlace) continue;
      const nextIsNear = this.#next - pieceEnd < pieceLength;
      pieceLength = nextIsNear ? Math.min(2 * pieceLength, LARGEST_PIECE) : SMALLEST_PIECE;
    }
    return "more";
  }

  /** Walks the headers that are complete in `piece`, which begins at `next`, as far as there is room for records. */
  #walkPiece(piece: Uint8Array): (typeof WALK_STATUSES)[number] {
    const { kernels, memory, scratch } = this.#core;
    const address = this.#core.stage(piece);
    const records = scratch + RECORDS_AT;
    kernels.walkBlocks(address, piece.length, this.#next, this.#next, records, RECORD_CAPACITY, this.#bigEndian, scratch);
    const result = new DataView(memory.bytes.buffer, scratch, RECORDS_AT);
    const count = result.getUint32(WALK_COUNT, true);
    const status = WALK_STATUSES[result.getUint32(WALK_STATUS, true)];
    if (status === undefined) throw new TypeError("The walkBlocks kernel answered with a status unknown here");
    this.#records.append(memory.bytes.subarray(records, records + count * RECORD_BYTES));
    this.#next = result.getFloat64(WALK_NEXT, true);
    return status;
  }
}

function requireFileOffset(what: string, offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw new RangeError(`${what} is at ${offset}; file offsets are integers from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
}
