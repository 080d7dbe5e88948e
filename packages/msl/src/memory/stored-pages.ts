/**
 * The place of a region's page data, and how much of it the capture holds. In MSL 0.1 (libmsl, memslicer 0.1) page data may be compressed without a flag
 * that says so: a zstd frame, or a u32 size and an LZ4 block, filled with zeros to a multiple of 8 bytes. Plain page data is recognised by its length,
 * which follows from the page-state map.
 */
import { type DecodedPayload, HeldSource, type Readable } from "../codec/decoded-cache.js";
import type { Decoding } from "../codec/decoding.js";
import { decompressAsWork, openAs } from "../codec/decompress-payload.js";
import type { PayloadShape } from "../codec/payload-shapes.js";
import { PieceSource } from "../codec/piece-source.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import { PADDING_MOST, type Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-map.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import {
  type InflatedPageData,
  type InflatePageData,
  neededPageData,
  type PageDataCompression,
  shortDataPadding,
  trailingZeros,
  wholePageData,
} from "../format/payloads/page-data.js";
import type { SlicedWork } from "../sliced-work.js";
import { BytesSource, type Source, SourceSlice } from "../source/source.js";
import type { PayloadAgain, RegionParts, WholePayload } from "./region-parts.js";

export interface StoredPages {
  /** The bytes of the captured pages, and any bytes behind them. */
  readonly source: Source;
  /** The compression of the page data inside the payload, which only MSL 0.1 has; null for plain data. */
  readonly compression: PageDataCompression | null;
  /** Bytes of `source` that belong to captured pages: without surplus behind them, and without padding in place of missing bytes. */
  readonly held: number;
  /** Why compressed page data cannot be read: a limit forbids it, or it does not decode. In the second case `source` is empty. */
  readonly problem?: Problem | undefined;
  /** Deviations of a compressed payload that were found when it was decompressed for the page data. */
  readonly ofCompression?: readonly Deviation[] | undefined;
}

type FoundPages = Omit<StoredPages, "held">;

/** The page data of a region, if nothing has to be read to find it. */
export function plainPages(parts: RegionParts, pages: PageMap): StoredPages | undefined {
  const { begun, head, payload, mayPad } = parts;
  if (begun || head.layout === "0.1" || (mayPad && shortDataPadding(head, pages, payload.size))) return undefined;
  const source = behindHead(parts, payload);
  return { source, compression: null, held: Math.min(source.size, neededPageData(head, pages)) };
}

/** Throws `changed` if the payload differs from the payload by whose start the region was found. `whole`: opens a payload that was begun. */
export async function locatePageData(
  parts: RegionParts,
  pages: PageMap,
  signal: AbortSignal | undefined,
  whole = parts.begun?.whole,
): Promise<StoredPages> {
  const found =
    parts.begun && whole
      ? await findInWhole(parts, parts.begun, await whole(signal), pages, signal)
      : await find(parts, parts.payload, pages, signal);
  const needed = Math.min(found.source.size, neededPageData(parts.head, pages));
  const isPlain = found.compression === null && !found.problem;
  const { source, compression, problem, ofCompression } = found;
  const held = isPlain ? needed - (await paddingIn(parts, pages, signal)) : needed;
  return { source, compression, held, problem, ofCompression };
}

/** The number of zeros at the end of short page data that may be padding of the payload. */
async function paddingIn(
  { head, payload, mayPad }: RegionParts,
  pages: PageMap,
  signal: AbortSignal | undefined,
): Promise<number> {
  const padding = mayPad ? shortDataPadding(head, pages, payload.size) : undefined;
  return padding ? trailingZeros(await payload.read(padding.start, padding.end - padding.start, signal)) : 0;
}

/** For a region that was found by the start of its payload: compares the start with that of the decompressed payload. */
async function findInWhole(
  parts: RegionParts,
  begun: PayloadAgain,
  { payload, problem, deviations: ofCompression }: WholePayload,
  pages: PageMap,
  signal: AbortSignal | undefined,
): Promise<FoundPages> {
  if (problem) return { source: new BytesSource(new Uint8Array(0)), compression: null, problem, ofCompression };
  const { size } = parts.payload;
  const start = payload.size === size ? await payload.read(0, Math.min(parts.head.dataOffset, size), signal) : undefined;
  if (!start || !begun.isStart(start)) {
    const { index } = parts.block;
    const message = `The payload of block ${index} is not the one whose head was read: the capture was changed while it was open`;
    throw new MslError("changed", message, { block: index });
  }
  const found = await find(parts, payload, pages, signal);
  return { source: found.source, compression: found.compression, problem: found.problem, ofCompression };
}

