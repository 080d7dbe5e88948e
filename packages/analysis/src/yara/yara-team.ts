/** Workers that scan spans of memory, each with a deadline. */
import { MslError } from "@memslice/msl";
import { type Assignment, throwIfAborted, WorkerTeam } from "@memslice/msl/work";
import { boundsIn, type PieceBounds, planOf, type Span } from "../asking/spans.js";
import type { QuestionThreads } from "../asking/threads.js";
import { hex } from "../intervals.js";
import type { Memory } from "../memory.js";
import { lookingScript } from "../threads/worker-script.js";
import type { MatchingRule, YaraAnswer, YaraJob, YaraTask } from "./yara-worker.js";

/** More workers hold more memory: each has a buffer, and a copy of it. */
const MOST_AUTOMATIC = 2;
/**
 * Milliseconds more for each run: a scan takes some, however short the run is, since yara-x makes a new WebAssembly instance of the conditions, with 204
 * functions of JavaScript, for each.
 */
const MS_PER_RUN = 100;

/** Runs that one worker scans before the others get theirs. */
const RUNS_PER_JOB = 64;

export interface ScannedPiece {
  readonly piece: PieceBounds;
  readonly rules: readonly MatchingRule[];
}

interface Cut {
  readonly from: bigint;
  readonly to: bigint;
  readonly overlap: number;
  readonly windowBytes: number;
}

type Scanned = Extract<YaraAnswer, { kind: "scanned" }>;

export class YaraTeam {
  readonly #team: WorkerTeam<YaraAnswer>;
  readonly #timeLimit: number;
  readonly #signal: AbortSignal | undefined;
  readonly #workers: number;

  /** Throws `unsupported-runtime` where there are no workers. */
  constructor(task: YaraTask, threads: QuestionThreads, timeLimit: number, signal: AbortSignal | undefined) {
    const script = lookingScript();
    if (!script) {
      throw new MslError(
        "unsupported-runtime",
        "This runtime has no worker threads, and YARA rules are scanned in one: a scan cannot be interrupted otherwise",
      );
    }
    this.#workers = Math.max(1, threads.asked === "auto" ? Math.min(threads.workers, MOST_AUTOMATIC) : threads.workers);
    this.#timeLimit = timeLimit;
    this.#signal = signal;
    this.#team = new WorkerTeam({ task: () => task, threads: this.#workers, holdsWhileStarting: true, script });
    threads.follow(this.#team);
  }

  /** The warnings of the rules. Throws as `scan` does. */
  async compile(): Promise<readonly string[]> {
    try {
      return (await this.#answer({ buffer: new ArrayBuffer(0), pieces: [] }, "to compile")).warnings;
    } finally {
      this.#team.dismiss();
    }
  }

  /** The rules that match each piece, in the order of addresses. Throws `usage` for rules that do not compile, `limit` at the deadline, and `aborted`. */
  async *scan(memory: Memory, cut: Cut): AsyncGenerator<ScannedPiece, void, undefined> {
    const signal = this.#signal;
    const { spans, windowBytes } = planOf(memory, { ...cut, mostRanges: RUNS_PER_JOB, ...(signal && { signal }) });
    const buffers: ArrayBuffer[] = [];
    const read = async (): Promise<readonly ScannedPiece[] | undefined> => {
      const { value: span, done } = await spans.next();
      if (done || !span) return undefined;
      const buffer = buffers.pop() ?? new ArrayBuffer(windowBytes);
      const { segments } = await memory.readInto(new Uint8Array(buffer, 0, span.length), span.address, signal);
      const pieces = [...boundsIn(span, segments)];
      const answer = await this.#answer({ buffer, pieces }, placeOf(span));
      buffers.push(answer.buffer);
      return pieces.map((piece, i) => ({ piece, rules: answer.pieces[i] ?? [] }));
    };
    const ahead: Promise<readonly ScannedPiece[] | undefined>[] = [];
    const readAhead = () => {
      const reading = read();
      // A failure is thrown where the span is next.
      reading.catch(() => {});
      ahead.push(reading);
    };
    try {
      while (ahead.length <= this.#workers) readAhead();
      for (let next = await ahead.shift(); next; next = await ahead.shift()) {
        throwIfAborted(signal);
        readAhead();
        yield* next;
      }
    } finally {
      this.#team.dismiss();
      await Promise.allSettled(ahead);
      await spans.return();
    }
  }

  async #answer(job: YaraJob, place: string): Promise<Scanned> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLate = false;
    const timeLimit = this.#timeLimit + MS_PER_RUN * Math.max(0, job.pieces.length - 1);
    const stop = () => this.#team.dismiss();
    const assignment: Assignment<YaraAnswer> = this.#team.run(() => {
      timer = setTimeout(() => {
        isLate = true;
        stop();
      }, timeLimit);
      return { message: job, transfer: [job.buffer] };
    });
    this.#signal?.addEventListener("abort", stop);
    const answer = await assignment.result;
    clearTimeout(timer);
    this.#signal?.removeEventListener("abort", stop);
    throwIfAborted(this.#signal);
    if (isLate) {
      throw new MslError(
        "limit",
        `The rules took more than ${timeLimit} ms ${place}: take out the rules whose conditions loop, or raise the option timeLimit`,
      );
    }
    if (typeof answer === "string") {
      const reason = this.#team.failure?.message ?? "It was ended";
      throw new MslError("unsupported-runtime", `The worker that scans did not answer ${place}: ${reason}`);
    }
    if (answer.kind === "refused") throw new MslError(answer.code, answer.message);
    return answer;
  }
}

function placeOf({ address, length }: Span): string {
  return `for the ${length} bytes at ${hex(address)}`;
}
