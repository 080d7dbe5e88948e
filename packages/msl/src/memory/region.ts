/** A captured address range: its head is in memory, its page-state map and page data are read when asked for. */
import { MslError } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { PageStates } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { checkPageData, neededPageData } from "../format/payloads/page-data.js";
import type { Deviation } from "../lint/deviation.js";
import type { BlockInfo } from "../read/block-info.js";
import type { Source } from "../source/source.js";

export class Region {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** Of the head; offsets count from the start of the payload. */
  readonly deviations: readonly Deviation[];
  /** The block's uncompressed payload. */
  readonly #payload: Source;
  #pages: Promise<PageStates> | undefined;

  constructor(block: BlockInfo, head: RegionHead, payload: Source, deviations: readonly Deviation[]) {
    this.block = block;
    this.head = head;
    this.deviations = deviations;
    this.#payload = payload;
  }

  get baseAddr(): bigint {
    return this.head.baseAddr;
  }

  /** Bytes of address space covered. */
  get regionSize(): bigint {
    return this.head.regionSize;
  }

  /** The first address after the region; 2^64 at most. */
  get endAddr(): bigint {
    return this.head.baseAddr + this.head.regionSize;
  }

  /** The page states; the map is read once. */
  pages(signal?: AbortSignal): Promise<PageStates> {
    this.#pages ??= this.#readPages(signal).catch((error: unknown) => {
      this.#pages = undefined;
      throw error;
    });
    return this.#pages;
  }

  /** Bytes that the captured pages need, and those of them that the payload holds: fewer where the data is short. */
  async pageData(signal?: AbortSignal): Promise<{ needed: number; held: number }> {
    const needed = neededPageData(this.head, await this.pages(signal));
    return { needed, held: Math.min(needed, Math.max(0, this.#payload.size - this.head.dataOffset)) };
  }

  /** Compares map and page data; a problem says that captured pages lack bytes. Offsets count from the start of the payload. */
  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const deviations: Deviation[] = [...this.deviations];
    const pages = await this.pages(signal);
    const surplusAt = this.head.dataOffset + neededPageData(this.head, pages);
    const surplusLength = this.#payload.size - surplusAt;
    const surplus =
      surplusLength > 0 && surplusLength < 8 ? await this.#payload.read(surplusAt, surplusLength, signal) : undefined;
    const problem = checkPageData(this.head, pages, surplus, (deviation) => deviations.push(deviation));
    return { problem, deviations };
  }

  /**
   * The bytes `[offset, offset + length)` of the region's addresses, all inside captured pages. Fewer come back only where the
   * capture holds fewer. A view of the source where it can give one. Throws `usage` if a page of the range was not captured.
   */
  async readCaptured(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const pages = await this.pages(signal);
    const { pageSize, dataOffset } = this.head;
    const first = Math.floor(offset / pageSize);
    const end = Math.ceil((offset + length) / pageSize);
    const before = pages.capturedBefore(first);
    if (pages.capturedBefore(end) - before !== end - first) {
      throw new MslError(
        "usage",
        `Pages ${first} to ${end - 1} of the region at 0x${this.baseAddr.toString(16)} are not all captured`,
        { block: this.block.index },
      );
    }
    const { held } = await this.pageData(signal);
    const start = Math.min(before * pageSize + (offset - first * pageSize), held);
    return this.#payload.read(dataOffset + start, Math.min(length, held - start), signal);
  }

  /** The stored page data from byte `offset` of it; for digests and copies of a whole region. */
  async readPageData(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#payload.read(this.head.dataOffset + offset, length, signal);
  }

  async #readPages(signal: AbortSignal | undefined): Promise<PageStates> {
    const { mapOffset, mapLength, numPages } = this.head;
    const there = Math.max(0, Math.min(mapLength, this.#payload.size - mapOffset));
    return new PageStates(await this.#payload.read(mapOffset, there, signal), numPages);
  }
}