/** The bytes of a payload behind the page-state map. */
function behindHead({ head }: RegionParts, payload: Source): Source {
  const at = Math.min(head.dataOffset, payload.size);
  return new SourceSlice(payload, at, payload.size - at);
}

async function find(parts: RegionParts, payload: Source, pages: PageMap, signal: AbortSignal | undefined): Promise<FoundPages> {
  const { block, head, decoding } = parts;
  const stored = behindHead(parts, payload);
  if (head.layout !== "0.1") return { source: stored, compression: null };
  const compression = legacyCompression(head, pages, await stored.read(0, Math.min(4, stored.size), signal));
  if (!compression) return { source: stored, compression: null };
  const { cache, decoders, limits } = decoding;
  // Page data passes this limit only if the block's payload is compressed as well, so that it expands to more bytes than the block stores.
  const limit = limits.whole(block.payloadLength);
  if (stored.size > limit) {
    const message = `The compressed page data has ${stored.size} bytes, above the limit of ${limit} for what is held at once (wholeLimit)`;
    const problem: Problem = { id: "CMP-LIMIT", at: head.dataOffset, message, values: [stored.size, limit] };
    return { source: stored, compression, problem };
  }
  const load = async (given?: AbortSignal): Promise<DecodedPayload> => {
    const bytes = await stored.read(0, stored.size, given);
    return { ...(await openLegacyPageData(compression, head, pages, bytes, decoding, given)), deviations: [] };
  };
  const key = `pages ${block.index}`;
  const name = `The page data of block ${block.index}`;
  const open = ({ bytes, pieces, problem }: DecodedPayload): FoundPages => {
    if (problem) {
      const source = problem.id === "CMP-LIMIT" ? stored : new BytesSource(new Uint8Array(0));
      return { source, compression, problem: { ...problem, at: head.dataOffset + problem.at } };
    }
    if (bytes) return { source: new HeldSource({ cache, key, load, name, size: bytes.length }), compression };
    const read = (given?: AbortSignal) => stored.read(0, stored.size, given);
    return { source: new PieceSource(name, pieces, read, decoders), compression };
  };
  return cache.borrow(key, load, open, signal);
}

const ZSTD_MAGIC = 0xfd2fb528;

/** Detects the compression of MSL 0.1 by the length and the first four bytes of the data. Undefined for plain data, also if it is too short. */
function legacyCompression(head: RegionHead, pages: PageMap, start: Uint8Array): PageDataCompression | undefined {
  const needed = neededPageData(head, pages);
  const held = head.dataLength;
  const isPlain = [needed, wholePageData(head, pages)].some((size) => held >= size && held <= size + PADDING_MOST);
  if (head.layout !== "0.1" || isPlain || start.length < 4) return undefined;
  const word = new DataView(start.buffer, start.byteOffset).getUint32(0, true);
  if (word === ZSTD_MAGIC) return "zstd";
  return (word === needed || word === wholePageData(head, pages)) && held < word + word / 255 + 32 ? "lz4" : undefined;
}

/** Decompresses page data of MSL 0.1. Returns a problem if data that looks compressed does not decode: such data must not be taken for pages. */
async function openLegacyPageData(
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

/** Recognises the page data of MSL 0.1 in a payload in memory, and decompresses it. */
export function legacyPageDataInflater(decoding: Decoding): InflatePageData {
  return (head, pages, stored) => {
    const compression = legacyCompression(head, pages, stored.subarray(0, 4));
    return compression && inflateWork(compression, head, pages, stored, decoding);
  };
}

function* inflateWork(
  compression: PageDataCompression,
  head: RegionHead,
  pages: PageMap,
  stored: Uint8Array,
  decoding: Decoding,
): SlicedWork<InflatedPageData> {
  const problems: Problem[] = [];
  for (const shape of shapesOf(compression, head, pages)) {
    const { bytes, problem } = yield* decompressAsWork(shape, stored, decoding);
    if (bytes) return { compression, bytes };
    problems.push(problem);
  }
  const problem = mostTelling(problems);
  return { compression, problem: { ...problem, at: head.dataOffset + problem.at } };
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
