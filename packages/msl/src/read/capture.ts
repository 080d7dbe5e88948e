/** A capture that can be read at any offset: indexed once, everything else read when asked for. */
import type { Decoding } from "../codec/decoding.js";
import { decompressPayload } from "../codec/decompress-payload.js";
import { MslError, throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE, PREV_HASH_OFFSET } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { type Dialect, producerOf } from "../format/dialects/dialects.js";
import type { FileHeader } from "../format/file-header.js";
import type { Problem } from "../format/layout/decode.js";
import { hexText } from "../format/layout/uuid-text.js";
import { payloadVersionProblem } from "../format/payloads/decode-payload.js";
import { decodeRegionHead, REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import type { Deviation } from "../lint/deviation.js";
import { strictRejectsBlock } from "../lint/strict-policy.js";
import { AddressSpace } from "../memory/address-space.js";
import { Region } from "../memory/region.js";
import { LazySource, type Source, SourceSlice } from "../source/source.js";
import type { VerifyReport } from "../verify/report.js";
import { type VerifyOptions, verifySource } from "../verify/verify-source.js";
import type { BlockIndex } from "./block-index.js";
import { BlockInfo } from "./block-info.js";
import { type BlockDecoding, type BlockResult, decodeBlock, truncationProblem } from "./decode-block.js";

/** A block of an indexed capture; its bytes are read on demand. */
export class CaptureBlock extends BlockInfo {
  readonly #source: Source;
  readonly #decoding: BlockDecoding;

  constructor(index: BlockIndex, position: number, source: Source, decoding: BlockDecoding) {
    super(index.records, position, index.placeOf(position));
    this.#source = source;
    this.#decoding = decoding;
  }

  /** PrevHash as stored, in hexadecimal. */
  async prevHash(signal?: AbortSignal): Promise<string> {
    return hexText(await this.#source.read(this.offset + PREV_HASH_OFFSET, 32, signal));
  }

  /** The payload as stored: all bytes after the header that the data holds, compressed if the block is. */
  stored(): Source {
    return new SourceSlice(this.#source, this.payloadOffset, this.payloadLength);
  }

  /** Reads the whole payload and decodes it. A block that cannot be decoded comes with its problem and raw bytes. */
  async decode(signal?: AbortSignal): Promise<BlockResult> {
    const stored = this.stored();
    return decodeBlock(this, await readWhole(this, stored, this.#decoding, signal), this.#decoding);
  }

  /**
   * The payload as it was before compression, readable at any offset. With a problem, the stored bytes instead: a payload that is
   * cut off, or that cannot be decompressed.
   */
  async payload(signal?: AbortSignal): Promise<{ payload: Source; problem?: Problem }> {
    throwIfAborted(signal);
    const stored = this.stored();
    const cut = truncationProblem(this);
    if (cut) return { payload: stored, problem: cut };
    if (this.compression === "none") return { payload: stored };
    try {
      const load = () => this.#decoding.cache.get(`payload ${this.index}`, () => this.#decompress());
      const { length } = await load();
      return { payload: new LazySource(length, load) };
    } catch (error) {
      if (error instanceof UnreadablePayload) return { payload: stored, problem: error.problem };
      throw error;
    }
  }

  async #decompress(): Promise<Uint8Array> {
    const stored = await readWhole(this, this.stored(), this.#decoding, undefined);
    const { bytes, problem } = decompressPayload(stored, this.compression, this.#decoding, () => {});
    if (!bytes) throw new UnreadablePayload(problem);
    return bytes;
  }

  /** The block as a region whose page data stays where it is, or the reason why it is none. A truncated region is one. */
  async region(
    signal?: AbortSignal,
  ): Promise<{ region: Region; problem?: undefined } | { region?: undefined; problem: Problem }> {
    const { payload, problem } = await this.payload(signal);
    if (problem && (problem.id !== "BLK-TRUNCATED" || this.compression !== "none")) return { problem };
    const unfit = payloadVersionProblem(this.type, this.payloadVersion);
    if (unfit) return { problem: unfit };
    const start = await payload.read(0, Math.min(REGION_HEAD_SIZE, payload.size), signal);
    const deviations: Deviation[] = [];
    const length = this.truncated ? this.length - BLOCK_HEADER_SIZE : payload.size;
    const result = decodeRegionHead(start, length, this.payloadVersion === 0, (deviation) => deviations.push(deviation));
    if (!result.head) return { problem: result.problem };
    const rejected = this.#decoding.strict ? deviations.find(({ id }) => strictRejectsBlock(id)) : undefined;
    if (rejected) return { problem: { id: rejected.id, at: rejected.offset, message: rejected.message } };
    return { region: new Region(this, result.head, payload, deviations, this.#decoding) };
  }
}

/** Carries the reason out of a shared load; never leaves this file. */
class UnreadablePayload extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Reads all stored bytes of a payload. Throws `limit` above the payload limit. */
async function readWhole(
  block: BlockInfo,
  stored: Source,
  { payloadLimit }: Decoding,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (stored.size > payloadLimit) {
    const message = `The stored payload of block ${block.index} has ${stored.size} bytes, more than the limit of ${payloadLimit}`;
    throw new MslError("limit", message, { block: block.index, offset: block.offset });
  }
  return stored.read(0, stored.size, signal);
}

/** A Memory Region block whose addresses cannot be told, and why. */
export interface UnreadableRegion {
  readonly block: CaptureBlock;
  readonly problem: Problem;
}

/** The blocks of a capture, an appendix behind End-of-Capture included; objects are made as they are asked for. */
export class BlockList implements Iterable<CaptureBlock> {
  readonly #index: BlockIndex;
  readonly #make: (position: number) => CaptureBlock;

  constructor(index: BlockIndex, make: (position: number) => CaptureBlock) {
    this.#index = index;
    this.#make = make;
  }

  get length(): number {
    return this.#index.length;
  }

  /** Throws `no-such-block` for an index outside the capture. */
  at(position: number): CaptureBlock {
    if (!Number.isInteger(position) || position < 0 || position >= this.length) {
      throw new MslError("no-such-block", `There is no block ${position}; the capture has ${this.length}`);
    }
    return this.#make(position);
  }

  *[Symbol.iterator](): Generator<CaptureBlock> {
    for (let position = 0; position < this.length; position++) yield this.#make(position);
  }

  /** The blocks of one type, in file order. */
  *ofType(type: number): Generator<CaptureBlock> {
    const { records } = this.#index;
    for (let position = 0; position < this.length; position++) if (records.type(position) === type) yield this.#make(position);
  }
}

/** What opening a capture finds out. */
export interface CaptureContents {
  readonly header: FileHeader;
  readonly dialect: Dialect;
  readonly index: BlockIndex;
  readonly deviations: readonly Deviation[];
}

export class Capture {
  readonly header: FileHeader;
  readonly blocks: BlockList;
  /** The captured process's memory by virtual address. */
  readonly memory: AddressSpace;
  /** Every deviation of the header and of the block stream; those of payloads come with each decoded block. */
  readonly deviations: readonly Deviation[];
  readonly index: BlockIndex;
  /** Who wrote the capture how. */
  readonly dialect: Dialect;
  readonly #source: Source;
  #regions: Promise<RegionSurvey> | undefined;

  constructor(source: Source, { header, dialect, index, deviations }: CaptureContents, decoding: Decoding) {
    this.#source = source;
    this.header = header;
    this.dialect = dialect;
    this.index = index;
    this.deviations = deviations;
    const blockDecoding = { ...decoding, producer: producerOf(dialect) };
    this.blocks = new BlockList(index, (position) => new CaptureBlock(index, position, source, blockDecoding));
    this.memory = new AddressSpace(() => this.regions());
  }

  /** Bytes of the file. */
  get size(): number {
    return this.#source.size;
  }

  /** The memory regions in file order. Reads their heads, not their maps or data. Blocks behind End-of-Capture are not looked at. */
  async regions(signal?: AbortSignal): Promise<readonly Region[]> {
    return (await this.#survey(signal)).regions;
  }

  /** Memory Region blocks that `regions` had to leave out. */
  async unreadableRegions(signal?: AbortSignal): Promise<readonly UnreadableRegion[]> {
    return (await this.#survey(signal)).unreadable;
  }

  /**
   * Verifies chain, FileHash and BlockCount in one pass over all bytes, in constant memory.
   * Throws `unsupported-hash` and `aborted`; what does not match is reported, not thrown.
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifySource(this.#source, this.header, options);
  }

  /** Gives the source back. */
  async close(): Promise<void> {
    await this.#source.close?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #survey(signal: AbortSignal | undefined): Promise<RegionSurvey> {
    this.#regions ??= surveyRegions(this.blocks, signal).catch((error: unknown) => {
      this.#regions = undefined;
      throw error;
    });
    return this.#regions;
  }
}

interface RegionSurvey {
  readonly regions: readonly Region[];
  readonly unreadable: readonly UnreadableRegion[];
}

async function surveyRegions(blocks: BlockList, signal: AbortSignal | undefined): Promise<RegionSurvey> {
  const regions: Region[] = [];
  const unreadable: UnreadableRegion[] = [];
  for (const block of blocks.ofType(BlockType.MemoryRegion)) {
    if (block.afterEoc) break;
    const { region, problem } = await block.region(signal);
    if (region) regions.push(region);
    else unreadable.push({ block, problem });
  }
  return { regions, unreadable };
}
