/**
 * Compresses a payload and verifies the result (specification: compression framing). A stored payload is plain, or a u64 size and a zstd
 * frame, or a u64 size, a u32 size and a raw LZ4 block: of the shapes in use, the ones that most readers understand.
 */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { CORE_CODECS, type CodecName, type Codecs, decodeAtOnce, decodeInPieces, decodesInPieces } from "../codec/codecs.js";
import { type PayloadShape, payloadShapes } from "../codec/payload-shapes.js";
import { MslError } from "../errors.js";
import { BlockFlag } from "../format/codes.js";

/** `zstd-fast` is faster than `zstd` and compresses less. `auto` is zstd if that makes the payload smaller, otherwise `none`. */
export type CompressionChoice = "none" | "zstd" | "zstd-fast" | "lz4" | "auto";

/** Encoders of payloads. Each returns an array that stays as it is until the next call. */
export interface Encoders {
  /** Returns one zstd frame, made without a dictionary. */
  readonly encodeZstd: (bytes: Uint8Array, level: "fast" | "default") => Uint8Array;
  /** Returns a raw LZ4 block, without a size in front. */
  readonly encodeLz4Block: (bytes: Uint8Array) => Uint8Array;
}

export interface CompressionRules {
  readonly choice: Exclude<CompressionChoice, "none">;
  /** Whether compressed bytes are decoded and compared with the payload. */
  readonly verify: boolean;
  /** Data that may decode to the payload. The first that does is stored in place of newly compressed data. */
  readonly offered: readonly Uint8Array[];
}

export interface StoredPayload {
  readonly bytes: Uint8Array;
  /** The bits Compressed and CompAlgo of the block's flags. */
  readonly flags: number;
  /** Whether data of `offered` was stored. */
  readonly kept: boolean;
}

const SIZE_BYTES = 8;
const LZ4_SIZE_BYTES = 4;
const COMP_ALGO = { zstd: 1, lz4: 2 } as const;

/**
 * `codecs` replaces built-in encoders and decoders. Throws `internal` if compressed bytes do not decode to the payload, and `limit` if memory
 * does not suffice.
 */
export function compressPayload(
  payload: Uint8Array,
  { choice, verify, offered }: CompressionRules,
  codecs: Partial<Encoders & Codecs> = {},
): StoredPayload {
  const algorithm = choice === "lz4" ? "lz4" : "zstd";
  const flags = BlockFlag.Compressed | (COMP_ALGO[algorithm] << 1);
  const decoders = { ...CORE_CODECS, ...codecs };
  const kept = heldBy(offered, payload, algorithm, decoders);
  if (kept) return { bytes: framed(payload.length, algorithm, kept), flags, kept: true };
  const bytes = framed(payload.length, algorithm, encoded(payload, choice, codecs));
  if (choice === "auto" && bytes.length >= payload.length) return { bytes: payload, flags: 0, kept: false };
  if (verify) requireSame(payload, bytes, algorithm, decoders);
  return { bytes, flags, kept: false };
}

function encoded(payload: Uint8Array, choice: CompressionRules["choice"], codecs: Partial<Encoders>): Uint8Array {
  const encoders = { encodeZstd, encodeLz4Block, ...codecs };
  try {
    if (choice === "lz4") return encoders.encodeLz4Block(payload);
    return encoders.encodeZstd(payload, choice === "zstd-fast" ? "fast" : "default");
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new MslError("limit", `No memory for ${payload.length} bytes: ${cause.message}`, { cause });
  }
}

function framed(size: number, algorithm: "zstd" | "lz4", data: Uint8Array): Uint8Array {
  const prefix = algorithm === "lz4" ? SIZE_BYTES + LZ4_SIZE_BYTES : SIZE_BYTES;
  const bytes = new Uint8Array(prefix + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(size), true);
  if (algorithm === "lz4") view.setUint32(SIZE_BYTES, size, true);
  bytes.set(data, prefix);
  return bytes;
}

/** The first of the offered data that decodes to the payload, without zero bytes that follow its end. */
function heldBy(
  offered: readonly Uint8Array[],
  payload: Uint8Array,
  algorithm: "zstd" | "lz4",
  decoders: Codecs,
): Uint8Array | undefined {
  for (const data of offered) {
    const result = decodesTo(payload, data, algorithm === "lz4" ? "lz4Block" : "zstd", decoders);
    if (result.same) return data.subarray(0, data.length - result.trailingZeros);
  }
  return undefined;
}

