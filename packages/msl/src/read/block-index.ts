/** The index of a capture: one fixed-size record per block, made by walking block headers only; and the evidence for its dialect. */
import { BlockRecords } from "@memslice/core-wasm";
import type { Deviation } from "../deviations/deviation.js";
import { type BlockPlace, SALVAGE_EVIDENCE } from "../format/block-header.js";
import { countOfEvidence, type Evidence, peekedBlocks } from "../format/dialects/evidence.js";
import type { FileHeader } from "../format/file-header.js";
import type { ByteOrder } from "../format/layout/decode.js";
import { isImplementedHash } from "../hash/hash-algorithm.js";
import { type LimitOptions, requireBlocksWithin } from "../options/limits.js";
import { WindowReader } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { runInSlices, TimeSlice } from "../source/time-slice.js";
import type { Head } from "./read-head.js";
import type { StreamEnd } from "./report-structure.js";
import type { SalvageHashing } from "./salvage/link-hashes.js";
import { WalkedStarts, WalkWindow } from "./walk-window.js";
import { type Gap, WalkedBlocks } from "./walked-blocks.js";

export class BlockIndex {
  readonly records: BlockRecords;
  readonly end: StreamEnd;
  /** Bytes between blocks that the search behind damage skipped. */
  readonly gaps: readonly Gap[];
  /** The number of blocks before the first salvaged block. Blocks that were found by searching behind damage are salvaged. */
  readonly intact: number;
  /** What the search behind damage reported; without `salvage`, nothing. */
  readonly salvageDeviations: readonly Deviation[];
  /** The first bytes of region payloads that the walk has read. The listing of regions needs each of them once. */
  readonly starts: WalkedStarts;
  readonly #walked: WalkedBlocks;

  /** `strict`: all bytes behind End-of-Capture are trailing data, even if they look like blocks. */
  constructor(walked: WalkedBlocks, strict: boolean, salvageDeviations: readonly Deviation[], starts = new WalkedStarts()) {
    this.salvageDeviations = salvageDeviations;
    this.starts = starts;
    const { records, next, status, dataEnd, evidence, eocIndex, truncatedBlock } = walked;
    this.records = records;
    this.gaps = walked.gaps;
    this.intact = walked.intact;
    this.#walked = walked;
    const eocEnd = eocIndex === null ? null : records.offset(eocIndex) + records.length(eocIndex);
    const salvaged = evidence.length;
    const endsThere = strict && eocIndex !== null && eocEnd !== null;
    this.end = {
      reason: endsThere || status === "more" ? "end" : status,
      blocks: endsThere ? eocIndex + 1 : records.count,
      salvaged,
      eocIndex,
      eocEnd,
      truncatedBlock: endsThere ? null : truncatedBlock,
      trailingBytes: endsThere ? dataEnd - eocEnd : Math.max(0, dataEnd - next),
      dataEnd,
    };
  }

  get length(): number {
    return this.end.blocks;
  }

  /** The offset where the block ends, or where the data ends if that is inside the block. */
  endOf(index: number): number {
    return Math.min(this.records.offset(index) + this.records.length(index), this.#dataEndOf(index));
  }

  #dataEndOf(index: number): number {
    return this.#walked.cut?.index === index ? this.#walked.cut.end : this.end.dataEnd;
  }

