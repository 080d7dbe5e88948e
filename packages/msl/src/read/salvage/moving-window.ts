/**
 * Bytes of a capture for work that reads them the same way from memory and from a source: the work is a generator that asks for bytes and is
 * handed them. One window moves forward with the search, so that a byte is read once however many places are looked at.
 */

/** Bytes wanted; of length 0 it asks for nothing, and is an opportunity to let other work run. */
export interface ByteRequest {
  readonly offset: number;
  readonly length: number;
}

export type ByteWork<T> = Generator<ByteRequest, T, Uint8Array>;

/** Yielded in loops whose length the capture decides, after every piece of work of a millisecond at most. */
export const BREATHER: ByteRequest = { offset: 0, length: 0 };

const WINDOW_BYTES = 1024 * 1024;
/** Bytes before the place asked for that the window holds as well: a file header and its extension. */
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

  /** The bytes from `offset` on that the window holds, `least` of them or more; moves the window there if it does not hold so many. */
  *from(offset: number, least: number): ByteWork<Uint8Array> {
    if (!this.#holds(offset, least)) {
      const start = Math.max(0, offset - LOOKBACK_BYTES);
      this.#bytes = yield { offset: start, length: Math.min(WINDOW_BYTES, this.dataEnd - start) };
      this.#start = start;
    }
    return this.#bytes.subarray(offset - this.#start);
  }

  /** Exactly `length` bytes, without moving the window: for looks at places far from the search. */
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
