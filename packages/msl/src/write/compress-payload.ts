/**
 * How a payload is stored (specification, compression framing): as it is, as u64 size and zstd frame, or as u64 size, u32 size and raw LZ4
 * block, the shapes that readers understand best.
 */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import type { Codecs } from "../codec/codecs.js";
import { decodingOf } from "../codec/decoding.js";
import { decompressPayload } from "../codec/decompress-payload.js";
import { MslError } from "../errors.js";
import { BlockFlag } from "../format/codes.js";

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
  /** Replaces encoders, and the decoders that check them. */
  readonly codecs: Partial<Encoders & Codecs>;
  /** Decodes what was compressed and compares. */
  readonly verify: boolean;
}

export interface StoredPayload {
  readonly bytes: Uint8Array;
  /** Compressed and CompAlgo. */
  readonly flags: number;
}

const SIZE_BYTES = 8;
const LZ4_SIZE_BYTES = 4;
const COMP_ALGO = { zstd: 1, lz4: 2 } as const;

/** Throws `internal` where compressed bytes do not decode to the payload. */
export function compressPayload(payload: Uint8Array, choice: CompressionChoice, rules: CompressionRules): StoredPayload {
  if (choice === "none") return { bytes: payload, flags: 0 };
  const algorithm = choice === "lz4" ? "lz4" : "zstd";
  const bytes = framed(payload, choice, rules);
  if (choice === "auto" && bytes.length >= payload.length) return { bytes: payload, flags: 0 };
  if (rules.verify) requireSame(payload, bytes, algorithm, rules);
  return { bytes, flags: BlockFlag.Compressed | (COMP_ALGO[algorithm] << 1) };
}

function framed(payload: Uint8Array, choice: CompressionChoice, { codecs }: CompressionRules): Uint8Array {
  const encoders = { encodeZstd, encodeLz4Block, ...codecs };
  const lz4 = choice === "lz4";
  const data = lz4 ? encoders.encodeLz4Block(payload) : encoders.encodeZstd(payload, choice === "zstd-fast" ? "fast" : "default");
  const prefix = lz4 ? SIZE_BYTES + LZ4_SIZE_BYTES : SIZE_BYTES;
  const bytes = new Uint8Array(prefix + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  if (lz4) view.setUint32(SIZE_BYTES, payload.length, true);
  bytes.set(data, prefix);
  return bytes;
}

function requireSame(payload: Uint8Array, stored: Uint8Array, algorithm: "zstd" | "lz4", { codecs }: CompressionRules): void {
  const decoding = decodingOf({ codecs, payloadLimit: payload.length });
  const { bytes, problem } = decompressPayload(stored, algorithm, decoding, () => {});
  const difference = bytes ? firstDifference(payload, bytes) : undefined;
  if (bytes && difference === undefined) return;
  const found = problem ? problem.message : `the decoded bytes differ from byte ${difference} on`;
  throw new MslError("internal", `The ${algorithm} encoder's output does not hold the payload: ${found}`);
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? undefined : a.length;
}
