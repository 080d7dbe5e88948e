/**
 * Page data of MSL 0.1 (libmsl, memslicer 0.1), which may be compressed without a flag that says so: a zstd frame, or a u32 size and an LZ4 block,
 * filled with zeros to a multiple of 8 bytes. Plain page data is recognised by its length, which follows from the page-state map.
 */

import type { Problem } from "../format/layout/decode.js";
import { PADDING_MOST } from "../format/layout/fits.js";
import type { PageMap } from "../format/page-states.js";
import type { InflatePageData, PageDataCompression } from "../format/payloads/decode-payload.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { neededPageData, wholePageData } from "../format/payloads/page-data.js";
import type { Readable } from "./decoded-cache.js";
import type { Decoding } from "./decoding.js";
import { decompressAsWork, openAs } from "./decompress-payload.js";
import type { PayloadShape } from "./payload-shapes.js";

const ZSTD_MAGIC = 0xfd2fb528;

/** Detects the compression by the length and the first four bytes of the data. Undefined for plain data, also if it is too short. */
export function legacyCompression(head: RegionHead, pages: PageMap, start: Uint8Array): PageDataCompression | undefined {
  const needed = neededPageData(head, pages);
  const held = head.dataLength;
  const isPlain = [needed, wholePageData(head, pages)].some((size) => held >= size && held <= size + PADDING_MOST);
  if (head.layout !== "0.1" || isPlain || start.length < 4) return undefined;
  const word = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (word === ZSTD_MAGIC) return "zstd";
  return (word === needed || word === wholePageData(head, pages)) && held < word + word / 255 + 32 ? "lz4" : undefined;
}

/** Decompresses page data. Returns a problem if data that looks compressed does not decode: such data must not be taken for pages. */
export async function openLegacyPageData(
  compression: PageDataCompression,
  head: RegionHead,
  pages: PageMap,
  stored: Uint8Array,
  decoding: Decoding,
  signal?: AbortSignal,
): Promise<Readable> {
  const problems: Problem[] = [];
  for (const shape of shapesOf(compression, head, pages)) {
    const { trailingZeros: _, ...readable } = await openAs(shape, stored, decoding, signal);
    if (!readable.problem) return readable;
    problems.push(readable.problem);
  }
  return { problem: mostTelling(problems) };
}

/** Recognises and decompresses the page data of a payload in memory. */
export function legacyPageDataInflater(decoding: Decoding): InflatePageData {
  return function* (head, pages, stored) {
    const compression = legacyCompression(head, pages, stored.subarray(0, 4));
    if (!compression) return undefined;
    const problems: Problem[] = [];
    for (const shape of shapesOf(compression, head, pages)) {
      const { bytes, problem } = yield* decompressAsWork(shape, stored, decoding);
      if (bytes) return { compression, bytes };
      problems.push(problem);
    }
    const problem = mostTelling(problems);
    return { compression, problem: { ...problem, at: head.dataOffset + problem.at } };
  };
}

/** Chooses the problem to report: one of a limit, since the caller can raise the limit; otherwise that of the first size, which is the likelier one. */
function mostTelling(problems: readonly Problem[]): Problem {
  const [first] = problems;
  if (!first) throw new TypeError("There is no problem");
  return problems.find(({ id }) => id === "CMP-LIMIT") ?? first;
}

/** The two shapes that the data may have: with the size of the captured pages, and with the size of all pages. */
function shapesOf(compression: PageDataCompression, head: RegionHead, pages: PageMap): PayloadShape[] {
  const kind =
    compression === "zstd"
      ? ({ name: "zstd page data", codec: "zstd", at: 0 } as const)
      : ({ name: "LZ4 page data", codec: "lz4Block", at: 4 } as const);
  return [neededPageData(head, pages), wholePageData(head, pages)].map((size) => ({ ...kind, size: BigInt(size) }));
}
