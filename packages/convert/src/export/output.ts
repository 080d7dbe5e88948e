/** The bytes of an export on their way to a sink: gathered, written while the next ones are made, and counted. */
import { MslError, type Sink, type VerifyProgress } from "@memslice/msl";
import { ProgressMeter, throwIfAborted } from "@memslice/msl/work";

/** What a sink takes at once. */
const PIECE_BYTES = 256 * 1024;
/** Reads that are under way at the same time: each may decompress a payload. */
const FILLINGS_MOST = 4;
/** Files are written in larger pieces: a call costs as much as copying some ten KiB. */
const LARGE_PIECE_BYTES = 1024 * 1024;

export interface OutputOptions {
  /** Bytes of the whole output, for progress. */
  readonly size: bigint;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/** A sink that may be able to leave bytes out. */
export interface SparseSink extends Sink {
  /** Goes on `bytes` further on. What is left out reads as zeros, and takes no room: a file with holes. */
  skip?(bytes: bigint): Promise<void> | void;
}

/** Appends bytes to a sink. One array is filled while the sink has the other one; if the sink keeps arrays, each is a new one. Close the sink afterwards. */
export class Output {
  readonly #sink: SparseSink;
  readonly #signal: AbortSignal | undefined;
  readonly #meter: ProgressMeter;
  readonly #pieceBytes: number;
  #array: Uint8Array;
  #spare: Uint8Array | undefined;
  #filled = 0;
  #written = 0n;
  #pending: Promise<void> | undefined;
  /** Reads that fill parts of the array. */
  #filling: Promise<void>[] = [];

  constructor(sink: SparseSink, { size, signal, onProgress }: OutputOptions) {
    this.#sink = sink;
    this.#signal = signal;
    this.#meter = new ProgressMeter(Number(size), onProgress);
    this.#pieceBytes = sink.keepsBytes === false ? LARGE_PIECE_BYTES : PIECE_BYTES;
    this.#array = new Uint8Array(this.#pieceBytes);
  }

  /** Bytes that were appended so far: the offset of the next one. */
  get offset(): bigint {
    return this.#written + BigInt(this.#filled);
  }

  /** At least one byte, and at most `most`, into which the next bytes can be written; `advance` then appends them. */
  async room(most: number): Promise<Uint8Array> {
    if (this.#filled === this.#pieceBytes) await this.#hand();
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
    this.advance(room.length);
    if (this.#filling.length >= FILLINGS_MOST) await this.#untilFilled();
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
    await this.#pending;
    this.#pending = undefined;
  }

  async #untilFilled(): Promise<void> {
    const filling = this.#filling;
    this.#filling = [];
    await Promise.all(filling);
  }

  async #hand(): Promise<void> {
    await this.#untilFilled();
    await this.#pending;
    throwIfAborted(this.#signal);
    const full = this.#array;
    this.#pending = this.#write(full.subarray(0, this.#filled));
    // A caller that fails before the next write never awaits this promise; its rejection must not be reported as unhandled.
    this.#pending.catch(() => {});
    this.#written += BigInt(this.#filled);
    this.#filled = 0;
    this.#array = this.#spare ?? new Uint8Array(this.#pieceBytes);
    this.#spare = this.#sink.keepsBytes === false ? full : undefined;
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
