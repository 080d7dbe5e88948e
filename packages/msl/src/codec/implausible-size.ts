/** An UncompressedSize that no data of the stored length can have: known before anything is decoded, and a fault whatever the limits are. */
import { type CompressedFormat, MOST_EXPANSION, mostDecodedBytes } from "@memslice/core-wasm";
import type { Problem } from "../format/layout/decode.js";
import type { CodecName } from "./codecs.js";
import type { PayloadShape } from "./payload-shapes.js";

const FORMATS: Record<CodecName, CompressedFormat> = { zstd: "zstd", lz4Frame: "lz4", lz4Block: "lz4" };

/** What is wrong about the stated size of a payload of which `stored` bytes are stored; undefined where it can be true. */
export function implausibleSize({ name, codec, size, at }: PayloadShape, stored: number): Problem | undefined {
  const format = FORMATS[codec];
  const length = stored - at;
  if (size === undefined || size <= BigInt(mostDecodedBytes(format, length))) return undefined;
  const claimed = `${size / BigInt(Math.max(1, length))}:1`;
  const most = `${format} expands ${MOST_EXPANSION[format]}:1 at most`;
  const message = `UncompressedSize is ${size} for a ${name} of ${length} bytes at payload offset ${at}: ${claimed}, and ${most}`;
  return { id: "CMP-SIZE", at: 0, message };
}
