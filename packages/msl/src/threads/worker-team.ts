/**
 * Workers that take jobs and answer them, each one job at a time. Workers are started when there are jobs, and do not keep the process alive when
 * there are none. After a worker did not start, or ended by itself, no more workers are started.
 */
import { startThread } from "#threads";
import { workerScript } from "../runtime.js";
import { reasonOfCrash, type ThreadReason } from "./thread-use.js";
import type { Crash, NewWorker, RunningThread, ThreadListener, ThreadTask, WorkerReady, WorkerScript } from "./threads.js";

/** The reason for a missing answer: the worker ended before its answer; there are no workers; the job was withdrawn before a worker took it. */
export type Unanswered = "worker ended" | "no workers" | "withdrawn";

/** A job that the team has. */
export interface Assignment<Answer> {
  /** Never rejects. */
  readonly result: Promise<Answer | Unanswered>;
  /** Withdraws the job, unless a worker has taken or answered it. Returns whether it was withdrawn. */
  withdraw(): boolean;
}

export interface TeamOptions {
  /** Returns the task of one more worker. */
  readonly task: () => ThreadTask;
  /** The most workers. */
  readonly threads: number;
  /** Jobs that a worker has at a time, default 1. With 2, a worker does not wait for the next job while its answer is on the way. */
  readonly jobsEach?: number;
  /** Whether the process stays alive for a worker that is starting: true if the caller waits for the worker, and does not do the job otherwise. */
  readonly holdsWhileStarting: boolean;
  /** Whether workers start side by side, one for each job that waits: for callers whose first jobs are there at once. Default: one after the other. */
  readonly startsTogether?: boolean;
  /** The script of a package that builds on this one, in place of those of this package and of the one that the program has named for them. */
  readonly script?: WorkerScript | undefined;
  /** Passed to `startThread`, unless the program has named a script of its own. */
  readonly newWorker?: NewWorker | undefined;
}

/** A message for a worker, and the buffers of the message that are transferred instead of copied. */
export interface Job {
  readonly message: unknown;
  readonly transfer: readonly ArrayBuffer[];
}

interface Waiting<Answer> {
  readonly prepare: () => Job;
  readonly settle: (result: Answer | Unanswered) => void;
}

interface Member<Answer> {
  readonly thread: RunningThread;
  /** False until the first message of the worker, which gets no job before: the platform may not be able to start it. */
  isReady: boolean;
  hasAnswered: boolean;
  /** Jobs without an answer; the worker does the first one. */
  readonly work: Waiting<Answer>[];
}

/** Workers of one kind, and the jobs that wait for them. */
export class WorkerTeam<Answer extends { readonly kind: string }> {
  readonly #options: TeamOptions;
  readonly #members = new Set<Member<Answer>>();
  readonly #waiting = new Set<Waiting<Answer>>();
  /** No more workers are started. */
  #isClosed = false;
  readonly #ending: Promise<void>[] = [];
  #used = 0;
  #failure: ThreadReason | undefined;
  #crash: string | undefined;

  constructor(options: TeamOptions) {
    this.#options = options;
  }

  /** `prepare` is called when a worker takes the job. */
  run(prepare: () => Job): Assignment<Answer> {
    let settle: Waiting<Answer>["settle"] = () => {};
    const result = new Promise<Answer | Unanswered>((resolve) => {
      settle = resolve;
    });
    const waiting = { prepare, settle };
    this.#waiting.add(waiting);
    this.#assign();
    return { result, withdraw: () => this.#leave(waiting, "withdrawn") };
  }

  /** Workers that have answered a job. */
  get used(): number {
    return this.#used;
  }

  /** Why a worker did not start, or ended by itself; undefined if none did. */
  get failure(): ThreadReason | undefined {
    return this.#failure;
  }

  /** What the worker that ended by itself said; undefined if none did. */
  get crash(): string | undefined {
    return this.#crash;
  }

  /** Whether no worker will take another job. */
  get isGone(): boolean {
    return this.#isClosed && this.#members.size === 0;
  }

  /** Resolves when all workers that were ended by now neither read nor write any more. Never rejects. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#ending);
  }

  /** Ends all workers; jobs without an answer stay unanswered. */
  dismiss(): void {
    this.#isClosed = true;
    for (const member of this.#members) this.#part(member);
    this.#assign();
  }

  #leave(waiting: Waiting<Answer>, why: Unanswered): boolean {
    const hasWaited = this.#waiting.delete(waiting);
    if (hasWaited) waiting.settle(why);
    return hasWaited;
  }

  #assign(): void {
    for (const waiting of this.#waiting) {
      const member = this.#leastBusy();
      if (member) this.#hand(member, waiting);
      else this.#startAnother();
      if (this.isGone) this.#leave(waiting, "no workers");
    }
  }

  /** The worker that has the fewest jobs, if it takes one more. */
  #leastBusy(): Member<Answer> | undefined {
    const { jobsEach = 1 } = this.#options;
    const free = [...this.#members].filter(({ isReady, work }) => isReady && work.length < jobsEach);
    return free.sort((a, b) => a.work.length - b.work.length)[0];
  }

  #hand(member: Member<Answer>, waiting: Waiting<Answer>): void {
    this.#waiting.delete(waiting);
    member.work.push(waiting);
    member.thread.holdProcess(true);
    const { message, transfer } = waiting.prepare();
    member.thread.post(message, transfer);
  }

  /** Starts one worker at a time, unless the caller wants them together: starting one blocks the event loop for some milliseconds. */
  #startAnother(): void {
    const { task, threads, holdsWhileStarting, startsTogether = false, script, newWorker } = this.#options;
    const isStarting = [...this.#members].some(({ isReady }) => !isReady);
    if (this.#isClosed || (isStarting && !startsTogether) || this.#members.size >= threads) return;
    let member: Member<Answer> | undefined;
    try {
      const listener: ThreadListener<Answer | WorkerReady> = {
        onMessage: (message) => member && this.#hear(member, message),
        onCrash: (crash) => member && this.#crashed(member, crash),
      };
      const thread = startThread(task(), listener, script ?? workerScript() ?? newWorker);
      member = { thread, isReady: false, hasAnswered: false, work: [] };
      this.#members.add(member);
      thread.holdProcess(holdsWhileStarting);
    } catch (error) {
      this.#isClosed = true;
      this.#failure ??= reasonOfCrash(error);
    }
  }

  #hear(member: Member<Answer>, message: Answer | WorkerReady): void {
    if (!this.#members.has(member)) return;
    const answered = member.work.shift();
    member.isReady = true;
    if (member.work.length === 0) member.thread.holdProcess(false);
    if (!isReady(message)) {
      if (!member.hasAnswered) this.#used++;
      member.hasAnswered = true;
      answered?.settle(message);
    }
    this.#assign();
  }

  #crashed(member: Member<Answer>, crash: Crash): void {
    if (!this.#members.has(member)) return;
    this.#isClosed = true;
    this.#failure ??= reasonOfCrash(crash);
    this.#crash ??= crash.message;
    this.#part(member);
    this.#assign();
  }

  #part(member: Member<Answer>): void {
    this.#members.delete(member);
    for (const { settle } of member.work.splice(0)) settle("worker ended");
    this.#ending.push(member.thread.terminate());
  }
}

function isReady(message: { readonly kind: string }): message is WorkerReady {
  return message.kind === "ready";
}
