/** The sink of the output: bounded, since a small capture can hold very much compressed data, and closed once. */

import { MslError } from "../errors.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import type { FlushPolicy, Sink } from "../write/sink.js";

/** Memory that compresses better than this is mostly empty pages. */
const TIMES_THE_SOURCE = 64;

/** The default of `outputLimit` for a source of `size` bytes. */
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
  readonly flushPolicy: FlushPolicy | undefined;
  readonly keepsBytes: boolean | undefined;

  constructor(sink: Sink, limit: number) {
    this.#sink = sink;
    this.flushPolicy = sink.flushPolicy;
    this.keepsBytes = sink.keepsBytes;
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

/** The sink, whose `close` is called once however often it is asked for. */
export function closedOnce(sink: Sink): Sink & { close(): Promise<void> } {
  let closed = false;
  return {
    flushPolicy: sink.flushPolicy,
    keepsBytes: sink.keepsBytes,
    write: (bytes) => sink.write(bytes),
    flush: () => sink.flush?.(),
    close: async () => {
      if (closed) return;
      closed = true;
      await sink.close?.();
    },
  };
}
