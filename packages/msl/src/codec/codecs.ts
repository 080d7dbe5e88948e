/** Decoders of compressed payloads. The defaults are core-wasm's; any of them can be replaced. */
import { decodeLz4Block, decodeLz4Frame, decodeLz4FrameUpTo, decodeZstd, decodeZstdUpTo } from "@memslice/core-wasm";

export type CodecResult =
  | { readonly ok: true; readonly bytes: Uint8Array /** Zero bytes after the data, 0 to 7. */; readonly trailingZeros: number }
  | { readonly ok: false; readonly reason: string /** Offset in the source of what the reason is about. */; readonly at: number };

/**
 * Must not throw for damaged data, nor yield more than it is allowed to. `size.exact`: the data holds exactly `size.bytes`; else at most
 * that many. Up to 7 zero bytes may follow the data.
 */
export type Codec = (source: Uint8Array, size: { readonly bytes: number; readonly exact: boolean }) => CodecResult;

export interface Codecs {
  readonly zstd: Codec;
  readonly lz4Frame: Codec;
  /** A raw LZ4 block; its size is always known from outside. */
  readonly lz4Block: (source: Uint8Array, size: number) => CodecResult;
}

export const CORE_CODECS: Codecs = {
  zstd: (source, { bytes, exact }) => (exact ? decodeZstd(source, bytes) : decodeZstdUpTo(source, bytes)),
  lz4Frame: (source, { bytes, exact }) => (exact ? decodeLz4Frame(source, bytes) : decodeLz4FrameUpTo(source, bytes)),
  lz4Block: (source, size) => decodeLz4Block(source, size),
};
