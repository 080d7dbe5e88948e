/**
 * Work on the bytes of a capture, written once for bytes in memory and for a source: a generator that yields requests and gets bytes. One window
 * moves forward with the search, so that each byte is read once, however many places are examined.
 */
import { throwIfAborted } from "../../errors.js";
import type { Source } from "../../source/source.js";
import { TimeSlice } from "../../source/time-slice.js";

/** The bytes that the work needs. A request of length 0 needs none: other work may run. */
export interface ByteRequest {
  readonly offset: number;
  readonly length: number;
}

export type ByteWork<T> = Generator<ByteRequest, T, Uint8Array>;

/** Yielded in loops whose length the capture decides, at least once for each millisecond of work. */
export const BREATHER: ByteRequest = { offset: 0, length: 0 };

const WINDOW_BYTES = 1024 * 1024;
/** Bytes before the requested place that the window holds, too: a file header with its extension. */
const LOOKBACK_BYTES = 128;
/** Bytes hashed or searched between two breathers. */
export const PIECE_BYTES = 64 * 1024;

export class MovingWindow {
  readonly dataEnd: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(dataEnd: number) {
    this.dataEnd = dataEnd;
  }

  /** The bytes of the window from `offset` on, at least `least` bytes. Moves the window there if it does not hold as many. */
  *from(offset: number, least: number): ByteWork<Uint8Array> {
    if (!this.#holds(offset, least)) {
      const start = Math.max(0, offset - LOOKBACK_BYTES);
      this.#bytes = yield { offset: start, length: Math.min(WINDOW_BYTES, this.dataEnd - start) };
      this.#start = start;
    }
    return this.#bytes.subarray(offset - this.#start);
  }

  /** Exactly `length` bytes. Does not move the window: for places far from the search. */
  *at(offset: number, length: number): ByteWork<Uint8Array> {
    if (!this.#holds(offset, length)) return yield { offset, length };
    const at = offset - this.#start;
    return this.#bytes.subarray(at, at + length);
  }

  /** The bytes `[start, end)` in pieces. */
  *pieces(start: number, end: number, take: (piece: Uint8Array) => void): ByteWork<void> {
    for (let at = start; at < end; at += PIECE_BYTES) {
      take(yield* this.at(at, Math.min(PIECE_BYTES, end - at)));
      yield BREATHER;
    }
  }

  #holds(offset: number, length: number): boolean {
    return offset >= this.#start && offset + length <= this.#start + this.#bytes.length;
  }
}

const NO_BYTES = new Uint8Array(0);
/** Units of a `TimeSlice` for each request, so that the clock is read each time. */
const UNITS_PER_REQUEST = 256;

/** Does the work on bytes in memory. */
export function runOnBytes<T>(work: ByteWork<T>, bytes: Uint8Array): T {
  let step = work.next(NO_BYTES);
  while (!step.done) {
    const { offset, length } = step.value;
    step = work.next(bytes.subarray(offset, offset + length));
  }
  return step.value;
}

/** Does the work on a source. Throws what the source throws, and `aborted`. */
export async function runOnSource<T>(work: ByteWork<T>, source: Source, signal: AbortSignal | undefined): Promise<T> {
  const slice = new TimeSlice(signal);
  let step = work.next(NO_BYTES);
  while (!step.done) {
    if (slice.isSpent(UNITS_PER_REQUEST)) await slice.renew();
    const { offset, length } = step.value;
    throwIfAborted(signal);
    step = work.next(length === 0 ? NO_BYTES : await source.read(offset, length, signal));
  }
  return step.value;
}
