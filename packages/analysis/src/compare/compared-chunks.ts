/**
 * The answers of the frame about chunks, for a comparison that comes to one chunk after the other. The frame and the comparison walk over the states of both
 * memories apart, since the frame is ahead of the comparison. Of a process that runs, both may find other states: a chunk that the frame does not know is compared here.
 */
import type { MemoryRange } from "@memslice/msl";
import { runInSlices } from "@memslice/msl/work";
import { answersOf } from "../asking/ask.js";
import type { Answered } from "../asking/spans.js";
import type { QuestionThreads } from "../asking/threads.js";
import type { Memory } from "../memory.js";
import { Eye } from "../threads/looking-worker.js";
import type { AlignedPart } from "./aligned-part.js";
import type { DifferencesSpec, RangesThatDiffer } from "./differences-looker.js";
import { type Chunk, HALF_BYTES, PairedMemory } from "./paired-memory.js";
import { areRead, type StatePair } from "./state-pairs.js";

/** The states of a chunk, and the ranges that differ of each pair that both captured. */
interface ComparedChunk {
  readonly pairs: readonly StatePair[];
  readonly ranges: readonly Uint32Array[];
}

interface ChunkOptions {
  readonly gap: number;
  readonly threads: QuestionThreads;
  readonly signal: AbortSignal | undefined;
}

const WINDOW_BYTES = 2 * HALF_BYTES;

export class ComparedChunks {
  readonly #memory: PairedMemory;
  readonly #spec: DifferencesSpec;
  readonly #signal: AbortSignal | undefined;
  readonly #answers: AsyncGenerator<Answered<RangesThatDiffer>, void, undefined>;
  /** The answer that was taken last and belongs to a chunk that was not asked for yet. */
  #ahead: Answered<RangesThatDiffer> | undefined;
  #hasEnded = false;

  constructor(a: Memory, b: Memory, parts: readonly AlignedPart[], { gap, threads, signal }: ChunkOptions) {
    this.#memory = new PairedMemory(a, b, parts);
    this.#spec = { distance: HALF_BYTES, gap };
    this.#signal = signal;
    const options = { threads, windowBytes: WINDOW_BYTES, ...(signal && { signal }) };
    this.#answers = answersOf(this.#memory, "differences", this.#spec, options);
  }

  /** The chunk of these offsets of a part. Chunks are taken in the order of parts and offsets. */
  async take(part: number, { start: from, end: to }: MemoryRange): Promise<ComparedChunk> {
    const { chunks } = this.#memory;
    await this.#look();
    while (chunks[0] && isBefore(chunks[0], part, from)) {
      chunks.shift();
      await this.#look();
    }
    const [chunk] = chunks;
    if (chunk?.part !== part || chunk.from !== from || chunk.to !== to) return this.#compareHere({ part, from, to });
    const ranges: Uint32Array[] = [];
    while (this.#ahead && PairedMemory.numberAt(this.#ahead.address) === chunk.number) {
      ranges.push(this.#ahead.answer.ranges);
      this.#ahead = undefined;
      if (ranges.length < chunk.pairs.filter(areRead).length) await this.#look();
    }
    chunks.shift();
    return { pairs: chunk.pairs, ranges };
  }

  async end(): Promise<void> {
    await this.#answers.return();
  }

  /** Takes the next answer. Then the first chunk was read, and has no answers if this one belongs to another chunk. Answers of chunks that are gone are left out. */
  async #look(): Promise<void> {
    const first = this.#memory.chunks[0]?.number ?? 0;
    while (!this.#hasEnded && (!this.#ahead || PairedMemory.numberAt(this.#ahead.address) < first)) {
      const { value, done } = await this.#answers.next();
      this.#ahead = value ?? undefined;
      this.#hasEnded = done === true;
    }
  }

  async #compareHere(chunk: Pick<Chunk, "part" | "from" | "to">): Promise<ComparedChunk> {
    const window = new Uint8Array(WINDOW_BYTES);
    const pairs = await this.#memory.readPairs(chunk, window, this.#signal);
    const pieces = pairs.filter(areRead).map(({ start, end }) => ({
      offset: Number(start - chunk.from),
      length: Number(end - start),
      address: 0n,
      repeated: 0,
      endsRun: true,
    }));
    const looking = new Eye("differences", this.#spec, WINDOW_BYTES).looking(
      WINDOW_BYTES,
      (target) => target.set(window),
      pieces,
    );
    const answers = await runInSlices(looking, this.#signal);
    return { pairs, ranges: answers.map(({ ranges }) => ranges) };
  }
}

function isBefore(chunk: Chunk, part: number, from: bigint): boolean {
  return chunk.part < part || (chunk.part === part && chunk.from < from);
}
