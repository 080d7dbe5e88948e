/**
 * What all decoders share: the areas that one call works in, its output size, and reading its report.
 *
 * Nothing is allocated by a claim: an expected size has to be plausible for the source's length and, where the format has block
 * headers, be covered by the blocks that are really there.
 */
import { Core, defaultCore } from "./core.js";
import { DECODE_FAILURES, type DecodeError, type DecodeResult, decodeError } from "./decode-result.js";
import type { CoreExports } from "./exports.js";

export interface DecodeOptions {
  /**
   * The instance to work in; its memory grows to hold source and output, and never shrinks. Default: a shared one, or for huge
   * payloads one that is given up after the call.
   */
  readonly core?: Core;
}

/** How many bytes a call yields: exactly or at most `bytes`. */
interface OutputSize {
  readonly bytes: number;
  readonly exact: boolean;
}

export interface Decoder {
  workspaceSize(kernels: CoreExports): number;
  /** The most that `length` bytes of any data in this format can yield. */
  plausibleSize(length: number): number;
  /** Returns a status and reports the most that this source can yield; null for data without block headers. */
  readonly measure: ((kernels: CoreExports, input: Input) => number) | null;
  decode(kernels: CoreExports, input: Input, destination: number, limit: number): number;
}

/** Addresses in linear memory. */
interface Input {
  readonly source: number;
  readonly length: number;
  readonly workspace: number;
}

/** From this many bytes of source and output on, a call gets a core for itself: a huge payload must not stay allocated. */
const OWN_CORE_BYTES = 256 * 1024 * 1024;

/** Throws a `RangeError` only when `size.bytes` is no non-negative integer. */
export function decode(decoder: Decoder, source: Uint8Array, size: OutputSize, options: DecodeOptions): DecodeResult {
  if (!Number.isInteger(size.bytes) || size.bytes < 0) {
    throw new RangeError(`The decoded size must be a non-negative integer, not ${size.bytes}`);
  }
  if (size.exact && size.bytes > decoder.plausibleSize(source.length)) return decodeError("implausible-size", 0);
  try {
    return decodeIn(options.core ?? coreFor(source), decoder, source, size, options);
  } catch (error) {
    // Growing linear memory and allocating the result are the only ways to get here.
    if (error instanceof RangeError) return decodeError("memory", 0);
    throw error;
  }
}

function coreFor(source: Uint8Array): Core {
  const shared = defaultCore();
  return source.length < OWN_CORE_BYTES || shared.memory.addressOf(source) >= 0 ? shared : new Core();
}

function decodeIn(core: Core, decoder: Decoder, source: Uint8Array, size: OutputSize, options: DecodeOptions): DecodeResult {
  const areas = new CallAreas(core, source, decoder.workspaceSize(core.kernels));
  try {
    const limit = outputLimit(decoder, areas, size);
    if (typeof limit !== "number") return limit;
    const isHuge = areas.length + limit >= OWN_CORE_BYTES;
    if (isHuge && options.core === undefined && core === defaultCore() && !areas.hasResidentSource) {
      return decodeIn(new Core(), decoder, source, size, options);
    }
    const destination = areas.acquire(limit);
    const status = decoder.decode(core.kernels, areas, destination, limit);
    if (status !== 0) return areas.failure(status);
    const { produced, stoppedAt, trailingZeros } = areas.report();
    return { ok: true, bytes: core.memory.bytes.slice(destination, destination + produced), consumed: stoppedAt, trailingZeros };
  } finally {
    areas.release();
  }
}

/** Bytes of output to provide. */
function outputLimit(decoder: Decoder, areas: CallAreas, size: OutputSize): number | DecodeError {
  if (decoder.measure === null) return size.bytes;
  const status = decoder.measure(areas.core.kernels, areas);
  if (status !== 0) return areas.failure(status);
  const { produced: most, stoppedAt } = areas.report();
  if (size.exact) return most < size.bytes ? decodeError("size-mismatch", stoppedAt) : size.bytes;
  return Math.min(most, size.bytes);
}

/** The areas of one call: workspace, source (unless it lies in linear memory already) and output. */
class CallAreas implements Input {
  readonly core: Core;
  readonly source: number;
  readonly length: number;
  readonly workspace: number;
  readonly hasResidentSource: boolean;
  readonly #acquired: { address: number; size: number }[] = [];

  constructor(core: Core, source: Uint8Array, workspaceSize: number) {
    this.core = core;
    this.length = source.length;
    // Asked before anything is acquired: growth detaches bytes that lie in linear memory.
    const resident = core.memory.addressOf(source);
    this.hasResidentSource = resident >= 0;
    try {
      this.source = this.hasResidentSource ? resident : this.acquire(source.length);
      if (!this.hasResidentSource) core.memory.bytes.set(source, this.source);
      this.workspace = this.acquire(workspaceSize);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  acquire(size: number): number {
    const address = this.core.memory.acquire(size);
    this.#acquired.push({ address, size });
    return address;
  }

  release(): void {
    for (const { address, size } of this.#acquired.splice(0)) this.core.memory.release(address, size);
  }

  /** The u32 fields that begin every workspace (assembly/codec/report.ts). */
  report(): { produced: number; stoppedAt: number; trailingZeros: number } {
    const fields = new DataView(this.core.memory.memory.buffer, this.workspace, 12);
    return {
      produced: fields.getUint32(0, true),
      stoppedAt: fields.getUint32(4, true),
      trailingZeros: fields.getUint32(8, true),
    };
  }

  failure(status: number): DecodeError {
    const reason = DECODE_FAILURES[status - 1];
    if (reason === undefined) throw new Error(`The decoder returned the unknown status ${status}`);
    return decodeError(reason, this.report().stoppedAt);
  }
}
