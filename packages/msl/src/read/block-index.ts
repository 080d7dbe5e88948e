/** The index of a capture: one fixed-size record per block, made by walking block headers only. */
import { BlockRecords } from "@memslice/core-wasm";
import { throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE, isEndOfCapture } from "../format/block-header.js";
import type { BlockPlace } from "../format/block-info.js";
import { BlockType } from "../format/codes.js";
import type { ByteOrder } from "../format/layout/decode.js";
import type { Report } from "../lint/deviation.js";
import type { Source } from "../source/source.js";
import type { StreamEnd } from "./report-end.js";
import { findBlockHeader, type Gap, SalvageWalk, type WalkRules } from "./salvage.js";
import { WalkWindow } from "./walk-window.js";
import { WindowReader } from "./window-reader.js";

/** Bytes searched at a time behind damage. */
const SEARCH_WINDOW = 1024 * 1024;

export class BlockIndex {
  readonly records: BlockRecords;
  readonly end: StreamEnd;
  /** Stretches between blocks that a salvaging walk passed over. */
  readonly gaps: readonly Gap[];
  readonly #cuts: ReadonlyMap<number, number>;
  readonly #firstSalvaged: number;

  /** `strict`: what follows End-of-Capture is trailing data, whatever it looks like. */
  constructor(walk: SalvageWalk, dataEnd: number, strict: boolean) {
    const { records, next, status } = walk;
    const truncatedBlock = next > dataEnd ? records.count - 1 : null;
    this.records = records;
    this.gaps = walk.gaps;
    this.#cuts = walk.cuts;
    this.#firstSalvaged = walk.firstSalvaged ?? Number.POSITIVE_INFINITY;
    const eocIndex = this.#firstEndOfCapture(dataEnd);
    const eocEnd = eocIndex === null ? null : records.offset(eocIndex) + records.length(eocIndex);
    this.end =
      strict && eocIndex !== null && eocEnd !== null
        ? { end: "end", blocks: eocIndex + 1, eocIndex, eocEnd, truncatedBlock: null, trailingBytes: dataEnd - eocEnd, dataEnd }
        : {
            end: status === "more" ? "end" : status,
            blocks: records.count,
            eocIndex,
            eocEnd,
            truncatedBlock,
            trailingBytes: Math.max(0, dataEnd - next),
            dataEnd,
          };
  }

  get length(): number {
    return this.end.blocks;
  }

  /** What a block's own header does not say about it. */
  placeOf(index: number): BlockPlace {
    const { eocIndex, dataEnd } = this.end;
    return {
      index,
      dataEnd: this.#cuts.get(index) ?? dataEnd,
      afterEoc: eocIndex !== null && index > eocIndex,
      salvageEvidence: index >= this.#firstSalvaged ? "header" : null,
    };
  }

  /** Reports what a salvaging walk passed over. */
  reportSalvage(report: Report): void {
    for (const { offset, length } of this.gaps) {
      report({
        id: "BLK-FRAMING",
        message: `No block starts at offset ${offset}, where one should; blocks go on ${length} bytes later`,
        offset,
      });
    }
    for (const [index, end] of this.#cuts) {
      const offset = this.records.offset(index);
      report({
        id: "BLK-TRUNCATED",
        message: `Block ${index} has a BlockLength of ${this.records.length(index)}, which passes the end of the data; a block was found at offset ${end}`,
        offset,
        field: "length",
      });
    }
  }

  #firstEndOfCapture(dataEnd: number): number | null {
    const { records } = this;
    const next = (from: number) => records.indexOfType(BlockType.EndOfCapture, from);
    for (let i = next(0); i >= 0; i = next(i + 1)) {
      if (isEndOfCapture(records.type(i), records.length(i)) && records.offset(i) + records.length(i) <= dataEnd) return i;
    }
    return null;
  }
}

export interface IndexOptions {
  readonly salvage?: boolean;
  readonly strict?: boolean;
  readonly byteOrder?: ByteOrder;
}

function rulesOf({ salvage = false, byteOrder = "little" }: IndexOptions): WalkRules {
  return { salvage, bigEndian: byteOrder === "big" };
}

/** Indexes bytes in memory. */
export function indexBytes(bytes: Uint8Array, firstBlock: number, options: IndexOptions): BlockIndex {
  const walk = new SalvageWalk(new BlockRecords(), firstBlock, bytes.length, rulesOf(options));
  walk.walk(bytes, 0);
  for (let from = walk.searchFrom; from !== null; from = walk.searchFrom) {
    const found = findBlockHeader(bytes.subarray(from), from, bytes.length, walk.bigEndian);
    if (found < 0) break;
    walk.resume(found);
    walk.walk(bytes, 0);
  }
  return new BlockIndex(walk, bytes.length, options.strict ?? false);
}

/** Indexes a source by reading windows around headers; payloads between them are not read, unless a salvaging walk has to search them. */
export async function indexSource(
  source: Source,
  firstBlock: number,
  options: IndexOptions & { readonly signal?: AbortSignal },
): Promise<BlockIndex> {
  const { signal } = options;
  const walk = new SalvageWalk(new BlockRecords(), firstBlock, source.size, rulesOf(options));
  await walkSource(walk, source, signal);
  for (let from = walk.searchFrom; from !== null; from = walk.searchFrom) {
    const found = await searchSource(source, from, walk.bigEndian, signal);
    if (found < 0) break;
    walk.resume(found);
    await walkSource(walk, source, signal);
  }
  return new BlockIndex(walk, source.size, options.strict ?? false);
}

async function walkSource(walk: SalvageWalk, source: Source, signal: AbortSignal | undefined): Promise<void> {
  const window = new WalkWindow(source.metered ?? false);
  const reader = new WindowReader(source);
  while (walk.walking) {
    throwIfAborted(signal);
    const start = walk.next;
    const blocksBefore = walk.records.count;
    walk.walk(await reader.read(start, window.length, signal), start);
    window.found(walk.records.count - blocksBefore, walk.next - start);
  }
}

/** Windows overlap by a header less one byte, so that none is cut in two. */
async function searchSource(source: Source, from: number, bigEndian: boolean, signal: AbortSignal | undefined): Promise<number> {
  for (let start = from; start + BLOCK_HEADER_SIZE <= source.size; start += SEARCH_WINDOW - BLOCK_HEADER_SIZE + 1) {
    throwIfAborted(signal);
    const window = await source.read(start, Math.min(SEARCH_WINDOW, source.size - start), signal);
    const found = findBlockHeader(window, start, source.size, bigEndian);
    if (found >= 0) return found;
  }
  return -1;
}
