/** Checks that a written capture holds the intended regions, without using the library. */
import { blake3Wasm } from "../../peers/blake3.js";

const FILE_HEADER_BYTES = 64;
const HEADER_BYTES = 80;
const PREV_HASH_AT = 48;
const HASH_BYTES = 32;
const REGION = 0x01;
const END_OF_CAPTURE = 0xfff;
/** Bytes before the compressed data: UncompressedSize, and for LZ4 the block's size too. */
const SIZES_BYTES = { zstd: 8, lz4: 12 } as const;

export interface ExpectedRegions {
  /** The page data of all regions, concatenated. */
  readonly bytes: Uint8Array;
  readonly regionBytes: number;
  readonly stored: "plain" | "zstd" | "lz4";
  /** Decodes the codec's data, which follows the sizes. */
  decode(data: Uint8Array, size: number): Uint8Array;
}

/** Returns a function that checks every PrevHash, FileHash and every byte of page data, and describes the first mistake. */
export async function captureCheck(expected: ExpectedRegions): Promise<(capture: Uint8Array) => string | undefined> {
  const { digest } = await blake3Wasm();
  return (capture) => {
    const view = new DataView(capture.buffer, capture.byteOffset, capture.length);
    let element = capture.subarray(0, FILE_HEADER_BYTES);
    let regions = 0;
    for (let at = FILE_HEADER_BYTES; at < capture.length; at += element.length) {
      const prevHash = capture.subarray(at + PREV_HASH_AT, at + HEADER_BYTES);
      if (!same(prevHash, digest(element))) return `has a wrong PrevHash at ${at}`;
      element = capture.subarray(at, at + view.getUint32(at + 8, true));
      const type = view.getUint16(at + 4, true);
      const payload = element.subarray(HEADER_BYTES);
      if (type === REGION && !holds(payload, regions++, expected)) return `has other page data in region ${regions - 1}`;
      if (type === END_OF_CAPTURE) {
        const count = expected.bytes.length / expected.regionBytes;
        if (regions !== count || at + element.length !== capture.length) return `ends after ${regions} of ${count} regions`;
        return same(payload.subarray(0, HASH_BYTES), digest(capture.subarray(0, at))) ? undefined : "has a wrong FileHash";
      }
    }
    return "has no End-of-Capture";
  };
}

function holds(stored: Uint8Array, region: number, { bytes, regionBytes, stored: how, decode }: ExpectedRegions): boolean {
  const size = Number(new DataView(stored.buffer, stored.byteOffset).getBigUint64(0, true));
  const payload = how === "plain" ? stored : decode(stored.subarray(SIZES_BYTES[how]), size);
  return same(payload.subarray(-regionBytes), bytes.subarray(region * regionBytes, (region + 1) * regionBytes));
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
