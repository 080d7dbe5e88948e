/**
 * How a payload is stored (specification, compression framing): as it is, as u64 size and zstd frame, or as u64 size, u32 size and raw LZ4
 * block, the shapes that readers understand best.
 */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { CORE_CODECS, type Codecs } from "../codec/codecs.js";
import { MslError } from "../errors.js";
import { BlockFlag } from "../format/codes.js";
import { decodesTo, storedShape } from "./decodes-to.js";

/** `zstd-fast` trades size for time. `auto`: zstd where the block gets smaller, else plain. */
export type CompressionChoice = "none" | "zstd" | "zstd-fast" | "lz4" | "auto";

/** Encoders of compressed payloads. */
export interface Encoders {
  /** One frame without dictionary. */
  readonly encodeZstd: (bytes: Uint8Array, level: "fast" | "default") => Uint8Array;
  /** A raw LZ4 block, without its size. */
  readonly encodeLz4Block: (bytes: Uint8Array) => Uint8Array;
}

export interface CompressionRules {
  readonly choice: Exclude<CompressionChoice, "none">;
  /** Decodes what was compressed and compares. */
  readonly verify: boolean;
  /** Compressed data that may hold the very payload: what does goes over as it is. */
  readonly offered: readonly Uint8Array[];
}

export interface StoredPayload {
  readonly bytes: Uint8Array;
  /** Compressed and CompAlgo. */
  readonly flags: number;
  /** Whether data that was offered went over. */
  readonly kept: boolean;
}

const SIZE_BYTES = 8;
const LZ4_SIZE_BYTES = 4;
const COMP_ALGO = { zstd: 1, lz4: 2 } as const;

/**
 * `codecs` replaces encoders, and the decoders that check them. Throws `internal` where compressed bytes do not decode to the payload, and
 * `limit` where memory does not suffice.
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

/** The first of the data that decodes to the payload, without the zeros behind it. */
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
