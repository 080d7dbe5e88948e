import { MslError } from "../errors.js";
import type { Limits } from "./limits.js";

/**
 * What decompressing the payloads of one capture may cost in all. Each payload counts once, with the bytes that it turned out to have: a file of some
 * kilobytes must not keep its reader busy for hours, however often it was asked.
 */
export class DecodeBudget {
  readonly #limits: Limits;
  readonly #counted = new Set<string>();
  #stored = 0;
  #decoded = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Throws `limit` where `key` was not counted yet and nothing is left for it. `stored`: its bytes as they are stored. */
  require(key: string, stored: number): void {
    if (this.#counted.has(key)) return;
    const limit = this.#limits.decoded(this.#stored + stored);
    if (this.#decoded < limit) return;
    const message = `The compressed payloads decompressed so far have ${this.#decoded} bytes, at or above the limit of ${limit} for one capture (decodeLimit)`;
    throw new MslError("limit", message);
  }

  count(key: string, stored: number, decoded: number): void {
    if (this.#counted.has(key)) return;
    this.#counted.add(key);
    this.#stored += stored;
    this.#decoded += decoded;
  }
}
