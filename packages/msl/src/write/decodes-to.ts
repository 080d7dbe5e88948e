/** Whether compressed data stands for a payload. What it decodes to is compared piece by piece, and never held. */
import { type CodecName, type Codecs, decodeAtOnce, decodeInPieces, decodesInPieces } from "../codec/codecs.js";
import { type PayloadShape, payloadShapes } from "../codec/payload-shapes.js";

export type Comparison =
  | { readonly same: true /** Zero bytes behind the data. */; readonly trailingZeros: number }
  | { readonly same: false; readonly reason: string };

/** Data of any window is decoded: it goes over as it came, or an encoder of ours made it. */
const ANY_WINDOW = 0xffff_ffff;
const WORD = 4;

/** How readers will take the stored bytes; undefined if as none of the shapes there are. */
export function storedShape(stored: Uint8Array, algorithm: "zstd" | "lz4"): PayloadShape | undefined {
  return payloadShapes(stored, algorithm)[0];
}

export function decodesTo(payload: Uint8Array, data: Uint8Array, codec: CodecName, codecs: Codecs): Comparison {
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

/** The index of the first byte that is not the same in both, as far as the shorter one goes; -1 if there is none. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  const words = new DataView(a.buffer, a.byteOffset, length);
  const others = new DataView(b.buffer, b.byteOffset, length);
  let at = 0;
  while (at + WORD <= length && words.getInt32(at, true) === others.getInt32(at, true)) at += WORD;
  while (at < length && a[at] === b[at]) at++;
  return at < length ? at : -1;
}
