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
import type { Question, QuestionKind, Questions } from "./lookers.js";
import { type Answered, boundsIn, type PieceBounds, type PieceOptions, type Plan, planOf, type Span } from "./spans.js";
import { type AskedMemory, type StoredWindow, storedWindows } from "./stored-spans.js";
import type { QuestionThreads } from "./threads.js";

/** Jobs that a worker has at a time: it does not wait for the next one while its answer is on the way. */
const JOBS_EACH = 2;
/** The same where answers can have as many bytes as the memory: the runtime keeps them for long after they are read. */
const JOBS_OF_LARGE_ANSWERS = 1;
/** The most windows of a job that a worker reads from a file: for each job, the thread that asks works about as long as a fast kernel for a window. */
const WINDOWS_PER_JOB = 4;
/** Questions of fast kernels, whose answers are small: all windows of a job that lie in a file are one, so that the thread that asks has a quarter of the work. */
const ASKED_OF_WHOLE_JOBS: ReadonlySet<QuestionKind> = new Set(["entropy", "patterns"]);
const WINDOWS_OF_LARGE_ANSWERS = 2;
const LARGE_ANSWERS: ReadonlySet<QuestionKind> = new Set(["text"]);
/** With "auto", spans that the caller's thread looks at before workers start: small memories are done by then. */
const AUTOMATIC_AFTER = 16;
/** Bytes that a kernel looks at in about a microsecond. */
const BYTES_PER_UNIT = 2048;

/** A span, and its windows if they are known to lie in files. */
interface CutSpan {
  readonly span: Span;
  readonly stored: readonly StoredWindow[] | undefined;
}

/** A span whose bytes are in a buffer, or in files. */
interface Begun<K extends QuestionKind> {
  readonly span: Span;
  readonly buffer: ArrayBuffer | undefined;
  readonly pieces: readonly PieceBounds[];
  /** The job that a worker got, if any. */
  readonly assignment: Assignment<LookingAnswer<K>> | undefined;
}

/** A window whose bytes are in a buffer. */
interface Filled {
  readonly span: Span;
  readonly buffer: ArrayBuffer;
  readonly pieces: readonly PieceBounds[];
}

/** Pieces, and an answer for each. */
interface Looked<K extends QuestionKind> {
  readonly pieces: readonly PieceBounds[];
  readonly answers: readonly Questions[K]["answer"][];
}

export interface LookingOptions<K extends QuestionKind> extends PieceOptions {
  /** The offset in the piece up to which an answer holds. Without it, every answer holds for its whole piece. */
  heldTo?(answer: Questions[K]["answer"]): number;
}

export class LookingTeam<K extends QuestionKind> {
  readonly #memory: AskedMemory;
  readonly #question: Question<K>;
  readonly #signal: AbortSignal | undefined;
  readonly #coverage: CoverageCount;
  readonly #plan: Plan;
  readonly #spans: AsyncGenerator<CutSpan, void, undefined>;
  readonly #threads: QuestionThreads;
  readonly #team: WorkerTeam<LookingAnswer<K>>;
  readonly #buffers: ArrayBuffer[] = [];
  readonly #slice: TimeSlice;
  /** The files that workers may read. */
  readonly #lent = new Map<FileExtent["file"], LentFile>();
  readonly #jobsEach: number;
  readonly #heldTo: LookingOptions<K>["heldTo"];
  /** Whether all windows of a job that lie in a file are one. */
  #asksWholeJobs: boolean;
  #eye: Eye<K> | undefined;
  #looked = 0;

