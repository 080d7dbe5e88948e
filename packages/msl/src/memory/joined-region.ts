/** A region that was split into continuation fragments, as one. Every fragment is a complete region of its own part of the addresses. */

import { concatenated } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import { SharedWork } from "../source/shared-work.js";
import { TimeSlice } from "../source/time-slice.js";
import { JoinedPages } from "./joined-pages.js";
import type { Coverage, PageDataExtent, Region } from "./region.js";
import { RegionExtent } from "./region-extent.js";

export class JoinedRegion extends RegionExtent implements Region {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** By address, each beginning where the one before ends. */
  readonly fragments: readonly Region[];
  #coverage: SharedWork<Coverage> | undefined;

  /** `first`: the fragment that the others name as their parent. */
  constructor(first: Region, fragments: readonly Region[]) {
    super();
    this.block = first.block;
    this.fragments = fragments;
    this.head = {
      ...first.head,
      baseAddr: fragments[0]?.baseAddr ?? first.baseAddr,
      regionSize: fragments.reduce((sum, { regionSize }) => sum + regionSize, 0n),
      numPages: fragments.reduce((sum, { head }) => sum + head.numPages, 0),
    };
  }

  get blocks(): readonly BlockInfo[] {
    return this.fragments.map(({ block }) => block);
  }

  fragmentEnd(address: bigint): bigint {
    return this.fragments[this.#fragmentAt(address)]?.endAddr ?? this.endAddr;
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return (await this.coverage(signal)).pages;
  }

  async pageDataExtent(signal?: AbortSignal): Promise<PageDataExtent> {
    const parts = await Promise.all(this.fragments.map((fragment) => fragment.pageDataExtent(signal)));
    const sum = (of: (part: PageDataExtent) => number) => parts.reduce((total, part) => total + of(part), 0);
    return {
      needed: sum(({ needed }) => needed),
      held: sum(({ held }) => held),
      missingPages: sum((part) => part.missingPages),
      compression: null,
    };
  }

  /** Put together once: a region may have very many fragments. */
  coverage(signal?: AbortSignal): Promise<Coverage> {
    if (!this.#coverage || this.#coverage.dead) this.#coverage = new SharedWork((given) => this.#cover(given));
    return this.#coverage.join(signal);
  }

  async #cover(signal: AbortSignal): Promise<Coverage> {
    const slice = new TimeSlice(signal);
    const parts: Coverage[] = [];
    for (const fragment of this.fragments) {
      if (slice.isSpent(8)) await slice.renew();
      parts.push(await fragment.coverage(signal));
    }
    const pages = new JoinedPages(parts.map((part) => part.pages));
    return { pages, heldFrom: (offset, end) => this.#heldFrom(parts, offset, end) };
  }

  #heldFrom(parts: readonly Coverage[], offset: bigint, end: bigint): bigint {
    let at = offset;
    for (let index = this.#fragmentAt(this.baseAddr + at); at < end; index++) {
      const fragment = this.fragments[index];
      const part = parts[index];
      if (!fragment || !part) break;
      const start = fragment.baseAddr - this.baseAddr;
      const stop = start + fragment.regionSize < end ? start + fragment.regionSize : end;
      at += part.heldFrom(at - start, stop - start);
      if (at < stop) break;
    }
    return at - offset;
  }

  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const checks = await Promise.all(this.fragments.map((fragment) => fragment.check(signal)));
    return {
      problem: checks.find(({ problem }) => problem)?.problem,
      deviations: checks.flatMap(({ deviations }) => deviations),
    };
  }

  async readCaptured(offset: bigint, length: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let filled = 0;
    const end = this.baseAddr + offset + BigInt(length);
    let at = this.baseAddr + offset;
    for (let index = this.#fragmentAt(at); at < end; index++) {
      const fragment = this.fragments[index];
      if (!fragment) break;
      const stop = fragment.endAddr < end ? fragment.endAddr : end;
      const bytes = await fragment.readCaptured(at - fragment.baseAddr, Number(stop - at), signal, into?.subarray(filled));
      parts.push(bytes);
      filled += bytes.length;
      at += BigInt(bytes.length);
      // What follows missing bytes must not move up into their place.
      if (at < stop) break;
    }
    return into ? into.subarray(0, filled) : concatenated(parts);
  }

  /** The index of the fragment that covers the address; a capture may have very many. */
  #fragmentAt(address: bigint): number {
    let low = 0;
    let high = this.fragments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.fragments[middle]?.endAddr ?? address) <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
