/**
 * The frame of every question: it checks the bounds, asks every piece of memory, cuts what is found into batches, ends at the limit, and counts what was
 * looked at. A question says what it asks, and what it makes of the answers.
 */
import { MslError, type ThreadUse } from "@memslice/msl";
import { ADDRESS_SPACE_END, type Begun, isWorkOfAnyRealm, runInSlices, type SlicedWork, TimeSlice } from "@memslice/msl/work";
import { type Coverage, CoverageCount, extentOf } from "../coverage.js";
import type { Memory } from "../memory.js";
import { answersOf } from "./ask.js";
import { checkBounds } from "./bounds.js";
import type { QuestionKind, Questions } from "./lookers.js";
import { type ProgressOption, QuestionProgress } from "./progress.js";
import { RestOfPieces } from "./rest-of-pieces.js";
import type { Answered } from "./spans.js";
import { type PieceOptions, WINDOW_BYTES } from "./spans.js";
import { QuestionThreads, type ThreadsOption } from "./threads.js";
import { unchanged } from "./unchanged.js";

/** Options of every question. */
export interface QuestionOptions extends ThreadsOption, ProgressOption {
  /** The first address, and the address behind the last one. Default: the whole address space. What is found lies between them. */
  readonly from?: bigint;
  readonly to?: bigint;
  readonly signal?: AbortSignal;
}

/** Options of questions that find many things. */
export interface FindingsOptions extends QuestionOptions {
  /** The most findings. Default: no limit. */
  readonly limit?: number;
}

/** The parts of a result that every question has. */
export interface QuestionResult {
  /** How much of memory was looked at. Throws `usage` before the question has ended. */
  readonly coverage: Coverage;
  /** How many threads have looked so far, and why fewer than were asked for. */
  readonly threads: ThreadUse;
}

/** Findings in batches, in the order of their addresses. Each iteration asks anew. */
export interface Findings<Batch> extends AsyncIterable<Batch>, QuestionResult {}

/** A question, and how memory is cut for it. */
export interface CutQuestion<K extends QuestionKind> extends Pick<PieceOptions, "overlap" | "windowBytes"> {
  readonly kind: K;
  /** What describes the question, or the work that makes it, if that may take long. */
  readonly spec:
    | Questions[K]["spec"]
    | ((signal: AbortSignal | undefined) => SlicedWork<Questions[K]["spec"]> | Promise<Questions[K]["spec"]>);
  /** The offset in the piece up to which an answer holds; the rest of the piece is looked at again. Without it, every answer holds for its whole piece. */
  heldTo?(answer: Questions[K]["answer"]): number;
}

/** What an answer brings. */
export interface Found<Batch> {
  readonly count: number;
  /** The findings from one index up to another one. */
  batch(from: number, to: number): Batch | Promise<Batch>;
  /** Bytes that were looked at only in part, because of what stands in them. Default 0. */
  readonly givenUp?: number;
}

/** Makes findings of answers, which come in the order of addresses. */
export interface Finder<Answer, Batch> {
  /** The findings that this answer completes, in order, or the work that makes them. No more than `most` are wanted. */
  findingsOf(answered: Answered<Answer>, most: number): Begun<Found<Batch>> | Promise<Found<Batch>>;
  /** The findings that the end of memory completes. */
  end?(): Found<Batch>;
  /** The most findings of a batch. Default 4,096. */
  readonly batchSize?: number;
}

const BATCH = 4096;

