/** Encoding of Zstandard frames (RFC 8878). */
import type { Core } from "./core.js";
import { type Encoder, encode, encodedBound, encodeInto } from "./encoder.js";

/** The names of `Level` in assembly/zstd/encode/search.ts, in its order. */
export const ZSTD_LEVELS = ["fast", "default"] as const;
/** `fast` takes the first match that it finds; `default` searches for longer matches, which takes more time. */
export type ZstdLevel = (typeof ZSTD_LEVELS)[number];

/**
 * One frame with its content size, without checksum and dictionary, for decoders that allow windows of 4 MiB (`default`; 1 MiB
 * for `fast`). The same bytes give the same frame.
 *
 * `bytes`: up to 2,113,929,216. Bytes in `core`'s memory are not copied. Default of `core`: a shared one, or for more than
 * 128 MiB one that is given up after the call. Throws a `RangeError` for more bytes, or when linear memory has no room.
 */
export function encodeZstd(bytes: Uint8Array, level: ZstdLevel = "fast", core?: Core): Uint8Array<ArrayBuffer> {
  return encode(encoderFor(level), bytes, core);
}

/**
 * As `encodeZstd`, to the begin of `output`, which has at least `zstdBound(bytes.length)` bytes and does not overlap `bytes`.
 * Returns the length of the frame. Output in `core`'s memory is not copied. Where that memory is not shared and grows, it detaches
 * views on it: acquire the areas of all calls first, or take new views.
 */
export function encodeZstdInto(bytes: Uint8Array, output: Uint8Array, level: ZstdLevel = "fast", core?: Core): number {
  return encodeInto(encoderFor(level), bytes, output, core);
}

/** The most bytes that a frame of `length` bytes takes. */
export function zstdBound(length: number, core?: Core): number {
  return encodedBound(ENCODERS.fast, length, core);
}

const ENCODERS: Readonly<Record<ZstdLevel, Encoder>> = { fast: encoderOf("fast"), default: encoderOf("default") };

/** Throws a `TypeError` for a level that does not exist. */
function encoderFor(level: ZstdLevel): Encoder {
  if (Object.hasOwn(ENCODERS, level)) return ENCODERS[level];
  throw new TypeError(`encodeZstd has the levels ${ZSTD_LEVELS.join(" and ")}, and not ${String(level)}`);
}

function encoderOf(name: ZstdLevel): Encoder {
  const level = ZSTD_LEVELS.indexOf(name);
  return {
    bound: (kernels, length) => kernels.zstdEncodeBound(length),
    workspaceSize: (kernels, length) => kernels.zstdEncodeWorkspaceSize(length, level),
    encode: (kernels, { source, length, destination, workspace }) =>
      kernels.zstdEncode(source, length, destination, level, workspace),
  };
}
