/**
 * Two memories as one, whose windows have bytes of both: the frame of all questions reads it, with workers or without. A window is a *chunk*: the bytes of the
 * first memory from its start on, and behind `HALF_BYTES` the bytes of the second memory that belong to them. Only bytes that both captured are captured in it.
 */
import type { MemoryRange, MemorySegment } from "@memslice/msl";
import type { StoredSpan } from "../asking/stored-spans.js";
import type { Memory, MemoryContent } from "../memory.js";
import type { AlignedPart } from "./aligned-part.js";
import { areRead, type StatePair, spansOf, statePairs, statesIn } from "./state-pairs.js";

/** Bytes of one memory in a chunk at most. */
export const HALF_BYTES = 1 << 19;
/** Addresses from one chunk to the next one: no two of them are joined. */
const STRIDE = BigInt(2 * HALF_BYTES);
/** Chunks with more ranges are read by the thread that asks: a job of a worker names each of them. */
const MOST_STORED = 16;

/** Offsets `[from, to)` in an aligned part, whose bytes are read together. */
export interface Chunk {
  readonly number: number;
  /** Index of the part. */
  readonly part: number;
  readonly from: bigint;
  readonly to: bigint;
  /** States that were found when the bytes were read; before, those that were known. */
  pairs: readonly StatePair[];
}

/** The bytes of a span that are read: none if both sides captured nothing in it. */
export function readPart(span: readonly StatePair[]): MemoryRange | undefined {
  const first = span.find(areRead);
  const last = span.findLast(areRead);
  return first && last && { start: first.start, end: last.end };
}

export class PairedMemory implements Pick<Memory, "ranges" | "readInto"> {
  readonly #a: Memory;
  readonly #b: Memory;
  readonly #parts: readonly AlignedPart[];
  /** Chunks that the frame knows and the comparison has not come to. */
  readonly chunks: Chunk[] = [];

  constructor(a: Memory, b: Memory, parts: readonly AlignedPart[]) {
    this.#a = a;
    this.#b = b;
    this.#parts = parts;
  }

  /** The number of the chunk that an address lies in. */
  static numberAt(address: bigint): number {
    return Number(address / STRIDE);
  }

  async *ranges(_from?: bigint, _to?: bigint, signal?: AbortSignal): AsyncGenerator<MemoryRange, void, undefined> {
    let number = 0;
    for (const [index, { a, b }] of this.#parts.entries()) {
      // A part of one side has no bytes to be compared.
      if (!a || !b) continue;
      for await (const span of spansOf(statePairs(statesIn(this.#a, a, signal), statesIn(this.#b, b, signal)), HALF_BYTES)) {
        const { start: from, end: to } = readPart(span) ?? {};
        if (from === undefined || to === undefined) continue;
        const pairs = span.filter(({ start, end }) => start >= from && end <= to);
        this.chunks.push({ number, part: index, from, to, pairs });
        const start = BigInt(number++) * STRIDE;
        yield { start, end: start + BigInt(HALF_BYTES) + (to - from) };
      }
    }
  }

  /** What the reads say about states is what counts: bytes may fail to be read that were held to be captured. */
  async readInto(target: Uint8Array, address: bigint, signal?: AbortSignal): Promise<MemoryContent> {
    const chunk = this.#chunkAt(address);
    chunk.pairs = await this.readPairs(chunk, target, signal);
    return { segments: this.#segmentsOf(chunk, target.length) };
  }

  /** Reads both sides, and returns their states. */
  async readPairs(
    { part, from, to }: Pick<Chunk, "part" | "from" | "to">,
    target: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<readonly StatePair[]> {
    const { a, b } = this.#parts[part] ?? {};
    const length = Number(to - from);
    const read = (memory: Memory, at: number, start = 0n) =>
      memory.readInto(target.subarray(at, at + length), start + from, signal);
    const [inA, inB] = await Promise.all([read(this.#a, 0, a?.start), read(this.#b, HALF_BYTES, b?.start)]);
    const pairs: StatePair[] = [];
    for await (const pair of statePairs(offsets(inA, a?.start), offsets(inB, b?.start))) {
      const last = pairs.at(-1);
      // Captured bytes that touch are one piece for the frame.
      if (last && areRead(last) && areRead(pair) && last.end === pair.start) pairs[pairs.length - 1] = { ...last, end: pair.end };
      else pairs.push(pair);
    }
    return pairs;
  }

  /** Where the bytes of a chunk lie in the files of both sides; undefined if a worker cannot read them there. */
  async inFiles(address: bigint, length: number, signal: AbortSignal | undefined): Promise<StoredSpan | undefined> {
    const chunk = this.#chunkAt(address);
    const { a, b } = this.#parts[chunk.part] ?? {};
    const read = chunk.pairs.filter(areRead);
    if (!a || !b || read.length > MOST_STORED) return undefined;
    const parts: StoredSpan["parts"][number][] = [];
    for (const { start, end } of read) {
      const bytes = Number(end - start);
      const at = Number(start - chunk.from);
      for (const [memory, first, from] of [
        [this.#a, a.start, at],
        [this.#b, b.start, HALF_BYTES + at],
      ] as const) {
        const stored = await memory.inFile?.(first + start, bytes, signal);
        if (!stored) return undefined;
        parts.push({ ...stored, at: from, length: bytes });
      }
    }
    return { parts, segments: this.#segmentsOf(chunk, length) };
  }

  #chunkAt(address: bigint): Chunk {
    const number = PairedMemory.numberAt(address);
    const chunk = this.chunks.find((one) => one.number === number);
    if (!chunk) throw new RangeError(`There is no chunk ${number}`);
    return chunk;
  }

  /** Bytes that both captured are captured; the rest of the window is not there. */
  #segmentsOf({ number, from, pairs }: Chunk, length: number): MemorySegment[] {
    const base = BigInt(number) * STRIDE;
    const segments: MemorySegment[] = [];
    let at = base;
    const absent = (to: bigint) => {
      if (to > at) segments.push({ address: at, length: Number(to - at), state: "absent" });
      at = to;
    };
    for (const { start, end } of pairs.filter(areRead)) {
      absent(base + (start - from));
      segments.push({ address: at, length: Number(end - start), state: "captured" });
      at += end - start;
    }
    absent(base + BigInt(length));
    return segments;
  }
}

function* offsets({ segments }: MemoryContent, base = 0n) {
  for (const { address, length, state } of segments) yield { start: address - base, end: address - base + BigInt(length), state };
}
