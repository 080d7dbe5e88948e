/**
 * Decoding piece by piece: the output of any size passes through one area of linear memory, of which as much is kept as the data
 * refers back to.
 */
import { Areas } from "./areas.js";
import { Core, defaultCore } from "./core.js";
import { DECODE_FAILURES, type DecodeError, decodeError } from "./decode-result.js";
import { type DecodeOptions, type Decoder, type DecoderInput, MOST_DECODED_BYTES, type OutputSize } from "./decoder.js";
import { REPORT_BYTES, REPORT_PIECE, REPORT_PRODUCED, REPORT_REACH, REPORT_STOPPED_AT, REPORT_TRAILING_ZEROS } from "./layout.js";

/** The source's bytes up to the end of the compressed data, and the zero bytes after them. */
export interface DecodedEnd {
  readonly ok: true;
  readonly consumed: number;
  readonly trailingZeros: number;
}

/** Small enough to stay in a processor core's second-level cache until it is used. */
const PIECE_BYTES = 256 * 1024;
/** Each move of what is kept makes room for this many pieces at least, and for as many bytes as are moved, up to a limit. */
const PIECES_PER_MOVE = 2;
const MOST_ROOM_PER_MOVE = 2 * 1024 * 1024;
/** From this many bytes of source and area on, decoding gets a core for itself: so much must not stay allocated. */
const OWN_CORE_BYTES = 256 * 1024 * 1024;

/** Holds areas of its core's memory until `release()`, or to the end of its `using` block. */
export class DecodedPieces {
  /** Most bytes that all pieces have together. */
  readonly limit: number;
  readonly #decoder: Decoder;
  readonly #areas: DecoderAreas;
  readonly #wanted: number;
  #end: DecodedEnd | DecodeError | undefined;
  #address = 0;
  #length = 0;

  private constructor(decoder: Decoder, areas: DecoderAreas, { limit, wanted }: PiecePlan) {
    this.#decoder = decoder;
    this.#areas = areas;
    this.#wanted = wanted;
    this.limit = limit;
  }

  /**
   * Throws a `RangeError` when `size.bytes` is no non-negative integer; damaged or implausible data is an outcome. `pieceBytes`: how
   * long pieces are to be, by the most bytes of the whole output; undefined leaves that to this class.
   */
  static open(
    decoder: Decoder,
    source: Uint8Array,
    size: OutputSize,
    { core }: DecodeOptions,
    pieceBytes: PieceBytes = () => undefined,
  ): DecodedPieces | DecodeError {
    if (!Number.isInteger(size.bytes) || size.bytes < 0) {
      throw new RangeError(`The decoded size must be a non-negative integer, not ${shown(size.bytes)}`);
    }
    if (size.exact && size.bytes > decoder.plausibleSize(source.length)) return decodeError("implausible-size", 0);
    if (size.exact && size.bytes > MOST_DECODED_BYTES) return decodeError("memory", 0);
    try {
      const opened = openIn(core ?? coreFor(source), decoder, source, size, pieceBytes, core !== undefined);
      return "ok" in opened ? opened : new DecodedPieces(decoder, opened.areas, opened);
    } catch (error) {
      // Growing linear memory is the only way to get here.
      if (error instanceof RangeError) return decodeError("memory", 0);
      throw error;
    }
  }

  /**
   * For the first `wanted` bytes of the output alone: nothing behind them is looked at, and `source` may be cut off behind what they need. The
   * first piece has them, or all there are; what follows it is of no use.
   */
  static openStart(
    decoder: Decoder,
    source: Uint8Array,
    limit: number,
    wanted: number,
    { core = defaultCore() }: DecodeOptions,
  ): DecodedPieces | DecodeError {
    const most = Math.min(limit, MOST_DECODED_BYTES);
    try {
      const areas = new DecoderAreas(core, source, decoder.workspaceSize(core.kernels));
      const room = PIECES_PER_MOVE * wanted + decoder.reach + decoder.pieceExcess(core.kernels);
      const areaSize = Math.min(most, room);
      try {
        decoder.begin(core.kernels, areas, { area: areas.acquire(areaSize), areaSize, limit: most });
        return new DecodedPieces(decoder, areas, { limit: most, wanted: Math.min(wanted, most) });
      } catch (error) {
        areas.release();
        throw error;
      }
    } catch (error) {
      // Growing linear memory is the only way to get here.
      if (error instanceof RangeError) return decodeError("memory", 0);
      throw error;
    }
  }

