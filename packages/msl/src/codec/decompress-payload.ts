/** A stored payload decompressed: held at once, or found sound and left to be read in pieces. */

import type { LintId } from "../deviations/catalogue.js";
import type { Report } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import { type CodecSize, decodeAtOnce, decodesInPieces } from "./codecs.js";
import type { Decoding } from "./decoding.js";
import { implausibleSize } from "./implausible-size.js";
import { type PayloadShape, payloadShapes, reportShape } from "./payload-shapes.js";
import { verifyPieces } from "./piece-source.js";
import type { Readable } from "./readable.js";

export type Decompressed =
  | { readonly bytes: Uint8Array; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: Problem };

/** The payload at once. Claimed sizes are compared with the limits before anything is allocated. */
export function decompressPayload(
  stored: Uint8Array,
  compression: Compression,
  decoding: Decoding,
  report: Report,
): Decompressed {
  let first: Problem | undefined;
  for (const shape of payloadShapes(stored, compression)) {
    const result = decompressAs(shape, stored, decoding);
    if (!result.problem) {
      reportShape(shape, result.trailingZeros, stored.length, report);
      return { bytes: result.bytes };
    }
    first ??= result.problem;
  }
  return { problem: first ?? shapeless(stored, compression) };
}

/** The payload at once up to `limits.held`, else to be read in pieces. */
export async function openPayload(
  stored: Uint8Array,
  compression: Compression,
  decoding: Decoding,
  report: Report,
  signal?: AbortSignal,
): Promise<Readable> {
  let first: Problem | undefined;
  for (const shape of payloadShapes(stored, compression)) {
    const { trailingZeros, ...readable } = await openAs(shape, stored, decoding, signal);
    if (!readable.problem) {
      reportShape(shape, trailingZeros, stored.length, report);
      return readable;
    }
    first ??= readable.problem;
  }
  return { problem: first ?? shapeless(stored, compression) };
}

type Held = (
  | { readonly bytes: Uint8Array; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: Problem }
) & { readonly trailingZeros: number };

/** The stored data, read as `shape`, at once. */
export function decompressAs(shape: PayloadShape, stored: Uint8Array, decoding: Decoding): Held {
  return hold(shape, stored, decoding.limits.whole(stored.length), decoding);
}

/**
 * The stored data, read as `shape`: at once, or as pieces. Those are decoded through to the end here, so that nothing of them is ever
 * given out if something about them is wrong.
 */
export async function openAs(
  shape: PayloadShape,
  stored: Uint8Array,
  decoding: Decoding,
  signal?: AbortSignal,
): Promise<Readable & { readonly trailingZeros: number }> {
  if (!decodesInPieces(decoding.codecs, shape.codec)) return decompressAs(shape, stored, decoding);
  const { held, payload } = decoding.limits;
  const whole = hold(shape, stored, held, decoding);
  const size = sizeWithin(payload, shape);
  if (whole.problem?.id !== "CMP-LIMIT" || held === payload || "problem" in size) return whole;
  const data = { codec: shape.codec, at: shape.at, size, windowLimit: decoding.limits.window };
  const verdict = await verifyPieces(stored, data, decoding.decoders, signal);
  if (!verdict.ok) return { ...failure(shape, size, verdict, limitText(payload, decoding)), trailingZeros: 0 };
  const { size: bytes, trailingZeros } = verdict;
  return { pieces: { ...data, size: { bytes, exact: size.exact } }, trailingZeros };
}

function hold(shape: PayloadShape, stored: Uint8Array, limit: number, decoding: Decoding): Held {
  const implausible = implausibleSize(shape, stored.length);
  if (implausible) return { problem: implausible, trailingZeros: 0 };
  const size = sizeWithin(decoding.limits.payload, shape);
  if ("problem" in size) return { ...size, trailingZeros: 0 };
  const text = limitText(limit, decoding);
  if (size.exact && size.bytes > limit) return { ...tooLarge(size.bytes, text), trailingZeros: 0 };
  const bounded = { bytes: Math.min(size.bytes, limit), exact: size.exact };
  const result = decodeAtOnce(decoding.codecs, shape.codec, stored.subarray(shape.at), bounded);
  return result.ok ? result : { ...failure(shape, bounded, result, text), trailingZeros: 0 };
}

/** How many bytes there should be, at most `limit`. */
function sizeWithin(limit: number, { size }: PayloadShape): CodecSize | { readonly problem: Problem } {
  if (size === undefined) return { bytes: limit, exact: false };
  return size <= BigInt(limit) ? { bytes: Number(size), exact: true } : tooLarge(size, `the limit of ${limit} (payloadLimit)`);
}

function tooLarge(size: bigint | number, limit: string): { readonly problem: Problem } {
  return problem("CMP-LIMIT", 0, `UncompressedSize is ${size}, above ${limit}`);
}

function limitText(limit: number, { limits }: Decoding): string {
  return limit < limits.payload
    ? `the limit of ${limit} for what is held at once (wholeLimit)`
    : `the limit of ${limit} (payloadLimit)`;
}

interface Failure {
  readonly reason: string;
  readonly at: number;
  /** With reason `window`: the bytes that the data asks for. */
  readonly window?: number;
}

function failure({ name, at }: PayloadShape, size: CodecSize, { reason, at: position, window }: Failure, limit: string) {
  const where = `${name} at payload offset ${at}`;
  if (reason === "exceeds" && !size.exact) return problem("CMP-LIMIT", at + position, `${where} yields more than ${limit}`);
  if (reason === "window" && window !== undefined) {
    return problem("CMP-LIMIT", at + position, `${where} needs a window of ${window} bytes, above the limit (windowLimit)`);
  }
  if (reason === "memory") return problem("CMP-LIMIT", at + position, `${where} needs more memory than is there`);
  const expected = size.exact ? `, expected ${size.bytes} bytes` : "";
  return problem("CMP-SIZE", at + position, `${where}: ${reason}${expected}`);
}

function shapeless(stored: Uint8Array, compression: Compression): Problem {
  if (compression === "reserved") return problem("BLK-COMPALGO", 0, "CompAlgo 3 is reserved").problem;
  const message = `The stored ${stored.length} bytes are no ${compression} data in any known shape`;
  return problem("CMP-SIZE", 0, message).problem;
}

function problem(id: LintId, at: number, message: string): { readonly problem: Problem } {
  return { problem: { id, at, message } };
}
