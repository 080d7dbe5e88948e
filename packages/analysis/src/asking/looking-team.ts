/**
 * Looks at memory with workers. Spans that lie in a file as they are, workers read themselves. Of others, the caller's thread reads several at a time into
 * buffers. A buffer moves to a worker and comes back with the answers; nothing is shared. The caller's thread looks at the next span itself if no worker has taken it yet: while workers start, and where there are
 * none. A span whose worker ended is read and looked at again.
 */
import type { FileExtent, LentFile, MemorySegment } from "@memslice/msl";
import { type Assignment, runInSlices, TimeSlice, throwIfAborted, untilAborted, WorkerTeam } from "@memslice/msl/work";
import { CoverageCount } from "../coverage.js";
import { Eye, type LookingAnswer, type LookingJob, type LookingTask } from "../threads/looking-worker.js";
import { lookingScript } from "../threads/worker-script.js";
import type { Answered } from "./ask.js";
import type { Question, QuestionKind, Questions } from "./lookers.js";
import { boundsIn, type PieceBounds, type PieceOptions, planOf, type Span } from "./spans.js";
import { type AskedMemory, storedSpan } from "./stored-spans.js";
import type { QuestionThreads } from "./threads.js";

/** Jobs that a worker has at a time: it does not wait for the next one while its answer is on the way. */
const JOBS_EACH = 2;
/** With "auto", spans that the caller's thread looks at before workers start: small memories are done by then. */
const AUTOMATIC_AFTER = 16;
/** Bytes that a kernel looks at in about a microsecond. */
const BYTES_PER_UNIT = 2048;

/** A span whose bytes are in a buffer, or in a file, and the job that a worker got, if any. */
interface ReadSpan<K extends QuestionKind> {
  readonly span: Span;
  readonly buffer: ArrayBuffer | undefined;
  readonly pieces: readonly PieceBounds[];
  readonly assignment: Assignment<LookingAnswer<K>> | undefined;
}

/** The pieces of a span, and an answer for each. */
interface Looked<K extends QuestionKind> {
  readonly pieces: readonly PieceBounds[];
  readonly answers: readonly Questions[K]["answer"][];
}

export class LookingTeam<K extends QuestionKind> {
  readonly #memory: AskedMemory;
  readonly #question: Question<K>;
  readonly #signal: AbortSignal | undefined;
  readonly #coverage: CoverageCount;
  readonly #plan: ReturnType<typeof planOf>;
  readonly #threads: QuestionThreads;
  readonly #team: WorkerTeam<LookingAnswer<K>>;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #slice: TimeSlice;
  /** The files that workers may read. */
  readonly #lent = new Map<FileExtent["file"], LentFile>();
  #eye: Eye<K> | undefined;
  #looked = 0;

