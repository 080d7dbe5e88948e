/**
 * The interface between a format and the ways to decode it, the options of decoding, and limits of sizes.
 *
 * No memory is allocated for a size that is only stated: an expected size has to be plausible for the source's length and, where the format has
 * block headers, not larger than the blocks in the source can yield.
 */
import type { Core } from "./core.js";
import type { CoreExports } from "./exports.js";

/** Options of every decoder. */
export interface DecodeOptions {
  /**
   * The instance to work in. Its memory grows to hold the source and the part of the output to which the data refers, and never shrinks. Default:
   * the shared one, or for huge sources one that is dropped after the call.
   */
  readonly core?: Core;
}

/** Options of the decoders that decode data as a whole. */
export interface DecodeWholeOptions extends DecodeOptions {
  /**
   * An array to which the output is written, from its start on, in place of a new array: memory that was used before causes no page faults. Must
   * have at least as many bytes as are asked for. After a failure its content is undefined.
   */
  readonly into?: Uint8Array<ArrayBuffer>;
}

/** The number of bytes that the data yields: exactly (`exact`) or at most `bytes`, a non-negative integer. */
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

/** The kernels of one decoder. */
export interface Decoder {
  /** Bytes of the workspace. */
  workspaceSize(kernels: CoreExports): number;
  /** The most bytes that `length` bytes of any data in this format can yield. */
  plausibleSize(length: number): number;
  /** Returns a status, and reports the most bytes that the source can yield and its reach. Null for a format without block headers. */
  readonly measure: ((kernels: CoreExports, input: DecoderInput) => number) | null;
  /** How far back data that is not measured can refer, in bytes. */
  readonly reach: number;
  /** The most bytes by which a piece may be longer than wanted. */
  pieceExcess(kernels: CoreExports): number;
  /** Begins to decode. */
  begin(kernels: CoreExports, input: DecoderInput, output: OutputPlace): void;
  /** Appends a piece of about `wanted` bytes. Returns a status. */
  continue(kernels: CoreExports, workspace: number, wanted: number): number;
}

/** The most bytes that decoders yield: they count in 32 bits, and addresses behind the output must not overflow. */
export const MOST_DECODED_BYTES = 2 ** 32 - 65_536;

/** The most bytes that one byte of data yields, in addition to a constant number of bytes. */
export const MOST_EXPANSION = {
  /** A run-length block of 4 bytes yields 128 KiB. */
  zstd: 32_768,
  /** Each further byte of a length makes a match 255 bytes longer. */
  lz4: 255,
} as const;

/** The formats that the core decodes. */
export type CompressedFormat = keyof typeof MOST_EXPANSION;

const CONSTANT_BYTES = { zstd: 131_072, lz4: 64 } as const;

/** The most bytes that `length` bytes of any data in this format can yield. */
export function mostDecodedBytes(format: CompressedFormat, length: number): number {
  return MOST_EXPANSION[format] * length + CONSTANT_BYTES[format];
}
