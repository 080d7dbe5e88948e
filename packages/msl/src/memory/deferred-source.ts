import { MslError, throwIfAborted } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { readExactly, requireRange, type Source } from "../source/source.js";

/** A payload whose size is stated, and which is decompressed to its end before its first byte is given out. */
export class DeferredSource implements Source {
  readonly size: number;
  readonly #open: (signal?: AbortSignal) => Promise<{ readonly payload: Source; readonly problem?: Problem }>;

  constructor(size: number, open: (signal?: AbortSignal) => Promise<{ readonly payload: Source; readonly problem?: Problem }>) {
    this.size = size;
    this.#open = open;
  }

  /** Throws `limit`, or `damaged-block` where the payload turns out not to be sound. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    const { payload, problem } = await this.#open(signal);
    if (problem) throw new MslError(problem.id === "CMP-LIMIT" ? "limit" : "damaged-block", problem.message);
    return readExactly(payload, offset, length, signal);
  }
}
