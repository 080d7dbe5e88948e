/** A bound for what comes of a capture: a small one can hold very much that is compressed. */
import { DEFAULT_LIMITS } from "../codec/limits.js";
import { MslError } from "../errors.js";
import type { Sink } from "../write/sink.js";

/** Memory that compresses better than this is mostly empty pages. */
const TIMES_THE_SOURCE = 64;

/** Most bytes that are written of a source of `size` bytes, unless another limit is given. */
export function defaultOutputLimit(size: number): number {
  return DEFAULT_LIMITS.outputLimit + TIMES_THE_SOURCE * size;
}

export function outputAboveLimit(bytes: number, limit: number): MslError {
  return new MslError("limit", `The output has ${bytes} bytes or more, above the limit of ${limit} (outputLimit)`);
}

/** Throws `limit` in place of a write that would pass the limit. */
export class LimitedSink implements Sink {
  readonly #sink: Sink;
  readonly #limit: number;
  #length = 0;

  constructor(sink: Sink, limit: number) {
    this.#sink = sink;
    this.#limit = limit;
  }

  write(bytes: Uint8Array): Promise<void> | void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) throw outputAboveLimit(this.#length, this.#limit);
    return this.#sink.write(bytes);
  }

  flush(): Promise<void> | void {
    return this.#sink.flush?.();
  }

  close(): Promise<void> | void {
    return this.#sink.close?.();
  }
}
