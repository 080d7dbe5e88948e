/** A block of an indexed capture. Its payload is read on demand. */
import { concatenated, ownBytes, startsWith } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { rejectsBlock } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE, BlockInfo, PREV_HASH_BYTES, PREV_HASH_OFFSET } from "../format/block-header.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import type { TakeEntries } from "../format/layout/cursor.js";
import type { Problem } from "../format/layout/decode.js";
import { payloadVersionProblem, reportPayloadVersion } from "../format/payloads/decode-payload.js";
import { decodeRegionHead, REGION_HEAD_SIZE, type RegionHead } from "../format/payloads/memory-region.js";
import { type BegunPayload, DeferredSource, isStart } from "../memory/begun-payload.js";
import { BlockRegion } from "../memory/block-region.js";
import type { PayloadAgain, RegionParts } from "../memory/region-parts.js";
import { isWork } from "../sliced-work.js";
import { SpareArrays } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import type { BlockIndex } from "./block-index.js";
import { BlockPayload, FIRST_STORED, isDecodedWhole, limitProblem, type OpenedPayload } from "./block-payload.js";
import {
  type BlockDecoding,
  type BlockResult,
  beginBlock,
  contentName,
  type DecompressedPayload,
  truncationProblem,
} from "./decode-block.js";
import { SURVEYED_BYTES } from "./walk-window.js";

/** The means by which the listing of regions reads a block. `start`: the first stored bytes of its payload, as `WalkedStarts.of` gives them. */
export interface SurveyMeans {
  readonly signal: AbortSignal;
  readonly start: Uint8Array | undefined;
  readonly arrays: SpareArrays;
}

/** Bytes of the longest payload that `payloadAtOnce` gives and `decodeAtOnce` decodes. */
const DECODED_AT_ONCE = 16 * 1024;

export class CaptureBlock extends BlockInfo {
  readonly #source: Source;
  readonly #decoding: BlockDecoding;

  constructor(index: BlockIndex, position: number, source: Source, decoding: BlockDecoding) {
    super(index.records, position, index.placeOf(position));
    this.#source = source;
    this.#decoding = decoding;
  }

  /** PrevHash as stored: 32 bytes. Reads them. */
  async prevHash(signal?: AbortSignal): Promise<Uint8Array> {
    return this.#read(this.offset + PREV_HASH_OFFSET, PREV_HASH_BYTES, signal);
  }

