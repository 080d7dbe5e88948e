/// <reference lib="esnext.disposable" preserve="true" />
/**
 * Decoding piece by piece: output of any size passes through one area of linear memory, which keeps as many bytes as the data can refer back
 * to.
 */
import { Areas } from "./areas.js";
import { Core, defaultCore } from "./core.js";
import { DECODE_FAILURES, type DecodeError, decodeError } from "./decode-result.js";
import { type DecodeOptions, type Decoder, type DecoderInput, MOST_DECODED_BYTES, type OutputSize } from "./decoder.js";
import { REPORT_BYTES, REPORT_PIECE, REPORT_PRODUCED, REPORT_REACH, REPORT_STOPPED_AT, REPORT_TRAILING_ZEROS } from "./layout.js";

/** The end of sound data: `consumed` bytes of the source up to it, and `trailingZeros` bytes of padding, 0 to 7, behind it. */
export interface DecodedEnd {
  readonly ok: true;
  readonly consumed: number;
  readonly trailingZeros: number;
}

/** Bytes of a piece: few enough to stay in the second-level cache of a processor core until they are used. */
const PIECE_BYTES = 256 * 1024;
/** When kept bytes move, there is room for at least this many pieces behind them, and for as many bytes as move, up to a limit. */
const PIECES_PER_MOVE = 2;
const MOST_ROOM_PER_MOVE = 2 * 1024 * 1024;
/** From this many bytes of source and area on, a core is made and dropped for the call, since the memory of a core never shrinks. */
const OWN_CORE_BYTES = 256 * 1024 * 1024;

/** Decodes in pieces. Holds areas of its core's memory until `release()`, or until the end of its `using` block. */
export class DecodedPieces {
  /** The most bytes that all pieces have together. */
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
   * Begins to decode. Throws a `RangeError` when `size.bytes` is no non-negative integer; returns an error for implausible data. `pieceBytes`
   * returns the length of pieces for the most bytes of the output, or undefined for the default.
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
      // Only the growth of linear memory throws a RangeError.
      if (error instanceof RangeError) return decodeError("memory", 0);
      throw error;
    }
  }

  /**
   * Begins to decode the first `wanted` bytes of the output alone. The data behind them is not read, and may be cut off. The first piece has the
   * wanted bytes, or all bytes if there are fewer. Later pieces must not be used.
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
      // Only the growth of linear memory throws a RangeError.
      if (error instanceof RangeError) return decodeError("memory", 0);
      throw error;
    }
  }

  /**
   * The next bytes of the output: a view of linear memory that is valid until the next call that uses the core. Null behind the last piece, and
   * after a failure. Only `end` says whether the pieces were the whole data.
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

  /** A new view of the last piece, for use after other calls on the core. Empty before the first piece and after a failure. */
  get current(): Uint8Array {
    return this.#areas.core.memory.view(this.#address, this.#length);
  }

  /** Bytes of linear memory that this object holds. */
  get held(): number {
    return this.#areas.held;
  }

  /** The end of the data or the failure; undefined until then. */
  get end(): DecodedEnd | DecodeError | undefined {
    return this.#end;
  }

  /** Releases the memory. A second call has no effect. */
  release(): void {
    this.#areas.release();
    this.#length = 0;
    this.#end ??= decodeError("memory", 0);
  }

  /** The same as `release`. */
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
  /** The most bytes of the whole output, and the approximate bytes of a piece. */
  readonly limit: number;
  readonly wanted: number;
}

/** `fixed`: whether the caller has chosen the core. */
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

/** The most bytes of output, and how far back the data can refer. */
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
  return reason === "window" ? { ok: false, reason, at: stoppedAt, window: reach } : decodeError(reason, stoppedAt);
}

/** The report of a decoder: the u32 fields at the start of its workspace (`Report` in assembly/codec/report.ts). */
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

/** A number, or the type of any other value, which may be too long for a message. */
function shown(value: unknown): string {
  return typeof value === "number" || value === undefined ? String(value) : `a value of type ${typeof value}`;
}