/** Asks a question that finds many things. `begin` is called for each iteration, and may take long. Throws `usage` for options that make no sense. */
export function findingsOf<K extends QuestionKind, Batch>(
  memory: Memory,
  question: CutQuestion<K>,
  options: FindingsOptions,
  begin: () => Finder<Questions[K]["answer"], Batch> | Promise<Finder<Questions[K]["answer"], Batch>>,
): Findings<Batch> {
  const asking = new Asking(memory, question, options);
  const { limit = Number.POSITIVE_INFINITY, signal } = options;
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<Batch, void, undefined> {
    coverage = undefined;
    const count = new CoverageCount();
    const slice = new TimeSlice(signal);
    const finder = await begin();
    const most = finder.batchSize ?? BATCH;
    let left = limit;
    async function* found(): AsyncGenerator<Found<Batch>, void, undefined> {
      for await (const answered of asking.answers(count)) {
        const begun = await finder.findingsOf(answered, left);
        yield isWorkOfAnyRealm(begun) ? await runInSlices(begun, signal, slice) : begun;
      }
      if (finder.end) yield finder.end();
    }
    try {
      for await (const some of found()) {
        count.giveUp(some.givenUp ?? 0);
        for (let at = 0; at < some.count && left > 0; ) {
          const end = at + Math.min(most, left, some.count - at);
          yield await some.batch(at, end);
          if (slice.isSpent(end - at)) await slice.renew();
          left -= end - at;
          at = end;
        }
        if (left <= 0) {
          count.endAtLimit();
          return;
        }
      }
    } finally {
      coverage = await asking.coverage(count);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return asking.threads.use;
    },
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage is known when the question has ended: take all findings, or leave the loop");
    },
  };
}

/**
 * Asks a question that adds up: gives every answer to `add`, in the order of addresses, one after the other, and does its work in slices. Throws `usage` for
 * options that make no sense.
 */
export async function eachAnswer<K extends QuestionKind>(
  memory: Memory,
  question: CutQuestion<K>,
  options: QuestionOptions,
  add: (answered: Answered<Questions[K]["answer"]>) => SlicedWork<void> | Promise<SlicedWork<void>>,
): Promise<QuestionResult> {
  const asking = new Asking(memory, question, options);
  const count = new CoverageCount();
  const slice = new TimeSlice(options.signal);
  for await (const answered of asking.answers(count)) await runInSlices(await add(answered), options.signal, slice);
  return { coverage: await asking.coverage(count), threads: asking.threads.use };
}

function begunSpec<Spec extends object>(begun: SlicedWork<Spec> | Promise<Spec>, signal: AbortSignal | undefined): Promise<Spec> {
  return begun instanceof Promise ? begun : runInSlices(begun, signal);
}

/** Findings that are objects already. */
export function foundList<T>(list: readonly T[]): Found<readonly T[]> {
  return { count: list.length, batch: (from, to) => list.slice(from, to) };
}

class Asking<K extends QuestionKind> {
  readonly threads: QuestionThreads;
  readonly #memory: Memory;
  readonly #question: CutQuestion<K>;
  readonly #bounds: { readonly from: bigint; readonly to: bigint; readonly signal?: AbortSignal };
  readonly #options: ProgressOption;

  constructor(memory: Memory, question: CutQuestion<K>, options: FindingsOptions) {
    checkBounds(options);
    const { from = 0n, to = ADDRESS_SPACE_END, signal } = options;
    this.threads = new QuestionThreads(options.threads);
    this.#memory = memory;
    this.#question = question;
    this.#bounds = { from, to, ...(signal && { signal }) };
    this.#options = options;
  }

  async *answers(coverage: CoverageCount): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
    const { kind, spec: given, overlap, windowBytes = WINDOW_BYTES, heldTo } = this.#question;
    const { from, to, signal } = this.#bounds;
    const progress = await QuestionProgress.of(
      this.#options,
      async () => (await extentOf(this.#memory, from, to, signal)).captured,
    );
    const spec = typeof given === "function" ? await begunSpec(given(signal), signal) : given;
    const cut = { windowBytes, ...(overlap !== undefined && { overlap }), ...(heldTo && { heldTo }) };
    const rest = heldTo && new RestOfPieces(this.#memory, { kind, spec }, { windowBytes, heldTo, signal });
    const answers = answersOf(this.#memory, kind, spec, { ...cut, ...this.#bounds, threads: this.threads, coverage });
    for await (const answered of unchanged([this.#memory], answers, { coverage, signal })) {
      yield answered;
      if (rest) yield* rest.answersBehind(answered);
      progress.add(answered.length - answered.repeated);
    }
    progress.end();
  }

  coverage(count: CoverageCount): Promise<Coverage> {
    const { from, to, signal } = this.#bounds;
    return count.end(this.#memory, from, to, signal);
  }
}