function requireSame(payload: Uint8Array, stored: Uint8Array, algorithm: "zstd" | "lz4", decoders: Codecs): void {
  const shape = storedShape(stored, algorithm);
  const result = shape && decodesTo(payload, stored.subarray(shape.at), shape.codec, decoders);
  if (result?.same) return;
  const found = result?.reason ?? "readers will take it for something else";
  throw new MslError("internal", `The ${algorithm} encoder's output does not hold the payload: ${found}`);
}

type Comparison =
  | { readonly same: true /** Zero bytes that follow the end of the compressed data. */; readonly trailingZeros: number }
  | { readonly same: false; readonly reason: string };

/** No limit for the zstd window: the data is kept as the source had it, or comes from our own encoder. */
const ANY_WINDOW = 0xffff_ffff;
const WORD = 4;

/** The shape in which readers are going to decode the stored bytes; undefined if they match none. */
function storedShape(stored: Uint8Array, algorithm: "zstd" | "lz4"): PayloadShape | undefined {
  return payloadShapes(stored, algorithm)[0];
}

/** Decodes the data and compares it with the payload piece by piece, so that the decoded bytes are never held as a whole. */
function decodesTo(payload: Uint8Array, data: Uint8Array, codec: CodecName, codecs: Codecs): Comparison {
  const size = { bytes: payload.length, exact: true } as const;
  if (!decodesInPieces(codecs, codec)) {
    const result = decodeAtOnce(codecs, codec, data, size);
    if (!result.ok) return { same: false, reason: result.reason };
    return compared(firstDifference(payload, result.bytes), payload.length, result.bytes.length, result.trailingZeros);
  }
  const pieces = decodeInPieces(codec, data, size, ANY_WINDOW);
  if (!("next" in pieces)) return { same: false, reason: pieces.reason };
  try {
    let at = 0;
    for (let piece = pieces.next(); piece; piece = pieces.next()) {
      const difference = firstDifference(payload.subarray(at, at + piece.length), piece);
      if (difference >= 0) return compared(at + difference, payload.length, payload.length, 0);
      at += piece.length;
    }
    const { end } = pieces;
    if (!end?.ok) return { same: false, reason: end?.reason ?? "the decoder stopped before the end" };
    return compared(-1, payload.length, at, end.trailingZeros);
  } finally {
    pieces.release();
  }
}

function compared(difference: number, expected: number, found: number, trailingZeros: number): Comparison {
  if (difference >= 0) return { same: false, reason: `the decoded bytes differ from byte ${difference} on` };
  if (found !== expected) return { same: false, reason: `it decodes to ${found} bytes, and the payload has ${expected}` };
  return { same: true, trailingZeros };
}

/** The index of the first byte in which the arrays differ, within the length of the shorter one; -1 if there is none. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let at = equalStart(a, b, length);
  while (at < length && a[at] === b[at]) at++;
  return at < length ? at : -1;
}

/** A number of bytes at the start of both arrays that are equal: all of them but some, if the arrays are equal and begin at whole words. */
function equalStart(a: Uint8Array, b: Uint8Array, length: number): number {
  if (a.byteOffset % WORD !== 0 || b.byteOffset % WORD !== 0) return equalStartUnaligned(a, b, length);
  const words = Math.floor(length / WORD);
  const left = new Int32Array(a.buffer, a.byteOffset, words);
  const right = new Int32Array(b.buffer, b.byteOffset, words);
  let at = 0;
  // Four words in each turn take about half the time of one.
  while (
    at + 4 <= words &&
    left[at] === right[at] &&
    left[at + 1] === right[at + 1] &&
    left[at + 2] === right[at + 2] &&
    left[at + 3] === right[at + 3]
  ) {
    at += 4;
  }
  return at * WORD;
}

function equalStartUnaligned(a: Uint8Array, b: Uint8Array, length: number): number {
  const left = new DataView(a.buffer, a.byteOffset, length);
  const right = new DataView(b.buffer, b.byteOffset, length);
  let at = 0;
  while (at + WORD <= length && left.getInt32(at, true) === right.getInt32(at, true)) at += WORD;
  return at;
}
