/** Decoders of compressed payloads: the built-in decoders of core-wasm, and decoders that callers pass to replace them (option `codecs`). */
import {
  type DecodedPieces,
  type DecodedStart,
  type DecodeError,
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4BlockStart,
  decodeLz4Frame,
  decodeLz4FramePieces,
  decodeLz4FrameStart,
  decodeLz4FrameUpTo,
  decodeZstd,
  decodeZstdPieces,
  decodeZstdStart,
  decodeZstdUpTo,
} from "@memslice/core-wasm";

export type CodecResult =
  | { readonly ok: true; readonly bytes: Uint8Array /** Zero bytes after the data, 0 to 7. */; readonly trailingZeros: number }
  | { readonly ok: false; readonly reason: string /** Offset in the source that the reason is about. */; readonly at: number };

/** The size to which a codec has to decode its source. */
export interface CodecSize {
  readonly bytes: number;
  /** Whether the decoded data has exactly `bytes` bytes; otherwise `bytes` is an upper bound. */
  readonly exact: boolean;
}

/**
 * Decodes `source`. A codec must not throw for damaged data, and must not return more bytes than `size` allows. Up to 7 zero bytes may follow the data
 * in `source`.
 */
export type Codec = (source: Uint8Array, size: CodecSize) => CodecResult;

export interface Codecs {
  readonly zstd: Codec;
  readonly lz4Frame: Codec;
  /** Decodes a raw LZ4 block. The block does not contain its decoded size, which the caller always knows. */
  readonly lz4Block: (source: Uint8Array, size: number) => CodecResult;
}

export type CodecName = keyof Codecs;

/** The place of compressed data in a stored payload, and how it is decoded. The object itself is the key of its open decoder (`OpenDecoders`). */
export interface PieceData {
  readonly codec: CodecName;
  /** Offset of the data in the stored payload. */
  readonly at: number;
  readonly size: CodecSize;
  readonly windowLimit: number;
}

export const CORE_CODECS: Codecs = {
  zstd: (source, { bytes, exact }) => (exact ? decodeZstd(source, bytes) : decodeZstdUpTo(source, bytes)),
  lz4Frame: (source, { bytes, exact }) => (exact ? decodeLz4Frame(source, bytes) : decodeLz4FrameUpTo(source, bytes)),
  lz4Block: (source, size) => decodeLz4Block(source, size),
};

export function decodeAtOnce(codecs: Codecs, name: CodecName, source: Uint8Array, size: CodecSize): CodecResult {
  return name === "lz4Block" ? codecs.lz4Block(source, size.bytes) : codecs[name](source, size);
}

/** Whether data can be decoded in pieces: only by a built-in decoder. A decoder of the caller decodes all of the data in one call. */
export function decodesInPieces(codecs: Codecs, name: CodecName): boolean {
  return codecs[name] === CORE_CODECS[name];
}

/** Decodes at least the first `wanted` bytes, with the result of `CORE_CODECS`. `source` may lack the compressed data of later bytes. */
export function decodeTheStart(
  name: CodecName,
  source: Uint8Array,
  size: number,
  wanted: number,
  windowLimit: number | undefined,
): DecodedStart {
  const exact = { bytes: size, exact: true };
  if (name === "zstd") return decodeZstdStart(source, exact, wanted, windowLimit === undefined ? {} : { windowLimit });
  if (name === "lz4Frame") return decodeLz4FrameStart(source, exact, wanted);
  return decodeLz4BlockStart(source, size, wanted);
}

/** Decodes the bytes that `CORE_CODECS` would return, piece by piece. The default of `windowLimit` is that of `CORE_CODECS`. */
export function decodeInPieces(
  name: CodecName,
  source: Uint8Array,
  size: CodecSize,
  windowLimit?: number,
): DecodedPieces | DecodeError {
  if (name === "zstd") return decodeZstdPieces(source, size, windowLimit === undefined ? {} : { windowLimit });
  if (name === "lz4Frame") return decodeLz4FramePieces(source, size);
  return decodeLz4BlockPieces(source, size.bytes);
}
