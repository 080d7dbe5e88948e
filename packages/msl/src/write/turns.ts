/** Calls in the order in which they are made: each works when those before it are done. */
import { MslError } from "../errors.js";
import type { Draft } from "./draft.js";

interface Failure {
  readonly error: unknown;
}

const NO_FAILURE = Promise.resolve(undefined);

export class Turns {
  readonly #ahead: boolean;
  readonly #requireOpen: () => void;
  #calls = 0;
  /** The call made last, once it is over. */
  #last: Promise<Failure | undefined> = NO_FAILURE;
  /** Drafts are made one after the other, in the order of the calls: those that are written first are never short of room. */
  #made: Promise<void> = Promise.resolve();

  /** `ahead`: calls make drafts ahead of their turn. `requireOpen` throws where no call works any more. */
  constructor(ahead: boolean, requireOpen: () => void) {
    this.#ahead = ahead;
    this.#requireOpen = requireOpen;
  }

  /**
   * Runs `work` alone. Where a call before fails, those that were made without awaiting it are refused (`usage`): they counted on it.
   * `draft`: of what the call writes, begun ahead of its turn if it has to wait.
   */
  async take<T>(work: () => Promise<T>, draft?: Draft): Promise<T> {
    const before = this.#last;
    let end: (failure?: Failure) => void = () => {};
    const last = new Promise<Failure | undefined>((resolve) => {
      end = resolve;
    });
    this.#last = last;
    if (draft && this.#ahead) this.#line(draft, this.#calls > 0);
    this.#calls++;
    let failure: Failure | undefined;
    try {
      const earlier = await before;
      try {
        this.#requireOpen();
        if (earlier) throw countedOn(earlier);
        return await work();
      } finally {
        await draft?.cancel();
      }
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      this.#calls--;
      // A call that is made from now on knows of the failure.
      if (this.#last === last) this.#last = NO_FAILURE;
      end(failure);
    }
  }

  #line(draft: Draft, waits: boolean): void {
    this.#made = this.#made.then(() => {
      if (waits) draft.begin();
      return draft.finished;
    });
  }
}

function countedOn({ error }: Failure): MslError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MslError("usage", `A call before failed, and this one was made without awaiting it: ${reason}`, { cause: error });
}