  #read(offset: number, length: number, signal: AbortSignal | undefined): Uint8Array | Promise<Uint8Array> {
    return this.#decoding.reads?.read(offset, length, signal) ?? this.#source.read(offset, length, signal);
  }

  /**
   * The name of the content of the block. It differs from `typeName` for code 0x0055, which has two meanings: the Connectivity Table and the
   * KernelSymbolBundle of memslicer. Reads the payload of a block with that code only.
   */
  async contentName(signal?: AbortSignal): Promise<string> {
    return this.type === BlockType.ConnectivityTable ? contentName(this, await this.decode(signal)) : this.typeName;
  }

  get #bytes(): BlockPayload {
    return new BlockPayload(this, this.#source, this.#decoding);
  }

  /** The payload as stored, compressed if the block is: all bytes behind the header, as far as the data has them. */
  stored(): Source {
    return this.#bytes.stored();
  }

  /**
   * Reads the whole payload and decodes it. The result for a block that cannot be decoded has a problem and the raw bytes; a payload above the
   * payload limit has no raw bytes, but `stored` still gives them. A region that is too large to be held is a problem here; `payload` reads it.
   */
  async decode(signal?: AbortSignal): Promise<BlockResult> {
    return this.#decode(this.#decoding, signal);
  }

  /** Like `decode` for a payload with one list: `take` is given the entries of a long list in parts, and the result has the last entries only. */
  async decodeInParts(take: TakeEntries, signal?: AbortSignal): Promise<BlockResult> {
    return this.#decode({ ...this.#decoding, takeEntries: take }, signal);
  }

  async #decode(decoding: BlockDecoding, signal: AbortSignal | undefined): Promise<BlockResult> {
    const problem = limitProblem(this, decoding.limits);
    if (problem) return { problem, raw: new Uint8Array(0), deviations: this.headerDeviations() };
    const read = this.#read(this.payloadOffset, this.payloadLength, signal);
    const stored = read instanceof Uint8Array ? read : await read;
    const isPlain = this.compression === "none" || this.truncated;
    return this.#decodeFrom(stored, isPlain ? undefined : await this.#bytes.decompressed(signal), decoding, signal);
  }

  /** Like `decode`, for an uncompressed payload whose stored bytes were read before. Returns a promise only if decoding takes long. */
  decodeStored(stored: Uint8Array, signal: AbortSignal | undefined): BlockResult | Promise<BlockResult> {
    return this.#decodeFrom(stored, undefined, this.#decoding, signal);
  }

  #decodeFrom(
    stored: Uint8Array,
    payload: DecompressedPayload | undefined,
    decoding: BlockDecoding,
    signal: AbortSignal | undefined,
  ): BlockResult | Promise<BlockResult> {
    const begun = beginBlock(this, stored, decoding, payload);
    if (!isWork(begun)) return begun;
    const decompresses = this.compression !== "none" || (this.type === BlockType.MemoryRegion && this.payloadVersion === 0);
    if (payload || !decompresses) return runInSlices(begun, signal);
    return this.#decoding.decoders.inTurn(() => runInSlices(begun, signal), signal);
  }

  /**
   * The result of `decode`, without a promise, for an uncompressed block whose payload is in memory and is decoded quickly; undefined for other blocks.
   * The bytes in the result are valid until other bytes of the capture are read.
   */
  decodeAtOnce(): BlockResult | undefined {
    if (this.type === BlockType.MemoryRegion) return undefined;
    const bytes = this.payloadAtOnce();
    const begun = bytes && beginBlock(this, bytes, this.#decoding);
    return begun && !isWork(begun) ? begun : undefined;
  }

  /**
   * The payload, without a promise, of an uncompressed block whose payload is short and in memory; undefined for other blocks. The bytes are valid until other
   * bytes of the capture are read.
   */
  payloadAtOnce(): Uint8Array | undefined {
    if (this.compression !== "none" || this.payloadLength > DECODED_AT_ONCE) return undefined;
    if (this.payloadLength > this.#decoding.limits.payload) return undefined;
    return this.#source.readAtOnce?.(this.payloadOffset, this.payloadLength);
  }

  /**
   * Whether the bytes of the payload alone decide what it decodes to: it is uncompressed, complete, little-endian, of version 1 and within the limit, and
   * there is nothing to report about the header.
   */
  get isPlain(): boolean {
    const { byteOrder, limits } = this.#decoding;
    if (this.compression !== "none" || this.truncated || byteOrder !== "little" || this.payloadVersion !== 1) return false;
    return this.payloadLength <= limits.payload && this.headerDeviations().length === 0;
  }

  /** The most entries that a list of the payload may have. */
  get entryLimit(): number {
    return this.#decoding.limits.entries(this.payloadLength);
  }

  /**
   * The decompressed payload, readable at any offset. With a problem, the stored bytes: the payload is truncated or cannot be decompressed.
   * `deviations`: of the compressed data, at offsets in the file.
   *
   * A payload that is too large to be held is decoded in pieces: once to its end, before any of its bytes is given out, and again for each read,
   * from its start unless the read continues where the last one ended.
   */
  async payload(signal?: AbortSignal): Promise<OpenedPayload> {
    return this.#bytes.open(signal);
  }

  /** The block as a region whose page data is read on demand, or the problem why it is no region. A truncated region is a region. */
  async region(signal?: AbortSignal): Promise<RegionResult> {
    const found = await this.#openRegion(await this.payload(signal), (payload) => readStart(payload, REGION_HEAD_SIZE, signal));
    return found.parts ? { region: BlockRegion.of(found.parts), deviations: found.parts.deviations } : found;
  }

  /** The parts of the region in a payload, and the first bytes of the payload, which `read` gives. */
  async #openRegion(opened: OpenedPayload, read: (payload: Source) => Promise<Uint8Array>): Promise<OpenedRegion> {
    const { payload, problem, deviations } = opened;
    const unfit = problem && (problem.id !== "BLK-TRUNCATED" || this.compression !== "none") ? problem : this.#versionProblem();
    if (unfit) return { problem: unfit, deviations: [...this.headerDeviations(), ...deviations] };
    const start = await read(payload);
    const found = this.#regionIn(opened, start.subarray(0, REGION_HEAD_SIZE));
    return found.parts ? { parts: found.parts, start } : found;
  }

  /** Makes the parts of a region that `surveyedRegion` found again, without reading. `begun`: the kept start of a compressed payload. */
  regionOf(fixed: Uint8Array, begun?: BegunPayload): PartsResult {
    const cut = truncationProblem(this);
    if (!begun) return this.#regionIn({ payload: this.stored(), ...(cut && { problem: cut }), deviations: [] }, fixed);
    const payload = new DeferredSource(begun.size, (given) => this.payload(given));
    const result = this.#regionIn({ payload, deviations: [] }, fixed);
    if (!result.parts) return result;
    const { parts } = result;
    const headers = this.headerDeviations();
    const ofHead = parts.deviations.slice(headers.length);
    const again: PayloadAgain = {
      isWithinLimits: isDecodedWhole(this.compression, begun.size),
      isStart: (bytes) => isStart(bytes, begun.start, fixed),
      start: (given) => this.#startAgain(fixed, begun, Math.min(parts.head.dataOffset, begun.size), given),
      whole: (given) => this.payload(given),
      once: (given) => this.#bytes.openOnce(given),
      deviationsWith: (ofCompression) => [...headers, ...ofCompression, ...ofHead],
    };
    // Field by field: V8 keeps a KiB with each object that a spread made, and a capture may have very many regions.
    const { block, head, mayPad, deviations, locate, decoding } = parts;
    return { parts: { block, head, payload, cut: parts.cut, mayPad, deviations, locate, decoding, begun: again } };
  }

  async #startAgain(
    fixed: Uint8Array,
    { size, start }: BegunPayload,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    if (start.rest) return concatenated([fixed, start.rest]);
    const found = await this.#bytes.peek(length, { signal, arrays: new SpareArrays(FIRST_STORED) });
    const whole = found ? undefined : (await this.payload(signal)).payload;
    const bytes = found?.bytes.subarray(0, length) ?? (await whole?.read(0, Math.min(length, whole.size), signal));
    if (bytes && (found ?? whole)?.size === size && isStart(bytes, start, fixed)) return bytes;
    const message = `The payload of block ${this.index} does not begin as it did before: the capture was changed while it was open`;
    throw new MslError("changed", message, { block: this.index });
  }

  #versionProblem(): Problem | undefined {
    return payloadVersionProblem(this.type, this.payloadVersion);
  }

  /** `cut`: why the payload is incomplete. */
  #regionIn({ payload, problem: cut, deviations: ofCompression }: OpenedPayload, start: Uint8Array): PartsResult {
    const deviations: Deviation[] = [...this.headerDeviations(), ...ofCompression];
    // Offsets inside a decompressed payload have no place in the file.
    const base = this.compression === "none" ? this.payloadOffset : 0;
    const locate = (deviation: Omit<Deviation, "block">) => this.locate(deviation, base);
    reportPayloadVersion(this.type, this.payloadVersion, { add: (deviation) => deviations.push(locate(deviation)) });
    const length = this.truncated ? this.length - BLOCK_HEADER_SIZE : payload.size;
    const context = { legacy: this.payloadVersion === 0, byteOrder: this.#decoding.byteOrder };
    const { head, problem } = decodeRegionHead(start, length, context, (deviation) => deviations.push(locate(deviation)));
    if (!head) return { problem, deviations };
    const tooLong = this.#mapProblem(head);
    if (tooLong) return { problem: tooLong, deviations };
    const rejected = this.#decoding.strict ? rejectsBlock(deviations) : undefined;
    if (rejected) return { problem: { id: rejected.id, at: 0, message: rejected.message }, deviations };
    return {
      parts: { block: this, head, payload, cut, mayPad: this.#decoding.mayPad, deviations, locate, decoding: this.#decoding },
    };
  }

  /**
   * The head of the region, for listing regions. Of a compressed payload only the first bytes are decompressed if they suffice: damage behind them is
   * found when the page data is asked for.
   */
  async surveyedRegion(means: SurveyMeans): Promise<SurveyedRegion> {
    return (await this.#regionFromStart(means)) ?? this.#regionFromWhole(means);
  }

  async #regionFromStart({ signal, start: lead, arrays }: SurveyMeans): Promise<SurveyedRegion | undefined> {
    const isAlone = (this.flags & (BlockFlag.HasChildren | BlockFlag.Continuation)) === 0;
    // Strict readers and fragments need the whole payload: to refuse bytes behind the page data, and to compare the number of bytes of all fragments.
    if (this.compression === "none" || this.truncated || this.#decoding.strict || !isAlone || this.payloadVersion > 1)
      return undefined;
    if (this.stored().size > this.#decoding.limits.payload) return undefined;
    const peek = (wanted: number) => this.#bytes.peek(wanted, { signal, arrays, lead });
    const first = await peek(REGION_HEAD_SIZE);
    if (!first || first.size < REGION_HEAD_SIZE) return undefined;
    const { size } = first;
    const fixed = first.bytes.subarray(0, REGION_HEAD_SIZE);
    const context = { legacy: this.payloadVersion === 0, byteOrder: this.#decoding.byteOrder };
    const { head } = decodeRegionHead(fixed, size, context, () => {});
    if (!head || head.layout === "0.1" || this.#mapProblem(head)) return undefined;
    const more = first.bytes.length < head.dataOffset ? await peek(head.dataOffset) : first;
    const start = more?.bytes.subarray(0, head.dataOffset);
    if (!start || more?.size !== size || !startsWith(start, fixed)) return undefined;
    return { block: this, head, fixed, size, start, isBegun: true };
  }

  /** `surveyedRegion` without a promise, for a region that is stored plain and whose start is in memory; undefined for others. */
  surveyedAtOnce(walked: Uint8Array | undefined): SurveyedRegion | undefined {
    if (this.compression !== "none") return undefined;
    const start = walked ?? this.#source.readAtOnce?.(this.payloadOffset, Math.min(SURVEYED_BYTES, this.payloadLength));
    if (!start) return undefined;
    const unfit = this.#versionProblem();
    if (unfit) return { problem: unfit };
    const { parts, problem } = this.regionOf(start.subarray(0, REGION_HEAD_SIZE));
    // A copy: the bytes are valid until other bytes of the capture are read.
    return parts ? this.#plainRegion(parts, walked ?? ownBytes(start)) : { problem };
  }

  async #regionFromWhole({ signal }: SurveyMeans): Promise<SurveyedRegion> {
    const wanted = this.#source.metered ? REGION_HEAD_SIZE : SURVEYED_BYTES;
    const opened = await this.#bytes.openOnce(signal);
    const { parts, problem, start } = await this.#openRegion(opened, (payload) => readStart(payload, wanted, signal));
    if (!parts) return { problem };
    if (this.compression === "none") return this.#plainRegion(parts, start);
    const { head, payload } = parts;
    const fixed = start.subarray(0, REGION_HEAD_SIZE);
    // Field by field: objects that a spread makes leave much garbage, and a capture may have very many regions.
    return { block: this, head, fixed, size: payload.size, start: await payload.read(0, head.dataOffset, signal), isBegun: true };
  }

  /** `start`: the first bytes of the payload. */
  #plainRegion({ head, payload }: RegionParts, start: Uint8Array): SurveyedRow {
    const fixed = start.subarray(0, REGION_HEAD_SIZE);
    if (start.length < head.dataOffset) return { block: this, head, fixed, size: payload.size };
    return { block: this, head, fixed, size: payload.size, start: start.subarray(0, head.dataOffset) };
  }

  /** The problem of a compressed payload with a page-state map above the limit: a map is held as a whole. An uncompressed map is as large in the file. */
  #mapProblem({ numPages, mapOffset, mapLength }: RegionHead): Problem | undefined {
    const limit = this.#decoding.limits.map(this.payloadLength);
    if (this.compression === "none" || mapLength <= limit) return undefined;
    const message = `The page-state map of ${numPages} pages has ${mapLength} bytes, above the limit of ${limit} (an eighth of wholeLimit)`;
    return { id: "CMP-LIMIT", at: mapOffset, message, values: [mapLength, limit] };
  }
}

/** The first `wanted` bytes, or all bytes of a shorter payload. */
function readStart(payload: Source, wanted: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return payload.read(0, Math.min(wanted, payload.size), signal);
}

/** `deviations`: of the block's header, its compression and the region's head. */
export type RegionResult =
  | { readonly region: BlockRegion; readonly deviations: readonly Deviation[]; readonly problem?: undefined }
  | NoRegion;

/** The values from which `regionOf` makes the parts of a region again. */
export interface SurveyedRow {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** The fixed part of the region. */
  readonly fixed: Uint8Array;
  /** The size of the payload in bytes. */
  readonly size: number;
  /** The payload up to its page data, where it was read. */
  readonly start?: Uint8Array;
  /** Whether the payload is compressed, so that only `start` is kept of it. */
  readonly isBegun?: boolean;
}

export type SurveyedRegion = SurveyedRow | { readonly problem: Problem; readonly head?: undefined };

type PartsResult = { readonly parts: RegionParts; readonly problem?: undefined } | (NoRegion & { readonly parts?: undefined });

type OpenedRegion =
  | { readonly parts: RegionParts; readonly start: Uint8Array; readonly problem?: undefined }
  | (NoRegion & { readonly parts?: undefined; readonly start?: undefined });

interface NoRegion {
  readonly region?: undefined;
  readonly problem: Problem;
  readonly deviations: readonly Deviation[];
}
