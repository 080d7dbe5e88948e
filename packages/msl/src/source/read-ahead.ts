/** Reading more than is asked for, or into arrays that are used again: a source from front to back, windows, and short reads; and how far a pass has come. */
import { ownBytes } from "../bytes.js";
import { throwIfAborted } from "../errors.js";
import { SharedWork, untilAborted } from "./cancellable-work.js";
import { readExactly, readInto, type Source } from "./source.js";
import { TimeSlice } from "./time-slice.js";

export interface ReadAheadOptions {
  /** The bytes `[from, end)` are read. Default: all. */
  readonly from?: number;
  readonly end?: number;
  /** Bytes of a slab; the last slab has the rest. Default `SLAB_BYTES`. */
  readonly slabBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes read at once where a source is read from front to back, unless another size was measured to be better. */
export const SLAB_BYTES = 1024 * 1024;

/** Bytes that count as one unit of a `TimeSlice`: a pause follows after 8 MiB, or after some milliseconds of slower work. */
const BYTES_PER_UNIT = 32;

/**
 * Yields the bytes in order, in slabs: the next slab is read while the caller works on this one. Each slab is valid until the next one is
 * asked for: a source with `readInto` fills two arrays in turn, so that memory does not depend on the number of bytes. The event loop runs
 * between slabs, also where the source never waits. Throws `aborted`.
 */
export async function* readAhead(source: Source, options: ReadAheadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
  const { from = 0, end = source.size, slabBytes = SLAB_BYTES, signal } = options;
  if (from >= end) return;
  const slice = new TimeSlice(signal);
  const arrays = new TwoArrays();
  const startReading = (offset: number): Promise<Uint8Array> => {
    const length = Math.min(slabBytes, end - offset);
    const reading = source.readInto
      ? readInto(source, offset, arrays.next(length), signal)
      : readExactly(source, offset, length, signal);
    // A caller that stops early never awaits this promise; its rejection must not be reported as unhandled.
    reading.catch(() => {});
    return reading;
  };
  let next = startReading(from);
  for (let offset = from; offset < end; ) {
    const slab = await untilAborted(next, signal);
    offset += slab.length;
    if (offset < end) next = startReading(offset);
    yield slab;
    throwIfAborted(signal);
    if (slice.isSpent(slab.length / BYTES_PER_UNIT)) await slice.renew();
  }
}

/** Two arrays of the same length that are handed out in turn. */
class TwoArrays {
  #later: Uint8Array | undefined;
  #sooner: Uint8Array | undefined;

  /** `length` must not rise. */
  next(length: number): Uint8Array {
    const array = this.#sooner ?? new Uint8Array(length);
    this.#sooner = this.#later;
    this.#later = array;
    return array.subarray(0, length);
  }
}

/** Reads windows of a source into one array, if the source has `readInto`: to allocate memory costs more than to read into it. */
export class WindowReader {
  readonly #source: Source;
  #array = new Uint8Array(0);

  constructor(source: Source) {
    this.#source = source;
  }

