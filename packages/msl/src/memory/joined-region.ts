/** A region that was split into continuation fragments, as one. Every fragment is a complete region of its own part of the addresses. */

import type { BlockInfo } from "../format/block-info.js";
import type { Problem } from "../format/layout/decode.js";
import type { PageMap } from "../format/page-states.js";
import type { RegionHead } from "../format/payloads/memory-region.js";
import type { Deviation } from "../lint/deviation.js";
import { concatenated } from "../source/concatenated.js";
import { JoinedPages } from "./joined-pages.js";
import type { Region } from "./region.js";

export class JoinedRegion implements Region {
  readonly block: BlockInfo;
  readonly head: RegionHead;
  /** By address, each beginning where the one before ends. */
  readonly fragments: readonly Region[];

  /** `first`: the fragment that the others name as their parent. */
  constructor(first: Region, fragments: readonly Region[]) {
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

  get baseAddr(): bigint {
    return this.head.baseAddr;
  }

  get regionSize(): bigint {
    return this.head.regionSize;
  }

  get endAddr(): bigint {
    return this.head.baseAddr + this.head.regionSize;
  }

  fragmentEnd(address: bigint): bigint {
    return this.fragments.find(({ endAddr }) => endAddr > address)?.endAddr ?? this.endAddr;
  }

  async pages(signal?: AbortSignal): Promise<PageMap> {
    return new JoinedPages(await Promise.all(this.fragments.map((fragment) => fragment.pages(signal))));
  }

  async pageData(signal?: AbortSignal) {
    const parts = await Promise.all(this.fragments.map((fragment) => fragment.pageData(signal)));
    const sum = (of: (part: { needed: number; held: number }) => number) => parts.reduce((total, part) => total + of(part), 0);
    return { needed: sum(({ needed }) => needed), held: sum(({ held }) => held), compression: null };
  }

  async check(signal?: AbortSignal): Promise<{ problem: Problem | undefined; deviations: readonly Deviation[] }> {
    const checks = await Promise.all(this.fragments.map((fragment) => fragment.check(signal)));
    return {
      problem: checks.find(({ problem }) => problem)?.problem,
      deviations: checks.flatMap(({ deviations }) => deviations),
    };
  }

  async readCaptured(offset: bigint, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (const fragment of this.fragments) {
      const start = fragment.baseAddr - this.baseAddr;
      const from = offset > start ? offset - start : 0n;
      const end = offset + BigInt(length) - start;
      const wanted = Number((end < fragment.regionSize ? end : fragment.regionSize) - from);
      if (wanted <= 0) continue;
      const bytes = await fragment.readCaptured(from, wanted, signal);
      parts.push(bytes);
      // What follows missing bytes must not move up into their place.
      if (bytes.length < wanted) break;
    }
    return concatenated(parts);
  }
}
