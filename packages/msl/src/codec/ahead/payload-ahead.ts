/** Which payloads may be decompressed before they are asked for. */
import type { Compression } from "../../format/codes.js";
import type { Source } from "../../source/source.js";
import { decodesInPieces } from "../codecs.js";
import type { Decoding } from "../decoding.js";
import { payloadShapes } from "../payload-shapes.js";

/** A compressed payload and where its block stands in the capture. */
export interface PayloadAhead {
  readonly position: number;
  readonly compression: Compression;
  readonly stored: Source;
}

/**
 * The most bytes that the payload may have, of one that would be held at once; undefined for others, whose size is not stated or which a decoder
 * that was plugged in has to decompress: functions cannot be handed to another thread.
 */
export function heldSize(stored: Uint8Array, compression: Compression, { codecs, limits }: Decoding): number | undefined {
  const shapes = payloadShapes(stored, compression);
  let most = 0;
  for (const { codec, size } of shapes) {
    if (size === undefined || size > BigInt(limits.held) || !decodesInPieces(codecs, codec)) return undefined;
    most = Math.max(most, Number(size));
  }
  return shapes.length > 0 ? most : undefined;
}
