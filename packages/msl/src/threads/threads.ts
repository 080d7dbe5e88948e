/**
 * The interface of `#threads` on every platform, `availableThreads` and `startThread`: workers that get a task when they start, and then exchange
 * messages with the thread that started them. `startThread` throws where no worker can be made.
 */

/** The most workers of "auto". A worker takes 10 MiB or more, and with this number of workers hashing and compressing are not the bottleneck any more. */
const MOST_AUTOMATIC = 8;

/** The least bytes of a capture that several threads verify: starting workers takes as long as hashing 30 to 50 MiB. */
export const WORTHWHILE_BYTES = 64 * 1024 * 1024;

/** The number of threads that "auto" means if `available` threads can work at the same time. */
export function automaticThreads(available: number): number {
  return Math.max(1, Math.min(available, MOST_AUTOMATIC));
}

/**
 * `kind` decides which script a worker runs. The build makes KIND-worker-node.js and KIND-worker-web.js of KIND-worker.ts, which exports `run`; and
 * any-worker-node.js and any-worker-web.js, which serve every kind of their platform and are the entry `@memslice/msl/worker`.
 */
export interface ThreadTask {
  /** hash, compression, decompression or argon2, in Node, Bun and Deno also digest; or a kind of a package that builds on this one, and names the script. */
  readonly kind: string;
}

/** Makes the worker of a page that begins the task: a type of its own name would need the types of the web platform. */
export type NewWorker = (task: ThreadTask) => StartedWorker;

/** A Worker of the web platform, or of node:worker_threads. */
export interface StartedWorker {
  /** Sends a message to the worker. */
  postMessage(message: unknown): void;
  /** Ends the worker. */
  terminate(): unknown;
}

/** The script `@memslice/msl/worker`, which serves tasks of every kind: its address, or a function that starts it in a new worker. */
export type WorkerScript = string | URL | (() => StartedWorker);

/** Why a worker ended: its script could not be loaded, or it failed. The message is a part of a sentence that names script and cause. */
export interface Crash {
  readonly code: "script-not-loaded" | "worker-failed";
  readonly message: string;
}

export interface ThreadListener<Message> {
  onMessage(message: Message): void;
  /** The worker did not start, or ended before its last message. */
  onCrash(crash: Crash): void;
}

export interface RunningThread {
  /** Sends a message. The buffers in `transfer` move to the worker instead of being copied. */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Sets whether the worker keeps the process alive, on platforms where this can be chosen. A new worker keeps the process alive. */
  holdProcess(hold: boolean): void;
  /** Ends the worker, also during its work. After the promise has resolved, the worker does not read or write. */
  terminate(): Promise<void>;
}

/** A file that another thread has opened. */
export interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
}

/** Main functions of workers, by the kind of task that each of them serves. */
export type Runs = Readonly<Record<string, (thread: StartingThread<never>) => void>>;

/** Calls the main function for the task of a worker. */
export function runTask(runs: Runs, thread: StartingThread): void {
  const { kind } = thread.task;
  const run = runs[kind];
  if (!run) throw new TypeError(`This script of a worker serves ${Object.keys(runs).join(", ")}, and not ${kind}`);
  run(thread as StartingThread<never>);
}

/** The connection of a worker to the thread that started it, and functions of its platform. */
export interface StartingThread<Task extends ThreadTask = ThreadTask> {
  readonly task: Task;
  /** Sends a message to the thread that started this one. The buffers in `transfer` move instead of being copied. */
  tell(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Calls `listener` with every message that arrives from now on. */
  listen<Message>(listener: (message: Message) => void): void;
  /** Fills `target` with the bytes of the file from `offset` on; only where threads share descriptors. */
  readonly fill?: (file: OpenFile, target: Uint8Array, offset: number) => void;
}

/** The first message of a worker of a `WorkerTeam`, which takes jobs from then on. All later messages are answers. */
export interface WorkerReady {
  readonly kind: "ready";
}

/** The main function of a worker of a `WorkerTeam`: calls `answer` with one job after the other. */
export function answerJobs<Job, Answer>(
  { tell, listen }: StartingThread,
  answer: (job: Job) => Promise<{ readonly answer: Answer; readonly transfer: readonly ArrayBuffer[] }>,
): void {
  listen(async (job: Job) => {
    const { answer: given, transfer } = await answer(job);
    tell(given, transfer);
  });
  tell({ kind: "ready" } satisfies WorkerReady);
}
