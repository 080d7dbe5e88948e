/** Entries of one kind in a report: the first of them, how many there are in all, and whether any tells of a loss. */

/** A capture may have millions of blocks, and something to be told of each. */
const LISTED_MOST = 10_000;

export class ReportList<T> {
  readonly #entries: T[] = [];
  readonly #isLoss: (entry: T) => boolean;
  #count = 0;
  #lossy = false;

  constructor(isLoss: (entry: T) => boolean) {
    this.#isLoss = isLoss;
  }

  add(entry: T): void {
    this.#count++;
    this.#lossy ||= this.#isLoss(entry);
    if (this.#entries.length < LISTED_MOST) this.#entries.push(entry);
  }

  get listed(): readonly T[] {
    return this.#entries;
  }

  get count(): number {
    return this.#count;
  }

  /** How many are not listed. */
  get unlisted(): number {
    return this.#count - this.#entries.length;
  }

  get lossy(): boolean {
    return this.#lossy;
  }
}
