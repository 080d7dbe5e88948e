/**
 * Page data of MSL 0.1 (libmsl, memslicer 0.1): compressed or not, and no flag says which. A zstd frame, or an LZ4 block behind its u32
 * size, zero-filled to 8 bytes; told from plain pages by the bytes that the page-state map asks for.
 */
import type { PageMap } from "../format/page-states.js";
import type { InflatePageData, PageDataCompression } from "../format/payloads/decode-payload.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { neededPageData, wholePageData } from "../format/payloads/page-data.js";
import type { Decoding } from "./decoding.js";

const ZSTD_MAGIC = 0xfd2fb528;
const PADDING_MOST = 7;

/** How the data seems to be stored, by its length and its first four bytes; undefined for plain or short data. */
export function legacyCompression(head: RegionHead, pages: PageMap, start: Uint8Array): PageDataCompression | undefined {
  const needed = neededPageData(head, pages);
  const held = head.dataLength;
  const isPlain = [needed, wholePageData(head, pages)].some((size) => held >= size && held <= size + PADDING_MOST);
  if (head.layout !== "0.1" || isPlain || start.length < 4) return undefined;
  const word = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (word === ZSTD_MAGIC) return "zstd";
  return (word === needed || word === wholePageData(head, pages)) && held < word + word / 255 + 32 ? "lz4" : undefined;
}

/** The pages behind `stored`, or undefined if it does not decode to what the map asks for. */
export function decodeLegacyPageData(
  compression: PageDataCompression,
  head: RegionHead,
  pages: PageMap,
  stored: Uint8Array,
  { codecs, payloadLimit }: Decoding,
): Uint8Array | undefined {
  for (const size of [neededPageData(head, pages), wholePageData(head, pages)]) {
    if (size > payloadLimit) return undefined;
    const result =
      compression === "zstd" ? codecs.zstd(stored, { bytes: size, exact: true }) : codecs.lz4Block(stored.subarray(4), size);
    if (result.ok) return result.bytes;
  }
  return undefined;
}

/** For payloads in memory: decides and decodes in one go. */
export function legacyPageDataInflater(decoding: Decoding): InflatePageData {
  return (head, pages, stored) => {
    const compression = legacyCompression(head, pages, stored.subarray(0, 4));
    const bytes = compression && decodeLegacyPageData(compression, head, pages, stored, decoding);
    return compression && bytes ? { compression, bytes } : undefined;
  };
}
