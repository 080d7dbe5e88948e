/** A block of an indexed capture; its bytes are read on demand. */
import type { DecodedPayload } from "../codec/decoded-cache.js";
import type { Decoding } from "../codec/decoding.js";
import { decompressPayload } from "../codec/decompress-payload.js";
import { throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE, PREV_HASH_OFFSET } from "../format/block-header.js";
import { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import { hexText } from "../format/layout/uuid-text.js";
import { payloadVersionProblem, reportPayloadVersion } from "../format/payloads/decode-payload.js";
import { decodeRegionHead, REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";
import type { Deviation, Report } from "../lint/deviation.js";
import { rejectsBlock } from "../lint/strict-policy.js";
import { BlockRegion } from "../memory/block-region.js";
import { LazySource, type Source, SourceSlice } from "../source/source.js";
import type { BlockIndex } from "./block-index.js";
import { type BlockDecoding, type BlockResult, decodeBlock, truncationProblem } from "./decode-block.js";

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

  /**
   * Reads the whole payload and decodes it. A block that cannot be decoded comes with its problem and raw bytes; above the payload limit
   * without the bytes, which `stored` still gives.
   */
  async decode(signal?: AbortSignal): Promise<BlockResult> {
    const stored = this.stored();
    const problem = limitProblem(stored, this.#decoding);
    if (problem) return { problem, raw: new Uint8Array(0), deviations: this.headerDeviations() };
    return decodeBlock(this, await stored.read(0, stored.size, signal), this.#decoding);
  }

  /**
   * The payload as it was before compression, readable at any offset. With a problem, the stored bytes instead: a payload that is
   * cut off, or that cannot be decompressed. `deviations`: of the compressed data, at offsets in the file.
   */
  async payload(signal?: AbortSignal): Promise<{ payload: Source; problem?: Problem; deviations: readonly Deviation[] }> {
    throwIfAborted(signal);
    const stored = this.stored();
    const cut = truncationProblem(this);
    if (cut) return { payload: stored, problem: cut, deviations: [] };
    if (this.compression === "none") return { payload: stored, deviations: [] };
    try {
      const load = () => this.#decoding.cache.get(`payload ${this.index}`, () => this.#decompress());
      const { bytes, deviations } = await load();
      return { payload: new LazySource(bytes.length, async () => (await load()).bytes), deviations };
    } catch (error) {
      if (error instanceof UnreadablePayload) return { payload: stored, problem: error.problem, deviations: error.deviations };
      throw error;
    }
  }

  async #decompress(): Promise<DecodedPayload> {
    const stored = this.stored();
    const tooLong = limitProblem(stored, this.#decoding);
    if (tooLong) throw new UnreadablePayload(tooLong, []);
    const deviations: Deviation[] = [];
    const report: Report = (deviation) => deviations.push(this.locate(deviation, this.payloadOffset));
    const { bytes, problem } = decompressPayload(await stored.read(0, stored.size), this.compression, this.#decoding, report);
    if (!bytes) throw new UnreadablePayload(problem, deviations);
    return { bytes, deviations };
  }

  /** The block as a region whose page data stays where it is, or the reason why it is none. A truncated region is one. */
  async region(signal?: AbortSignal): Promise<RegionResult> {
    const { payload, problem, deviations: ofCompression } = await this.payload(signal);
    const deviations: Deviation[] = [...this.headerDeviations(), ...ofCompression];
    if (problem && (problem.id !== "BLK-TRUNCATED" || this.compression !== "none")) return { problem, deviations };
    const unfit = payloadVersionProblem(this.type, this.payloadVersion);
    if (unfit) return { problem: unfit, deviations };
    // Offsets inside a decompressed payload have no place in the file.
    const base = this.compression === "none" ? this.payloadOffset : 0;
    const locate = (deviation: Omit<Deviation, "block">) => this.locate(deviation, base);
    reportPayloadVersion(this.type, this.payloadVersion, (deviation) => deviations.push(locate(deviation)));
    const start = await payload.read(0, Math.min(REGION_HEAD_SIZE, payload.size), signal);
    const length = this.truncated ? this.length - BLOCK_HEADER_SIZE : payload.size;
    const context = { legacy: this.payloadVersion === 0, byteOrder: this.#decoding.byteOrder };
    const result = decodeRegionHead(start, length, context, (deviation) => deviations.push(locate(deviation)));
    if (!result.head) return { problem: result.problem, deviations };
    const rejected = this.#decoding.strict ? rejectsBlock(deviations) : undefined;
    if (rejected) return { problem: { id: rejected.id, at: 0, message: rejected.message }, deviations };
    const region = new BlockRegion(this, result.head, payload, { deviations, locate, decoding: this.#decoding });
    return { region, deviations };
  }
}

/** `deviations`: of the block's header, its compression and the region's head. */
export type RegionResult = { readonly deviations: readonly Deviation[] } & (
  | { readonly region: BlockRegion; readonly problem?: undefined }
  | { readonly region?: undefined; readonly problem: Problem }
);

/** Carries the reason out of a shared load; never leaves this file. */
class UnreadablePayload extends Error {
  readonly problem: Problem;
  readonly deviations: readonly Deviation[];

  constructor(problem: Problem, deviations: readonly Deviation[]) {
    super(problem.message);
    this.problem = problem;
    this.deviations = deviations;
  }
}

function limitProblem({ size }: Source, { payloadLimit }: Decoding): Problem | undefined {
  if (size <= payloadLimit) return undefined;
  return { id: "CMP-LIMIT", at: 0, message: `The stored payload has ${size} bytes, above the limit of ${payloadLimit}` };
}