  constructor(memory: AskedMemory, question: Question<K>, options: PieceOptions, threads: QuestionThreads) {
    const { coverage = new CoverageCount(), signal } = options;
    this.#memory = memory;
    this.#question = question;
    this.#signal = signal;
    this.#coverage = coverage;
    this.#plan = planOf(memory, options);
    this.#threads = threads;
    this.#slice = new TimeSlice(signal);
    const { windowBytes } = this.#plan;
    const task: LookingTask<K> = { kind: "looking", question: question.kind, spec: question.spec, windowBytes };
    this.#team = new WorkerTeam({
      task: () => task,
      threads: threads.workers,
      jobsEach: JOBS_EACH,
      holdsWhileStarting: false,
      startsTogether: true,
      script: lookingScript(),
    });
    threads.follow(this.#team);
  }

  /** The answers of all pieces, in the order of their addresses. */
  async *answers(): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
    const ahead: Promise<ReadSpan<K> | undefined>[] = [];
    const readAhead = () => {
      const reading = this.#read();
      // A failure of this read is thrown where its span is next.
      reading.catch(() => {});
      ahead.push(reading);
    };
    // Every worker is full, and one span more is being read for each.
    const most = (JOBS_EACH + 1) * this.#threads.workers;
    try {
      while (ahead.length < most) readAhead();
      for (let next = await ahead.shift(); next; next = await ahead.shift()) {
        const { pieces, answers } = await this.#answersOf(next);
        throwIfAborted(this.#signal);
        readAhead();
        for (const [i, { address, length, repeated, endsRun }] of pieces.entries()) {
          const answer = answers[i];
          if (answer === undefined) continue;
          this.#coverage.add(length - repeated);
          yield { address, length, repeated, endsRun, answer };
        }
      }
    } finally {
      this.#end();
      await Promise.allSettled(ahead);
      await this.#plan.spans.return();
      this.#eye = undefined;
    }
  }

  async #read(): Promise<ReadSpan<K> | undefined> {
    const { value: span, done } = await this.#plan.spans.next();
    if (done || !span) return undefined;
    const isForWorkers = this.#isForWorkers();
    const { length } = span;
    const stored = isForWorkers ? await storedSpan(this.#memory, span, this.#signal) : undefined;
    if (stored) {
      const pieces = [...boundsIn(span, stored.segments)];
      const from = stored.parts.map(({ file, ...part }) => {
        const { descriptor, path } = this.#lend(file);
        return { ...part, file: { descriptor, path } };
      });
      const message: LookingJob = { from, length, pieces };
      return { span, buffer: undefined, pieces, assignment: this.#team.run(() => ({ message, transfer: [] })) };
    }
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(this.#plan.windowBytes);
    const pieces = [...boundsIn(span, await this.#fill(buffer, span))];
    const message: LookingJob = { from: buffer, length, pieces };
    const assignment = isForWorkers ? this.#team.run(() => ({ message, transfer: [buffer] })) : undefined;
    return { span, buffer, pieces, assignment };
  }

  #lend(file: FileExtent["file"]): LentFile {
    // A caller may close the capture in the middle of the question.
    const lent = this.#lent.get(file) ?? file.lend(() => this.#end());
    this.#lent.set(file, lent);
    return lent;
  }

  /** Ends the workers, and then gives files back: once a file is closed, its descriptor may mean another one. */
  #end(): void {
    this.#team.dismiss();
    void this.#team.ended().then(() => {
      for (const { giveBack } of this.#lent.values()) giveBack();
      this.#lent.clear();
    });
  }

  #isForWorkers(): boolean {
    return this.#threads.asked !== "auto" || this.#looked >= AUTOMATIC_AFTER;
  }

  async #fill(buffer: ArrayBuffer, { address, length }: Span): Promise<readonly MemorySegment[]> {
    const { segments } = await this.#memory.readInto(new Uint8Array(buffer, 0, length), address, this.#signal);
    return segments;
  }

  /** The answers of a worker, or of this thread. */
  async #answersOf({ span, buffer, pieces, assignment }: ReadSpan<K>): Promise<Looked<K>> {
    this.#looked++;
    assignment?.withdraw();
    const result = assignment && (await untilAborted(assignment.result, this.#signal));
    const returned = typeof result === "object" ? result.buffer : result === "worker ended" ? undefined : buffer;
    if (typeof result === "object" && result.kind === "looked") {
      if (returned) this.#buffers.push(returned);
      return { pieces, answers: result.answers };
    }
    if (returned) return this.#look(returned, span, pieces);
    // The buffer went with the worker, or the worker would have read the file.
    const again = this.#buffers.pop() ?? new ArrayBuffer(this.#plan.windowBytes);
    const segments = await this.#fill(again, span);
    return this.#look(again, span, [...boundsIn(span, segments)]);
  }

  /** Looks at the bytes of the buffer, which is free afterwards. */
  async #look(buffer: ArrayBuffer, { length }: Span, pieces: readonly PieceBounds[]): Promise<Looked<K>> {
    this.#eye ??= new Eye(this.#question.kind, this.#question.spec, this.#plan.windowBytes);
    const looking = this.#eye.looking(length, (target) => target.set(new Uint8Array(buffer, 0, length)), pieces);
    const answers = await runInSlices(looking, this.#signal, this.#slice);
    // Not before: the bytes may be taken in a later turn of the event loop, and spans are read meanwhile.
    this.#buffers.push(buffer);
    if (this.#slice.isSpent(1 + length / BYTES_PER_UNIT)) await this.#slice.renew();
    return { pieces, answers };
  }
}
