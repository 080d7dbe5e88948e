/**
 * What `#threads` provides on every platform, `availableThreads` and `startThread`: workers that get a task when they start, and then exchange
 * messages with the thread that started them.
 */

/** Each worker takes about 10 MiB and more. With more workers than this, hashing and compressing are no longer what takes the time. */
const MOST_AUTOMATIC = 8;

/** The number of threads that "auto" stands for where `available` threads can work at the same time. */
export function automaticThreads(available: number): number {
  return Math.max(1, Math.min(available, MOST_AUTOMATIC));
}

/** `kind` decides which script a worker runs. The build makes KIND-worker-node.js and KIND-worker-web.js of KIND-worker.ts, which exports `run`. */
export interface ThreadTask {
  readonly kind: "slab" | "compression" | "decompression" | "argon2";
}

export interface ThreadListener<Message> {
  onMessage(message: Message): void;
  /** The worker did not start, or ended before its last message. */
  onCrash(): void;
}

export interface RunningThread {
  /** Sends a message. The buffers in `transfer` move to the worker instead of being copied. */
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** Whether the worker keeps the process alive, on platforms where this can be chosen. Before the first call it does. */
  holdProcess(hold: boolean): void;
  /** Ends the worker, whatever it is doing. Once the promise resolves, the worker reads and writes nothing any more. */
  terminate(): Promise<void>;
}

/** A file that another thread has opened. */
export interface OpenFile {
  readonly descriptor: number;
  readonly path: string;
}

/** What a worker has of the thread that started it, and of its platform. */
export interface StartingThread<Task extends ThreadTask = ThreadTask> {
  readonly task: Task;
  tell(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** Calls `listener` with every message that comes from now on. */
  listen<Message>(listener: (message: Message) => void): void;
  /** Fills `target` with the bytes of the file from `offset` on; only where threads share descriptors. */
  readonly fill?: (file: OpenFile, target: Uint8Array, offset: number) => void;
}

/** The first message of a worker of a `WorkerTeam`, which takes jobs from then on. All later messages are answers. */
export interface WorkerReady {
  readonly kind: "ready";
}

/** The whole life of a worker of a `WorkerTeam`: `answer` is called with one job after the other. */
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
