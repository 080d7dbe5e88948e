/** Calls of a writer that overlap: inside the writer they run one after the other, outside it their number is bounded. */
import { MslError } from "../errors.js";
import { compressionThreads } from "./compression.js";
import type { WritingOptions } from "./options.js";
import type { PayloadQueue } from "./payload-queue.js";

interface Failure {
  readonly error: unknown;
}

const NO_FAILURE = Promise.resolve(undefined);

/** A queue of calls: each runs when all calls before it have ended. */
export class CallQueue {
  readonly #prefetches: boolean;
  readonly #requireOpen: () => void;
  /** Calls that have been made and have not ended. */
  #calls = 0;
  /** Resolves when the call that was made last has ended. */
  #last: Promise<Failure | undefined> = NO_FAILURE;
  /** Payloads are made in the order of the calls, so that the payload that is written first never waits for memory that later ones hold. */
  #made: Promise<void> = Promise.resolve();

  /** `prefetches`: payloads are made before the turn of their call. `requireOpen` throws if the writer takes no more calls. */
  constructor(prefetches: boolean, requireOpen: () => void) {
    this.#prefetches = prefetches;
    this.#requireOpen = requireOpen;
  }

  /**
   * Runs `work` alone. Throws `usage` behind a call that failed, if this call was made before that failure was known: the caller assumed
   * that the call before would succeed. `payloads` are those that `work` writes; the queue is cancelled afterwards.
   */
  async run<T>(work: () => Promise<T>, payloads?: PayloadQueue): Promise<T> {
    const before = this.#last;
    let end: (failure?: Failure) => void = () => {};
    const last = new Promise<Failure | undefined>((resolve) => {
      end = resolve;
    });
    this.#last = last;
    if (payloads && this.#prefetches) this.#prefetchInOrder(payloads, this.#calls > 0);
    this.#calls++;
    let failure: Failure | undefined;
    try {
      const earlier = await before;
      try {
        this.#requireOpen();
        if (earlier) throw refusedBehind(earlier);
        return await work();
      } finally {
        await payloads?.cancel();
      }
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      this.#calls--;
      // The caller can know of the failure when it makes its next call.
      if (this.#last === last) this.#last = NO_FAILURE;
      end(failure);
    }
  }

  /** Rejects a call in its turn, so that calls made behind it without awaiting it are refused, too. */
  refuse(error: unknown): Promise<never> {
    return this.run(() => Promise.reject(error));
  }

  /** `waits`: the call has to wait for its turn. A call that runs at once asks for its payloads itself. */
  #prefetchInOrder(payloads: PayloadQueue, waits: boolean): void {
    this.#made = this.#made.then(() => {
      if (waits) payloads.prefetch();
      return payloads.finished;
    });
  }
}

function refusedBehind({ error }: Failure): MslError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MslError("usage", `A call before failed, and this one was made without awaiting it: ${reason}`, { cause: error });
}

/** More calls than payloads in memory: blocks that stay plain, and small ones, hold no worker up. */
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