  /** `length` bytes from `start` on, or fewer at the end of the source. The next call may overwrite them. */
  async read(start: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const available = Math.min(length, this.#source.size - start);
    if (!this.#source.readInto) return this.#source.read(start, available, signal);
    if (this.#array.length < available) this.#array = new Uint8Array(available);
    const window = this.#array.subarray(0, available);
    await this.#source.readInto(start, window, signal);
    return window;
  }
}

/** A new array for fewer bytes costs less than another use of an old one. */
const SHORTEST_SPARE = 8 * 1024;

/** Arrays for short reads, of which several may be under way at the same time. */
export class SpareArrays {
  readonly #length: number;
  readonly #spare: Uint8Array[] = [];

  /** `length`: bytes of each array. Longer reads get arrays of their own, and very short ones as well. */
  constructor(length: number) {
    this.#length = length;
  }

  /** Calls `use` with the first `length` bytes of a source, which are valid until the promise of `use` resolves. */
  async use<T>(
    source: Source,
    length: number,
    signal: AbortSignal | undefined,
    use: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T> {
    if (!source.readInto || length < SHORTEST_SPARE || length > this.#length)
      return use(await readExactly(source, 0, length, signal));
    const array = this.#spare.pop() ?? new Uint8Array(this.#length);
    // After a failure the array is not used again: the source may still write to it.
    const result = await use(await readInto(source, 0, array.subarray(0, length), signal));
    this.#spare.push(array);
    return result;
  }
}

/** Reads of more bytes are not served from windows. */
const LONGEST_SHORT = 32 * 1024;
/** A short read follows the last one if it begins at most this far behind it. */
const FARTHEST_NEXT = 32 * 1024;
/** The lengths of windows: each one is twice as long as the one before, as long as reads follow each other. */
const FIRST_WINDOW = 16 * 1024;
const LONGEST_WINDOW = 256 * 1024;

/** Short reads that follow each other: they are served from windows of the source, so that most of them do not wait. Others are read as they are. */
export class SequentialReads {
  readonly #source: Source;
  /** Where the last read ended; negative before the first one. */
  #end = -1;
  #nextWindow = FIRST_WINDOW;
  #held: { readonly start: number; readonly bytes: Uint8Array } | undefined;
  #loading: { readonly start: number; readonly end: number; readonly work: SharedWork<Uint8Array> } | undefined;
  /** Where the last window ends that could not be read. Its bytes are read as they are: each further window might try the same damaged place again. */
  #failedEnd = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** The bytes `[offset, offset + length)`, a copy: at once if a window holds them. Throws like `Source.read`. */
  read(offset: number, length: number, signal: AbortSignal | undefined): Uint8Array | Promise<Uint8Array> {
    throwIfAborted(signal);
    const follows = this.#end >= 0 && offset >= this.#end && offset - this.#end <= FARTHEST_NEXT;
    this.#end = offset + length;
    const { start, bytes } = this.#held ?? NOTHING_HELD;
    if (offset >= start && offset + length <= start + bytes.length)
      return ownBytes(bytes.subarray(offset - start, offset - start + length));
    if (!follows) {
      this.#nextWindow = FIRST_WINDOW;
      this.#failedEnd = 0;
    }
    if (!follows || length > LONGEST_SHORT || offset < this.#failedEnd) return readExactly(this.#source, offset, length, signal);
    return this.#fromWindow(offset, length, signal);
  }

  /** Forgets what is held. */
  clear(): void {
    this.#held = undefined;
    this.#loading = undefined;
    this.#end = -1;
  }

  async #fromWindow(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { start, end, work } = this.#windowOf(offset, length);
    try {
      return ownBytes((await work.join(signal)).subarray(offset - start, offset - start + length));
    } catch {
      // Only these bytes are needed, and they may be readable although others of the window are not.
      throwIfAborted(signal);
      this.#failedEnd = end;
      return readExactly(this.#source, offset, length, signal);
    }
  }

  /** The window that is being read and has these bytes. */
  #windowOf(offset: number, length: number) {
    const current = this.#loading;
    if (current && !current.work.dead && offset >= current.start && offset + length <= current.end) return current;
    const size = Math.min(Math.max(this.#nextWindow, length), this.#source.size - offset);
    this.#nextWindow = Math.min(2 * this.#nextWindow, LONGEST_WINDOW);
    const work = new SharedWork(async (given) => {
      const bytes = await readInto(this.#source, offset, new Uint8Array(size), given);
      if (this.#loading === loading) this.#held = { start: offset, bytes };
      return bytes;
    });
    const loading = { start: offset, end: offset + size, work };
    this.#loading = loading;
    return loading;
  }
}

const NOTHING_HELD = { start: 0, bytes: new Uint8Array(0) };

/** How far verification is: bytes, bytes per second, milliseconds. */
export interface VerifyProgress {
  readonly bytesDone: number;
  /** Undefined for a stream of unknown length. */
  readonly bytesTotal: number | undefined;
  /** The average since the start; 0 before anything was measured. */
  readonly bytesPerSecond: number;
  /** Estimated from `bytesPerSecond`; undefined where the length or the speed is unknown. */
  readonly msLeft: number | undefined;
}

/** Calls a listener with how far work is. `total`: bytes of the work, undefined if unknown. */
export class ProgressMeter {
  readonly #total: number | undefined;
  readonly #listener: ((progress: VerifyProgress) => void) | undefined;
  readonly #started = performance.now();

  constructor(total: number | undefined, listener: ((progress: VerifyProgress) => void) | undefined) {
    this.#total = total;
    this.#listener = listener;
  }

  /** `bytesDone`: of all bytes, since the start. */
  report(bytesDone: number): void {
    if (!this.#listener) return;
    const elapsed = performance.now() - this.#started;
    const bytesPerSecond = elapsed > 0 ? (bytesDone / elapsed) * 1000 : 0;
    const bytesLeft = this.#total === undefined ? undefined : this.#total - bytesDone;
    const msLeft = bytesLeft === undefined || bytesPerSecond === 0 ? undefined : (bytesLeft / bytesPerSecond) * 1000;
    this.#listener({ bytesDone, bytesTotal: this.#total, bytesPerSecond, msLeft });
  }
}
