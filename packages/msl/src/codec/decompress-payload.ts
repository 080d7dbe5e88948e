/** Decompresses a stored payload: into an array, or to the end without keeping it, if it is too large to be held and is read in pieces afterwards. */

import type { DecodeError } from "@memslice/core-wasm";
import type { LintId } from "../deviations/catalogue.js";
import type { DeviationValues, Report } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import type { SlicedWork } from "../sliced-work.js";
import { readExactly, readInto, type Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import {
  CORE_CODECS,
  type CodecName,
  type CodecSize,
  type Codecs,
  decodeAtOnce,
  decodeInPieces,
  decodesInPieces,
} from "./codecs.js";
import { type DecodedCache, type Readable, SMALL_BYTES } from "./decoded-cache.js";
import type { Decoding } from "./decoding.js";
import { implausibleSize, type PayloadShape, payloadShapes, reportShape } from "./payload-shapes.js";
import { UNITS_PER_PIECE, verifyPieces } from "./piece-source.js";

export type Decompressed =
  | { readonly bytes: Uint8Array; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: Problem };

/** Payloads above this size are decoded one after the other and with pauses. Decoding a smaller payload takes some milliseconds at most. */
const LARGE_BYTES = 256 * 1024;

/** Decompresses a payload into a new array. Compares stated sizes with the limits before it allocates memory. */
export function* decompressWork(
  stored: Uint8Array,
  compression: Compression,
  decoding: Decoding,
  report: Report,
): SlicedWork<Decompressed> {
  let first: Problem | undefined;
  for (const shape of payloadShapes(stored, compression)) {
    const { bytes, problem, trailingZeros } = yield* decompressAsWork(shape, stored, decoding);
    if (bytes) {
      reportShape(shape, trailingZeros, stored.length, report);
      return { bytes };
    }
    first ??= problem;
  }
  return { problem: first ?? shapeless(stored, compression) };
}

/** The payload in an array of the cache if it has at most `limits.held` bytes; otherwise a payload to be read in pieces. Throws `aborted`. */
export async function openPayload(
  stored: Uint8Array,
  compression: Compression,
  decoding: Decoding,
  report: Report,
  signal?: AbortSignal,
): Promise<Readable> {
  let first: Problem | undefined;
  for (const shape of payloadShapes(stored, compression)) {
    const { bytes, array, pieces, problem, trailingZeros } = await openAs(shape, stored, decoding, signal);
    if (!problem) {
      reportShape(shape, trailingZeros, stored.length, report);
      return bytes ? { bytes, array } : { pieces };
    }
    first ??= problem;
  }
  return { problem: first ?? shapeless(stored, compression) };
}

/** Like `openPayload`, for a stored payload that has to be read from a source first. */
export async function openStored(
  stored: Source,
  compression: Compression,
  decoding: Decoding,
  report: Report,
  signal?: AbortSignal,
): Promise<Readable> {
  const { cache, codecs } = decoding;
  // A decoder of the caller may keep the array that it is given.
  const isReplaced = Object.entries(CORE_CODECS).some(([name, codec]) => codecs[name as keyof Codecs] !== codec);
  if (!stored.readInto || isReplaced) {
    return openPayload(await readExactly(stored, 0, stored.size, signal), compression, decoding, report, signal);
  }
  const array = cache.newArray(stored.size);
  const bytes = await readInto(stored, 0, array.subarray(0, stored.size), signal);
  const readable = await openPayload(bytes, compression, decoding, report, signal);
  // Only after success: a source whose read was aborted may still write into the array.
  cache.giveBack(array);
  return readable;
}

type Held = (
  | { readonly bytes: Uint8Array; readonly array?: Uint8Array<ArrayBuffer>; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly array?: undefined; readonly problem: Problem }
) & { readonly trailingZeros: number };

/** Decompresses the stored data, interpreted as `shape`, into a new array. */
export function decompressAsWork(shape: PayloadShape, stored: Uint8Array, decoding: Decoding): SlicedWork<Held> {
  return hold(shape, stored, decoding.limits.whole(stored.length), decoding, undefined);
}

/**
 * Opens the stored data, interpreted as `shape`: decompressed into an array of the cache, or as a payload to be read in pieces. Data to be read in pieces
 * is decoded to its end once, so that no byte of damaged data is returned.
 */
export async function openAs(
  shape: PayloadShape,
  stored: Uint8Array,
  decoding: Decoding,
  signal?: AbortSignal,
): Promise<Readable & { readonly trailingZeros: number }> {
  const { cache, limits } = decoding;
  const { held, payload } = limits;
  const inPieces = decodesInPieces(decoding.codecs, shape.codec);
  const work = hold(shape, stored, inPieces ? held : limits.whole(stored.length), decoding, cache);
  const begun = work.next();
  const whole = begun.done ? begun.value : await decoding.decoders.inTurn(() => runInSlices(work, signal), signal);
  const size = sizeWithin(payload, shape);
  if (!inPieces || whole.problem?.id !== "CMP-LIMIT" || held === payload || "problem" in size) return whole;
  const data = { codec: shape.codec, at: shape.at, size, windowLimit: limits.window };
  const verdict = await verifyPieces(stored, data, decoding.decoders, signal);
  if (!verdict.ok) return { ...failure(shape, size, verdict, limitText(payload, decoding)), trailingZeros: 0 };
  const { size: bytes, trailingZeros } = verdict;
  return { pieces: { ...data, size: { bytes, exact: size.exact } }, trailingZeros };
}

/** Decompresses into an array of the `cache`, or without `cache` into a new array. A large payload allocates no memory before the first yield. */
function* hold(
  shape: PayloadShape,
  stored: Uint8Array,
  limit: number,
  decoding: Decoding,
  cache: DecodedCache | undefined,
): SlicedWork<Held> {
  const implausible = implausibleSize(shape, stored.length);
  if (implausible) return { problem: implausible, trailingZeros: 0 };
  const size = sizeWithin(decoding.limits.payload, shape);
  if ("problem" in size) return { problem: size.problem, trailingZeros: 0 };
  const text = limitText(limit, decoding);
  if (size.exact && size.bytes > limit) return { problem: tooLarge(size.bytes, text).problem, trailingZeros: 0 };
  const bounded = { bytes: Math.min(size.bytes, limit), exact: size.exact };
  const data = stored.subarray(shape.at);
  const isSmall = bounded.bytes <= SMALL_BYTES;
  const result =
    !isSmall && decodesInPieces(decoding.codecs, shape.codec)
      ? yield* gather(shape.codec, data, bounded, cache)
      : decodeAtOnce(decoding.codecs, shape.codec, data, bounded);
  return result.ok ? result : { problem: failure(shape, bounded, result, text).problem, trailingZeros: 0 };
}

interface Gathered {
  readonly ok: true;
  readonly bytes: Uint8Array;
  readonly array?: Uint8Array<ArrayBuffer>;
  readonly trailingZeros: number;
}

function* gather(
  codec: CodecName,
  data: Uint8Array,
  size: CodecSize,
  cache: DecodedCache | undefined,
): SlicedWork<Gathered | DecodeError> {
  const isLarge = size.bytes > LARGE_BYTES;
  if (isLarge) yield 0;
  const pieces = decodeInPieces(codec, data, size);
  if (!("next" in pieces)) return pieces;
  let array: Uint8Array<ArrayBuffer> | undefined;
  try {
    let filled = 0;
    for (let piece = pieces.next(); piece; piece = pieces.next()) {
      // The array is allocated after the first piece was decoded: the stated size of data that does not decode must not allocate memory.
      array ??= cache?.arrayFor(pieces.limit) ?? new Uint8Array(pieces.limit);
      array.set(piece, filled);
      filled += piece.length;
      if (isLarge) yield UNITS_PER_PIECE;
    }
    const { end } = pieces;
    if (!end?.ok) {
      if (cache && array) cache.giveBack(array);
      return end ?? { ok: false, reason: "truncated", at: 0 };
    }
    const bytes = array?.subarray(0, filled) ?? new Uint8Array(0);
    const { trailingZeros } = end;
    if (cache && array) return { ok: true, bytes, array, trailingZeros };
    return { ok: true, bytes: filled === array?.length ? array : bytes.slice(), trailingZeros };
  } catch (error) {
    // Only the allocation of the array throws a RangeError.
    if (error instanceof RangeError) return { ok: false, reason: "memory", at: 0 };
    throw error;
  } finally {
    pieces.release();
  }
}

/** The size that the shape states, or `limit` as an upper bound if the shape states no size. A problem if the stated size is above `limit`. */
function sizeWithin(limit: number, { size }: PayloadShape): CodecSize | { readonly problem: Problem } {
  if (size === undefined) return { bytes: limit, exact: false };
  return size <= BigInt(limit) ? { bytes: Number(size), exact: true } : tooLarge(size, `the limit of ${limit} (payloadLimit)`);
}

function tooLarge(size: bigint | number, limit: string): { readonly problem: Problem } {
  return problem("CMP-LIMIT", 0, `UncompressedSize is ${size}, above ${limit}`, [String(size), limit]);
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
  if (reason === "exceeds" && !size.exact)
    return problem("CMP-LIMIT", at + position, `${where} yields more than ${limit}`, [`more than ${size.bytes} bytes`, limit]);
  if (reason === "window" && window !== undefined) {
    const message = `${where} needs a window of ${window} bytes, above the limit (windowLimit)`;
    return problem("CMP-LIMIT", at + position, message, [window, "windowLimit"]);
  }
  if (reason === "memory")
    return problem("CMP-LIMIT", at + position, `${where} needs more memory than there is`, [size.bytes, "memory"]);
  const expected = size.exact ? `, expected ${size.bytes} bytes` : "";
  const values = [`${name}: ${reason}`, size.exact ? size.bytes : ""];
  return problem("CMP-SIZE", at + position, `${where}: ${reason}${expected}`, values);
}

function shapeless(stored: Uint8Array, compression: Compression): Problem {
  if (compression === "reserved") return problem("BLK-COMPALGO", 0, "CompAlgo 3 is reserved", []).problem;
  const message = `The stored ${stored.length} bytes are no ${compression} data in any known shape`;
  return problem("CMP-SIZE", 0, message, [`${stored.length} other bytes`, `${compression} data`]).problem;
}

function problem(id: LintId, at: number, message: string, values: DeviationValues): { readonly problem: Problem } {
  return { problem: { id, at, message, values } };
}