  /**
   * The next bytes of the output, a view of linear memory that is valid until anything else is asked of the core; null after the last
   * piece, and after a failure. Only `end` tells whether the pieces before were the whole data.
   */
  next(): Uint8Array | null {
    if (this.#end) return null;
    const { core, workspace } = this.#areas;
    const status = this.#decoder.continue(core.kernels, workspace, this.#wanted);
    const report = this.#areas.report();
    const { produced, piece } = report;
    if (status === 0) this.#end = { ok: true, consumed: report.stoppedAt, trailingZeros: report.trailingZeros };
    else if (status <= DECODE_FAILURES.length) this.#end = failure(status, report);
    else if (produced === 0) throw new Error("The decoder makes no progress");
    this.#address = piece;
    this.#length = this.#end?.ok === false ? 0 : produced;
    return this.#length > 0 ? this.current : null;
  }

  /** The piece that came last, anew: for use after other things were asked of the core. Empty before the first and after a failure. */
  get current(): Uint8Array {
    return this.#areas.core.memory.view(this.#address, this.#length);
  }

  /** Bytes of linear memory that are held. */
  get held(): number {
    return this.#areas.held;
  }

  /** How decoding ended; undefined as long as pieces are to come. */
  get end(): DecodedEnd | DecodeError | undefined {
    return this.#end;
  }

  /** Gives the memory back. Doing so again changes nothing. */
  release(): void {
    this.#areas.release();
    this.#length = 0;
    this.#end ??= decodeError("memory", 0);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function coreFor(source: Uint8Array): Core {
  const shared = defaultCore();
  return source.length < OWN_CORE_BYTES || shared.memory.addressOf(source) >= 0 ? shared : new Core();
}

type PieceBytes = (limit: number) => number | undefined;

interface PiecePlan {
  /** Most bytes of the whole output, and of a piece about. */
  readonly limit: number;
  readonly wanted: number;
}

/** `fixed`: the core was named by the caller. */
function openIn(
  core: Core,
  decoder: Decoder,
  source: Uint8Array,
  size: OutputSize,
  pieceBytes: PieceBytes,
  fixed: boolean,
): (PiecePlan & { readonly areas: DecoderAreas }) | DecodeError {
  const areas = new DecoderAreas(core, source, decoder.workspaceSize(core.kernels));
  let opened = false;
  try {
    const measured = measure(decoder, areas, size);
    if ("ok" in measured) return measured;
    const { limit, reach } = measured;
    const wanted = pieceBytes(limit) ?? PIECE_BYTES;
    const pieces = PIECES_PER_MOVE * wanted + decoder.pieceExcess(core.kernels);
    const areaSize = Math.min(limit, reach + Math.max(pieces, Math.min(reach, MOST_ROOM_PER_MOVE)));
    const isHuge = areas.length + areaSize >= OWN_CORE_BYTES;
    if (isHuge && !fixed && core === defaultCore() && !areas.hasResidentSource) {
      return openIn(new Core(), decoder, source, size, pieceBytes, fixed);
    }
    decoder.begin(core.kernels, areas, { area: areas.acquire(areaSize), areaSize, limit });
    opened = true;
    return { areas, limit, wanted };
  } finally {
    if (!opened) areas.release();
  }
}

/** Most bytes of output, and how far back the data can refer. */
function measure(decoder: Decoder, areas: DecoderAreas, size: OutputSize): { limit: number; reach: number } | DecodeError {
  const { bytes, exact } = size;
  if (decoder.measure === null) return { limit: bytes, reach: decoder.reach };
  const status = decoder.measure(areas.core.kernels, areas);
  const report = areas.report();
  if (status !== 0) return failure(status, report);
  const { produced: most, stoppedAt, reach } = report;
  if (exact) return most < bytes ? decodeError("size-mismatch", stoppedAt) : { limit: bytes, reach };
  return { limit: Math.min(most, bytes, MOST_DECODED_BYTES), reach };
}

function failure(status: number, { stoppedAt, reach }: Report): DecodeError {
  const reason = DECODE_FAILURES[status - 1];
  if (reason === undefined) throw new Error(`The decoder returned the unknown status ${status}`);
  return { ...decodeError(reason, stoppedAt), ...(reason === "window" ? { window: reach } : {}) };
}

/** The report of a decoder: the u32 fields at the begin of its workspace (`Report` in assembly/codec/report.ts). */
interface Report {
  readonly produced: number;
  readonly stoppedAt: number;
  readonly trailingZeros: number;
  readonly piece: number;
  readonly reach: number;
}

/** The areas of one decoder: workspace, source (unless it lies in linear memory already) and output. */
class DecoderAreas extends Areas implements DecoderInput {
  readonly source: number;
  readonly length: number;
  readonly workspace: number;
  readonly hasResidentSource: boolean;

  constructor(core: Core, source: Uint8Array, workspaceSize: number) {
    super(core);
    this.length = source.length;
    this.hasResidentSource = core.memory.addressOf(source) >= 0;
    try {
      this.source = this.place(source);
      this.workspace = this.acquire(workspaceSize);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  report(): Report {
    const fields = new DataView(this.core.memory.memory.buffer, this.workspace, REPORT_BYTES);
    return {
      produced: fields.getUint32(REPORT_PRODUCED, true),
      stoppedAt: fields.getUint32(REPORT_STOPPED_AT, true),
      trailingZeros: fields.getUint32(REPORT_TRAILING_ZEROS, true),
      piece: fields.getUint32(REPORT_PIECE, true),
      reach: fields.getUint32(REPORT_REACH, true),
    };
  }
}

/** A number as it is; of anything else its type: a list of a million numbers is no message. */
function shown(value: unknown): string {
  return typeof value === "number" || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
