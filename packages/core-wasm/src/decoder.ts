/**
 * What a codec tells so that its data can be decoded, in pieces or at once, and what callers may choose.
 *
 * Nothing is allocated by a claim: an expected size has to be plausible for the source's length and, where the format has block
 * headers, be covered by the blocks that are really there.
 */
import type { Core } from "./core.js";
import type { CoreExports } from "./exports.js";
import { BYTES, CORE, type OptionChecks } from "./require-options.js";

export interface DecodeOptions {
  /**
   * The instance to work in; its memory grows to hold the source and the part of the output that the data refers back to, and never
   * shrinks. Default: a shared one, or for huge sources one that is given up after the call.
   */
  readonly core?: Core;
}

export interface DecodeWholeOptions extends DecodeOptions {
  /**
   * Takes the output, from its begin on, in place of a new array: memory that was used before costs no page faults. Must have room for
   * the size that is asked for. After a failure its content is of no use.
   */
  readonly into?: Uint8Array<ArrayBuffer>;
}

export const PIECES_OPTIONS: OptionChecks<DecodeOptions> = { core: CORE };
export const WHOLE_OPTIONS: OptionChecks<DecodeWholeOptions> = { core: CORE, into: BYTES };

/** How many bytes the data yields: exactly or at most `bytes`. */
export interface OutputSize {
  readonly bytes: number;
  readonly exact: boolean;
}

/** Addresses in linear memory. */
export interface DecoderInput {
  readonly source: number;
  readonly length: number;
  readonly workspace: number;
}

interface OutputPlace {
  readonly area: number;
  readonly areaSize: number;
  /** Most bytes of the whole output. */
  readonly limit: number;
}

export interface Decoder {
  workspaceSize(kernels: CoreExports): number;
  /** The most that `length` bytes of any data in this format can yield. */
  plausibleSize(length: number): number;
  /** Returns a status and reports the most that this source can yield, and its reach; null for data without block headers. */
  readonly measure: ((kernels: CoreExports, input: DecoderInput) => number) | null;
  /** How far back data can refer that is not measured, in bytes. */
  readonly reach: number;
  /** By how many bytes a piece may be longer than what was wanted. */
  pieceExcess(kernels: CoreExports): number;
  begin(kernels: CoreExports, input: DecoderInput, output: OutputPlace): void;
  continue(kernels: CoreExports, workspace: number, wanted: number): number;
}

/** Decoders count in 32 bits, and the end of a count must not overflow. */
export const MOST_DECODED_BYTES = 2 ** 32 - 65_536;
