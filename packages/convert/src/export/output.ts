/** The bytes of an export on their way to a sink: gathered, written while the next ones are made, and counted. */
import { MslError, type Sink, type VerifyProgress } from "@memslice/msl";
import { ProgressMeter, throwIfAborted } from "@memslice/msl/work";

/** What a sink takes at once. */
const PIECE_BYTES = 256 * 1024;
/** Reads that are under way at the same time: each may decompress a payload. */
const FILLINGS_MOST = 4;
/** Files are written in larger pieces: a call costs as much as copying some ten KiB. */
const LARGE_PIECE_BYTES = 1024 * 1024;
/** One array is being written, one waits until its reads have ended, and one is filled. */
const ARRAYS = 3;

export interface OutputOptions {
  /** Bytes of the whole output, or more: for progress, and for arrays that are no larger. */
  readonly size: bigint;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** A sink that may be able to leave bytes out. */
export interface SparseSink extends Sink {
  /** Goes on `bytes` further on. What is left out reads as zeros, and takes no room: a file with holes. */
  skip?(bytes: bigint): Promise<void> | void;
}

/**
 * Appends bytes to a sink. Arrays are filled while the sink has the ones before; where the sink does not keep them, they are used again. Close the sink afterwards, behind
 * `end` or `idle`.
 */
export class Output {
  readonly #sink: SparseSink;
  readonly #signal: AbortSignal | undefined;
  readonly #meter: ProgressMeter;
  readonly #pieceBytes: number;
  /** The array that is filled; made when there are bytes for it, since an export may have a million files without any. */
  #array: Uint8Array | undefined;
  #filled = 0;
  #written = 0n;
  /** Arrays that the sink has written, to be filled again. */
  readonly #free: Uint8Array[] = [];
  /** Writes that the sink has not ended, in order. Each follows from the one before: after a failure all fail. */
  readonly #waiting: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  /** Reads that fill parts of the array. */
  #filling: Promise<void>[] = [];
  /** Reads that are under way, in order. */
  readonly #reads: Promise<void>[] = [];

  constructor(sink: SparseSink, { size, signal, onProgress }: OutputOptions) {
    this.#sink = sink;
    this.#signal = signal;
    this.#meter = new ProgressMeter(Number(size), onProgress);
    const most = sink.keepsBytes === false ? LARGE_PIECE_BYTES : PIECE_BYTES;
    this.#pieceBytes = size < BigInt(most) ? Math.max(1, Number(size)) : most;
  }

  /** Bytes that were appended so far: the offset of the next one. */
  get offset(): bigint {
    return this.#written + BigInt(this.#filled);
  }

  /** At least one byte, and at most `most`, into which the next bytes can be written; `advance` then appends them. */
  async room(most: number): Promise<Uint8Array> {
    if (this.#filled === this.#pieceBytes) await this.#hand();
    this.#array ??= this.#free.pop() ?? new Uint8Array(this.#pieceBytes);
    return this.#array.subarray(this.#filled, Math.min(this.#pieceBytes, this.#filled + most));
  }

  /** Appends `length` bytes that were written into `room`. */
  advance(length: number): void {
    this.#filled += length;
  }

  /**
   * Appends `room`, as `room` returned it, which `filling` fills: several parts of an array may be filled at the same time. The array is written when they are. A failure
   * of `filling` is thrown by the call that hands the array over.
   */
  async appendFilled(room: Uint8Array, filling: Promise<void>): Promise<void> {
    // Until it is awaited, a rejection must not be reported as unhandled.
    filling.catch(() => {});
    this.#filling.push(filling);
    this.#reads.push(filling);
    this.advance(room.length);
    if (this.#reads.length >= FILLINGS_MOST) await this.#reads.shift();
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const room = await this.room(bytes.length - done);
      room.set(bytes.subarray(done, done + room.length));
      this.advance(room.length);
      done += room.length;
    }
  }

  /** Appends zeros up to the offset. Throws `internal` for one that has been passed: the plan of the file contradicts its content. */
  async padTo(offset: bigint): Promise<void> {
    if (this.offset > offset)
      throw new MslError("internal", `The output is at byte ${this.offset}, expected at most ${offset}: report this as a fault`);
    while (this.offset < offset) {
      const room = await this.room(Number(offset - this.offset));
      this.advance(room.fill(0).length);
    }
  }

  /** Leaves out `length` bytes, which read as zeros where the sink is a sparse file. Throws `internal` for a sink that cannot. */
  async skip(length: bigint): Promise<void> {
    await this.end();
    if (!this.#sink.skip) throw new MslError("internal", "The sink has no skip: report this as a fault");
    await this.#sink.skip(length);
    this.#written += length;
  }

  /** Hands over what is left, and waits until the sink has it. */
  async end(): Promise<void> {
    if (this.#filled > 0) await this.#hand();
    await this.#last;
  }

  /** Waits until nothing is read or written any more, whether that failed or not: the sink may be closed then. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#reads, ...this.#filling, this.#last]);
  }

  async #hand(): Promise<void> {
    throwIfAborted(this.#signal);
    const [array, length, filling] = [this.#array, this.#filled, this.#filling];
    if (!array) return;
    const done = this.#last.then(async () => {
      await Promise.all(filling);
      await this.#write(array.subarray(0, length));
      this.#waiting.shift();
      if (this.#sink.keepsBytes === false) this.#free.push(array);
    });
    // A caller that fails before it awaits the promise never does: its rejection must not be reported as unhandled.
    done.catch(() => {});
    this.#waiting.push(done);
    this.#last = done;
    this.#array = undefined;
    this.#filling = [];
    this.#written += BigInt(length);
    this.#filled = 0;
    if (this.#waiting.length >= ARRAYS) await this.#waiting[0];
    this.#meter.report(Number(this.#written));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#sink.write(bytes);
    } catch (cause) {
      if (cause instanceof MslError) throw cause;
      throw new MslError("sink", `The output cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }
}