  /** The properties of a block that are not in its header. */
  placeOf(index: number): BlockPlace {
    const { eocIndex } = this.end;
    return {
      index,
      dataEnd: this.#dataEndOf(index),
      afterEoc: eocIndex !== null && index > eocIndex,
      // The comparison comes first: reading `evidence` at an index below 0 takes longer than making the block.
      salvageEvidence: index < this.intact ? null : (this.#walked.evidence[index - this.intact] ?? null),
    };
  }

  /** All blocks: first the blocks that are not salvaged, in file order; then the salvaged blocks, those with the strongest evidence first. */
  *byTrust(): Generator<number> {
    for (let block = 0; block < Math.min(this.intact, this.length); block++) yield block;
    for (const wanted of SALVAGE_EVIDENCE) {
      for (const [i, evidence] of this.#walked.evidence.entries()) if (evidence === wanted) yield this.intact + i;
    }
  }
}

export interface IndexOptions {
  readonly salvage?: boolean;
  readonly strict?: boolean;
  readonly byteOrder?: ByteOrder;
  /** The hash of the capture, evidence for the search behind damage; absent if the algorithm is not implemented. */
  readonly hashing?: SalvageHashing | undefined;
}

/** Loads the search behind damage. */
export type LoadSalvage = () => Promise<
  Pick<typeof import("./salvage/salvage-search.js"), "runOnSource" | "salvage" | "salvageDeviations">
>;

/** `lead`: the bytes before the blocks, as far as FileHash covers them. Undefined if the hash algorithm is not implemented. */
export function salvageHashing(header: FileHeader, lead: readonly Uint8Array[]): SalvageHashing | undefined {
  if (!isImplementedHash(header.hashAlgo)) return undefined;
  const firstBlock = header.encrypted ? 0 : header.headerSize;
  return { algorithm: header.hashAlgo, lead, firstBlock, linked: !header.encrypted };
}

/**
 * The blocks that are evidence about the writer of the capture. Salvaged blocks are left out: they may be memory of the captured process that looks
 * like blocks. A FileHash that matches does not show that they are blocks, because FileHash covers captured memory as well.
 */
export function blocksOfWriter({ records, intact, end }: BlockIndex): { records: BlockRecords; eocIndex: number | null } {
  return { records: records.first(intact), eocIndex: end.eocIndex !== null && end.eocIndex < intact ? end.eocIndex : null };
}

export interface SourceIndexOptions extends IndexOptions, Pick<LimitOptions, "blockLimit"> {
  /** Needed with `salvage`. */
  readonly loadSalvage?: LoadSalvage;
  readonly signal?: AbortSignal;
}

/** Indexes a source. Reads windows around block headers; reads payloads only for a search behind damage. */
export async function indexSource(source: Source, firstBlock: number, options: SourceIndexOptions): Promise<BlockIndex> {
  const { signal } = options;
  const walked = new WalkedBlocks(new BlockRecords(), firstBlock, source.size, options.byteOrder === "big");
  const starts = new WalkedStarts();
  await walkSource(walked, starts, source, options);
  let deviations: readonly Deviation[] = [];
  if (options.salvage && options.loadSalvage) {
    const { runOnSource, salvage, salvageDeviations } = await options.loadSalvage();
    await runOnSource(salvage(walked, options.hashing, options), source, signal);
    deviations = await runInSlices(salvageDeviations(walked), signal);
  }
  return new BlockIndex(walked, options.strict ?? false, deviations, starts);
}

async function walkSource(
  walked: WalkedBlocks,
  starts: WalkedStarts,
  source: Source,
  options: Pick<LimitOptions, "blockLimit"> & { readonly signal?: AbortSignal },
): Promise<void> {
  const { signal } = options;
  const window = new WalkWindow(source.metered ?? false);
  const reader = new WindowReader(source);
  const slice = new TimeSlice(signal);
  while (walked.walking) {
    const start = walked.next;
    const blocksBefore = walked.records.count;
    const bytes = await reader.read(start, window.length, signal);
    walked.walk(bytes, start);
    const blocks = walked.records.count - blocksBefore;
    requireBlocksWithin(options, walked.records.count, walked.next);
    if (window.isForOneHeader) starts.keep(bytes, start, walked.records, blocksBefore);
    window.found(blocks, walked.next - start);
    if (slice.isSpent(1 + blocks)) await slice.renew();
  }
}

/** The evidence for the dialect of an indexed capture. */
export async function readEvidence(
  source: Source,
  { header, headerBytes }: Head,
  index: BlockIndex,
  signal: AbortSignal | undefined,
): Promise<Evidence> {
  const { dataEnd } = index.end;
  const { records, eocIndex } = blocksOfWriter(index);
  const peeked = new Map<number, Uint8Array>();
  for (const [position, bytes] of await runInSlices(peekedBlocks(header, records, eocIndex), signal)) {
    const offset = records.offset(position);
    peeked.set(position, await source.read(offset, Math.min(bytes, dataEnd - offset), signal));
  }
  return { header, headerBytes, records, eocIndex, count: countOfEvidence(records, eocIndex), peeked };
}
