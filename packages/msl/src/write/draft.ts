/** The payloads that one call writes, in order: each made when it is asked for, or all of them ahead of the call's turn. */
import type { PendingPayload } from "./pending-payload.js";

/** Stops soon after the signal fires. The signal is made when it is asked for: it takes more than most payloads. */
export type MakePayloads = (signal: () => AbortSignal) => AsyncGenerator<PendingPayload, void>;

export class Draft {
  /** Once all payloads are made, or the call is over. */
  readonly finished: Promise<void>;
  readonly #count: number;
  #cancelling: AbortController | undefined;
  #cancelled = false;
  readonly #payloads: AsyncGenerator<PendingPayload, void>;
  /** What was asked for, and not taken yet. */
  readonly #made: Promise<IteratorResult<PendingPayload, void>>[] = [];
  /** In use by the call, until it asks for the next one. */
  #taken: PendingPayload | undefined;
  #finish: () => void = () => {};
  #begun = false;

  /** `make` yields `count` payloads. */
  constructor(count: number, make: MakePayloads) {
    this.#count = count;
    this.#payloads = make(() => this.#signal());
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Makes payloads from now on without being asked for each: what they are made from sets the pace. */
  begin(): void {
    if (this.#begun || this.#cancelled) return;
    this.#begun = true;
    while (this.#made.length < this.#count) this.#askForNext();
    void this.#made
      .at(-1)
      ?.catch(() => {})
      .then(this.#finish);
  }

  /** The next payload; the one before has been written. Rejects with what keeps it from being made. */
  async next(): Promise<PendingPayload> {
    this.#taken?.release();
    this.#taken = undefined;
    if (this.#made.length === 0) this.#askForNext();
    const { value } = (await this.#made.shift()) ?? {};
    if (!value) throw new RangeError("A draft was asked for more payloads than it has");
    // Whoever asked may have stopped waiting.
    if (this.#cancelled) value.release();
    else this.#taken = value;
    return value;
  }

  /** Nothing more is asked for, and what was is not used any more. Resolves when nothing is being made. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    this.#cancelling?.abort();
    this.#taken?.release();
    this.#taken = undefined;
    for (const made of this.#made.splice(0)) {
      await made.then(({ value }) => value?.release()).catch(() => {});
    }
    await this.#payloads.return();
    this.#finish();
  }

  #signal(): AbortSignal {
    this.#cancelling ??= new AbortController();
    if (this.#cancelled) this.#cancelling.abort();
    return this.#cancelling.signal;
  }

  #askForNext(): void {
    const next = this.#payloads.next();
    // Heard when it is taken.
    next.catch(() => {});
    this.#made.push(next);
  }
}
