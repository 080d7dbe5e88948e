/** A memory of given bytes with holes, for tests: every byte in a map by address, so that nothing is shared with the code under test. */
import type { MemoryRange, MemorySegment, MemoryState, MemoryStateRange } from "@memslice/msl";
import type { Memory, MemoryContent, MemoryExtent } from "../../src/memory.js";

export interface Stretch {
  readonly address: bigint;
  /** Captured bytes, or a number of bytes in another state. */
  readonly content: Uint8Array | { readonly length: number; readonly state: "failed" | "unmapped" };
}

const END = 1n << 64n;

export class SparseMemory implements Memory {
  readonly #stretches: readonly Stretch[];
  /** Reads so far. */
  reads = 0;

  /** `stretches`: ascending, without overlaps. */
  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
  }

  async *ranges(from = 0n, to = END): AsyncGenerator<MemoryRange, void, undefined> {
    let range: { start: bigint; end: bigint } | undefined;
    for (const { address, content } of this.#stretches) {
      if (!(content instanceof Uint8Array)) continue;
      const start = address > from ? address : from;
      const stop = address + BigInt(content.length);
      const end = stop < to ? stop : to;
      if (start >= end) continue;
      if (range?.end === start) range.end = end;
      else {
        if (range) yield range;
        range = { start, end };
      }
    }
    if (range) yield range;
  }

  async readInto(target: Uint8Array, address: bigint): Promise<MemoryContent> {
    this.reads++;
    const segments: MemorySegment[] = [];
    for (let i = 0; i < target.length; ) {
      const at = address + BigInt(i);
      const stretch = this.#stretches.find((one) => one.address <= at && at < one.address + BigInt(one.content.length));
      const next = this.#stretches.find((one) => one.address > at)?.address ?? END;
      const stop = stretch ? stretch.address + BigInt(stretch.content.length) : next;
      const length = Math.min(target.length - i, Number(stop - at));
      let state: MemoryState = "absent";
      if (stretch?.content instanceof Uint8Array) {
        const skipped = Number(at - stretch.address);
        target.set(stretch.content.subarray(skipped, skipped + length), i);
        state = "captured";
      } else if (stretch) state = stretch.content.state;
      segments.push({ address: at, length, state, ...(state === "captured" && { bytes: target.subarray(i, i + length) }) });
      i += length;
    }
    return { segments };
  }

  async *states(from = 0n, to = END): AsyncGenerator<MemoryStateRange, void, undefined> {
    for (const { address, content } of this.#stretches) {
      const start = address > from ? address : from;
      const stop = address + BigInt(content.length);
      const end = stop < to ? stop : to;
      if (start < end) yield { start, end, state: content instanceof Uint8Array ? "captured" : content.state };
    }
  }

  async extent(from = 0n, to = END): Promise<MemoryExtent> {
    const bytes = { captured: 0n, failed: 0n, unmapped: 0n, missing: 0n };
    for (const { address, content } of this.#stretches) {
      const start = address > from ? address : from;
      const stop = address + BigInt(content.length);
      const end = stop < to ? stop : to;
      if (start < end) bytes[content instanceof Uint8Array ? "captured" : content.state] += end - start;
    }
    return bytes;
  }
}

/** The runs of captured bytes that touch, each as one array: what a program sees that reads byte by byte. */
export function runsOf(stretches: readonly Stretch[]): { address: bigint; bytes: Uint8Array }[] {
  const runs: { address: bigint; bytes: number[] }[] = [];
  for (const { address, content } of stretches) {
    if (!(content instanceof Uint8Array)) continue;
    const last = runs.at(-1);
    if (last && last.address + BigInt(last.bytes.length) === address) last.bytes.push(...content);
    else runs.push({ address, bytes: [...content] });
  }
  return runs.map(({ address, bytes }) => ({ address, bytes: Uint8Array.from(bytes) }));
}
