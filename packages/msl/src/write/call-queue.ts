/** Calls of a writer that overlap: the writer runs them one after the other, and `PendingCalls` bounds their number. Values at once or promised. */
import { MslError } from "../errors.js";
import { compressionThreads } from "./compression.js";
import type { WritingOptions } from "./options.js";
import type { PayloadQueue } from "./payload-queue.js";

interface Failure {
  readonly error: unknown;
}

/**
 * A value, or the promise of one where it takes time. Small blocks are written without a promise: one for each step of each block would take longer
 * than encoding and hashing it. Failures are thrown, or are rejections.
 */
export type Eventual<T> = T | Promise<T>;

/** The result of `next`, which is called with the value: at once if the value is there. */
export function whenDone<T, U>(value: Eventual<T>, next: (value: T) => Eventual<U>): Eventual<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Runs a call that had to wait, and settles the promise of its caller. Returns whether it takes time. */
type Begin = () => boolean;

/** Number of ended calls in the list at which they are removed. */
const REMOVED_AT_ONCE = 1024;

/** A queue of calls: each runs when all calls before it have ended. */
export class CallQueue {
  readonly #prefetches: boolean;
  readonly #requireOpen: () => void;
  /** Whether a call is running, or has failed and its caller does not know it yet. */
  #busy = false;
  readonly #waiting: Begin[] = [];
  /** Calls at the start of the list that have had their turn. */
  #begun = 0;
  /** The first of the calls that have failed since no call was waiting. */
  #failure: Failure | undefined;
  /** Payloads are made in the order of the calls, so that the payload that is written first never waits for memory that later ones hold. */
  #made: Promise<void> = Promise.resolve();

  /** `prefetches`: payloads are made before the turn of their call. `requireOpen` throws if the writer takes no more calls. */
  constructor(prefetches: boolean, requireOpen: () => void) {
    this.#prefetches = prefetches;
    this.#requireOpen = requireOpen;
  }

  /**
   * Runs `work` alone. The result is there at once if no call is pending and the work takes no time; the promise of it is returned otherwise, and
   * for all failures. Throws `usage` behind a call that failed, if this call was made before that failure was known: the caller assumed
   * that the call before would succeed. `payloads`: the payloads that `work` writes; they are cancelled afterwards.
   */
  run<T>(work: () => Eventual<T>, payloads?: PayloadQueue): Eventual<T> {
    if (payloads && this.#prefetches) this.#prefetchInOrder(payloads, this.#busy);
    if (this.#busy) return this.#waitingFor(work, payloads);
    this.#busy = true;
    const outcome = this.#outcome(work, payloads);
    if (outcome instanceof Promise) {
      return new Promise((resolve, reject) => void this.#end(outcome, resolve, reject));
    }
    this.#proceed();
    return outcome;
  }

  /** Rejects a call in its turn, so that calls made behind it without awaiting it are refused, too. */
  refuse(error: unknown): Promise<never> {
    return Promise.resolve(
      this.run((): never => {
        throw error;
      }),
    );
  }

  #waitingFor<T>(work: () => Eventual<T>, payloads: PayloadQueue | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => {
        const outcome = this.#outcome(work, payloads);
        if (outcome instanceof Promise) void this.#end(outcome, resolve, reject);
        else resolve(outcome);
        return outcome instanceof Promise;
      });
    });
  }

  /** What the work returns; a rejection for all errors. */
  #outcome<T>(work: () => Eventual<T>, payloads: PayloadQueue | undefined): Eventual<T> {
    if (payloads) return cancelledAfter(() => this.#turn(work), payloads);
    try {
      return this.#turn(work);
    } catch (error) {
      return rejectedSoon(error);
    }
  }

  #turn<T>(work: () => Eventual<T>): Eventual<T> {
    this.#requireOpen();
    if (this.#failure) throw refusedBehind(this.#failure);
    return work();
  }

  /** Tells the caller the outcome when it is known. After a failure the caller can know of it when it makes its next call. */
  async #end<T>(outcome: Promise<T>, resolve: (value: T) => void, reject: (error: unknown) => void): Promise<void> {
    try {
      resolve(await outcome);
    } catch (error) {
      this.#failure ??= { error };
      reject(error);
    }
    this.#proceed();
  }

  /** Gives the waiting calls their turns. */
  #proceed(): void {
    for (let begin = this.#waiting[this.#begun]; begin; begin = this.#waiting[this.#begun]) {
      this.#begun++;
      if (this.#begun === REMOVED_AT_ONCE) this.#begun -= this.#waiting.splice(0, this.#begun).length;
      if (begin()) return;
    }
    // Setting the length takes as long as hashing a small block, and mostly no call has waited.
    if (this.#begun > 0) this.#waiting.length = 0;
    this.#begun = 0;
    this.#failure = undefined;
    this.#busy = false;
  }

  /** `waits`: the call has to wait for its turn. A call that runs at once asks for its payloads itself. */
  #prefetchInOrder(payloads: PayloadQueue, waits: boolean): void {
    this.#made = this.#made.then(() => {
      if (waits) payloads.prefetch();
      return payloads.finished;
    });
  }
}

/** Rejects when callers that await an earlier call, which has ended, have gone on: the calls that they then make are behind the failed call. */
async function rejectedSoon(error: unknown): Promise<never> {
  await null;
  throw error;
}

async function cancelledAfter<T>(work: () => Eventual<T>, payloads: PayloadQueue): Promise<T> {
  try {
    return await work();
  } finally {
    await payloads.cancel();
  }
}

function refusedBehind({ error }: Failure): MslError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MslError("usage", `A call before failed, and this one was made without awaiting it: ${reason}`, { cause: error });
}

/** Pending calls for each thread: more than payloads in memory, because small blocks, and blocks that stay plain, need no worker. */
const CALLS_PER_THREAD = 4;

/** Makes calls of a writer with several threads without awaiting each, so that all threads have work. With one thread, awaits each call. */
export class PendingCalls {
  readonly #most: number;
  readonly #calls: Promise<unknown>[] = [];

  /** `options`: the options of the writer. */
  constructor(options: Pick<WritingOptions, "threads" | "codecs">) {
    const threads = compressionThreads(options);
    this.#most = threads === 1 ? 0 : CALLS_PER_THREAD * threads;
  }

  /** Waits until few enough calls are pending. Rejects with the error of the first call that failed. */
  async add(call: Promise<unknown>): Promise<void> {
    // A loop below awaits the call after all calls before it: without a handler, a rejection until then would be reported as unhandled.
    call.catch(() => {});
    this.#calls.push(call);
    while (this.#calls.length > this.#most) await this.#calls.shift();
  }

  /** The number of calls that `settle` waits for. */
  get pending(): number {
    return this.#calls.length;
  }

  /** Waits for all calls. Rejects with the error of the first one that failed. */
  async settle(): Promise<void> {
    while (this.#calls.length > 0) await this.#calls.shift();
  }
}