  constructor(memory: AskedMemory, question: Question<K>, options: LookingOptions<K>, threads: QuestionThreads) {
    const { coverage = new CoverageCount(), signal, heldTo } = options;
    this.#memory = memory;
    this.#question = question;
    this.#signal = signal;
    this.#coverage = coverage;
    this.#heldTo = heldTo;
    this.#asksWholeJobs = ASKED_OF_WHOLE_JOBS.has(question.kind);
    const isLarge = LARGE_ANSWERS.has(question.kind);
    this.#jobsEach = isLarge ? JOBS_OF_LARGE_ANSWERS : JOBS_EACH;
    const windowsPerJob = isLarge ? WINDOWS_OF_LARGE_ANSWERS : WINDOWS_PER_JOB;
    const windowsPerSpan = memory.inFile && !memory.inFiles ? windowsPerJob : 1;
    this.#plan = planOf(memory, { ...options, windowsPerSpan });
    this.#spans = this.#cut();
    this.#threads = threads;
    this.#slice = new TimeSlice(signal);
    const { windowBytes } = this.#plan;
    const task: LookingTask<K> = { kind: "looking", question: question.kind, spec: question.spec, windowBytes };
    this.#team = new WorkerTeam({
      task: () => task,
      threads: threads.workers,
      jobsEach: this.#jobsEach,
      holdsWhileStarting: false,
      startsTogether: true,
      script: lookingScript(),
    });
    threads.follow(this.#team);
  }

  /** The answers of all pieces, in the order of their addresses. */
  async *answers(): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
    const ahead: Promise<Begun<K> | undefined>[] = [];
    const readAhead = () => {
      const reading = this.#begin();
      // A failure of this read is thrown where its windows are next.
      reading.catch(() => {});
      ahead.push(reading);
    };
    // Every worker is full, and one job more is being made for each.
    const most = (this.#jobsEach + 1) * this.#threads.workers;
    try {
      while (ahead.length < most) readAhead();
      for (let next = await ahead.shift(); next; next = await ahead.shift()) {
        const { pieces, answers } = await this.#answersOf(next);
        throwIfAborted(this.#signal);
        readAhead();
        for (const [i, { address, length, repeated, endsRun }] of pieces.entries()) {
          const answer = answers[i];
          if (answer === undefined) continue;
          // This thread looks again at what an answer had no room for: of a window, that is less.
          if (this.#heldTo && this.#heldTo(answer) < length) this.#asksWholeJobs = false;
          this.#coverage.add(length - repeated);
          yield { address, length, repeated, endsRun, answer };
        }
      }
    } finally {
      this.#end();
      await Promise.allSettled(ahead);
      await this.#spans.return();
      this.#eye = undefined;
    }
  }

  /** Spans in the order of addresses, of several windows only where these lie in a file. */
  async *#cut(): AsyncGenerator<CutSpan, void, undefined> {
    for await (const span of this.#plan.spans) {
      const windows = this.#plan.windowsOf(span);
      const stored = windows.length > 1 ? await this.#storedWindows(span) : undefined;
      if (stored) yield { span, stored };
      else for (const window of windows) yield { span: window, stored };
    }
  }

  async #storedWindows(span: Span): Promise<readonly StoredWindow[] | undefined> {
    if (!this.#isForWorkers()) return undefined;
    const windows = this.#asksWholeJobs ? [span] : this.#plan.windowsOf(span);
    return storedWindows(this.#memory, span, windows, this.#signal);
  }

  async #begin(): Promise<Begun<K> | undefined> {
    const { value, done } = await this.#spans.next();
    if (done || !value) return undefined;
    const { span } = value;
    const stored = value.stored ?? (await this.#storedWindows(span));
    if (stored) {
      const job = stored.map(({ window, parts, segments }) => ({
        from: parts.map(({ file, ...part }) => {
          const { descriptor, path } = this.#lend(file);
          return { ...part, file: { descriptor, path } };
        }),
        length: window.length,
        pieces: [...boundsIn(window, segments)],
      }));
      const pieces = job.flatMap((window) => window.pieces);
      return { span, buffer: undefined, pieces, assignment: this.#team.run(() => ({ message: job, transfer: [] })) };
    }
    const { buffer, pieces } = await this.#filled(span);
    const job: LookingJob = [{ from: buffer, length: span.length, pieces }];
    const assignment = this.#isForWorkers() ? this.#team.run(() => ({ message: job, transfer: [buffer] })) : undefined;
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
  async #answersOf({ span, buffer, pieces, assignment }: Begun<K>): Promise<Looked<K>> {
    this.#looked++;
    assignment?.withdraw();
    const result = assignment && (await untilAborted(assignment.result, this.#signal));
    const returned = typeof result === "object" ? result.buffer : result === "worker ended" ? undefined : buffer;
    if (typeof result === "object" && result.kind === "looked") {
      if (returned) this.#buffers.push(returned);
      return { pieces, answers: result.answers };
    }
    // The buffer went with the worker, or the worker would have read the file.
    return returned ? this.#look({ buffer: returned, span, pieces }) : this.#lookAgain(span);
  }

  /** Reads the windows of a span, each while the one before is looked at. */
  async #lookAgain(span: Span): Promise<Looked<K>> {
    const windows = this.#plan.windowsOf(span).values();
    const readNext = () => {
      const { value: window } = windows.next();
      const reading = window && this.#filled(window);
      // A failure is thrown where the window is next.
      reading?.catch(() => {});
      return reading;
    };
    const looked: Looked<K>[] = [];
    let reading = readNext();
    try {
      while (reading) {
        const filled = await reading;
        reading = readNext();
        looked.push(await this.#look(filled));
      }
    } finally {
      await Promise.allSettled([reading]);
    }
    return { pieces: looked.flatMap(({ pieces }) => pieces), answers: looked.flatMap(({ answers }) => answers) };
  }

  async #filled(span: Span): Promise<Filled> {
    const buffer = this.#buffers.pop() ?? new ArrayBuffer(this.#plan.windowBytes);
    return { span, buffer, pieces: [...boundsIn(span, await this.#fill(buffer, span))] };
  }

  /** Looks at the bytes of the buffer, which is free afterwards. */
  async #look({ span: { length }, buffer, pieces }: Filled): Promise<Looked<K>> {
    this.#eye ??= new Eye(this.#question.kind, this.#question.spec, this.#plan.windowBytes);
    const looking = this.#eye.looking(length, (target) => target.set(new Uint8Array(buffer, 0, length)), pieces);
    const answers = await runInSlices(looking, this.#signal, this.#slice);
    // Not before: the bytes may be taken in a later turn of the event loop, and spans are read meanwhile.
    this.#buffers.push(buffer);
    if (this.#slice.isSpent(1 + length / BYTES_PER_UNIT)) await this.#slice.renew();
    return { pieces, answers };
  }
}
