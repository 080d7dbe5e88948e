/** Where bytes come from. All readers use this one interface; wrappers take a source and are one. */
import { concatenated } from "../bytes.js";
import { MslError, throwIfAborted } from "../errors.js";
import { Shown } from "../json/shown.js";
import { isReadableBlob } from "../tags.js";

/** Bytes that can be read at any offset: a file, a Blob, an array, a URL, or one of your own. */
export interface Source {
  /** Bytes in all. */
  readonly size: number;
  /**
   * Whether reads cross a network. Readers then ask for the bytes they need, in few requests; of a file they would also read the bytes
   * between. Only the source knows this; wrappers pass it on. Absent means no.
   */
  readonly metered?: boolean;
  /**
   * The bytes `[offset, offset + length)`, exactly. May be a view of memory the source owns: do not write to it.
   * Throws `truncated` when the source ends earlier, `source` when it cannot be read, `aborted`.
   */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
  /**
   * The bytes `[offset, offset + length)` if they are in memory, without a promise: many small reads in order cost little. A view that is valid until
   * other bytes of the source are read.
   */
  readAtOnce?(offset: number, length: number): Uint8Array | undefined;
  /** Fills `target` with the bytes from `offset` on, and throws like `read`. For sources whose `read` makes a new array each time. */
  readInto?(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * Throws `changed` if somebody has written to the bytes since the source was opened, as far as their owner tells: a file by its size and the time of its last
   * change. Without it, nobody can tell. Wrappers pass it on.
   */
  requireUnchanged?(): Promise<void>;
  /** Releases what the source holds, such as a file. */
  close?(): Promise<void>;
}

/** Fills `target`, and returns it. Makes no array in between if the source has `readInto`. */
export async function readInto(
  source: Source,
  offset: number,
  target: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  if (source.readInto) await source.readInto(offset, target, signal);
  else target.set(await readExactly(source, offset, target.length, signal));
  return target;
}

/**
 * `source.read`, with a check that it gave exactly `length` bytes: with fewer, a caller would take bytes that nobody read for captured ones. Every
 * wrapper reads the source below it by this function. Throws `source`.
 */
export async function readExactly(
  source: Source,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes: Uint8Array | undefined = await source.read(offset, length, signal);
  if (bytes?.length === length) return bytes;
  const found = bytes === undefined ? "nothing" : `${bytes.length} bytes`;
  throw new MslError("source", `The source gave ${found} at offset ${offset}, expected exactly ${length} bytes`, { offset });
}

/** A source that a caller of the library made: each answer is checked. */
export class CheckedSource implements Source {
  readonly metered: boolean;
  readonly readInto?: (offset: number, target: Uint8Array, signal?: AbortSignal) => Promise<void>;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    this.metered = source.metered ?? false;
    if (source.readInto) this.readInto = async (offset, target, signal) => source.readInto?.(offset, target, signal);
  }

  async requireUnchanged(): Promise<void> {
    await this.#source.requireUnchanged?.();
  }

  get size(): number {
    return this.#source.size;
  }

  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return readExactly(this.#source, offset, length, signal);
  }

  async close(): Promise<void> {
    await this.#source.close?.();
  }
}

/** Throws when `[offset, offset + length)` does not lie inside a source of `size` bytes. */
export function requireRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || length > size - offset) {
    throw new MslError("truncated", `${length} bytes at offset ${offset} pass the end of the data at ${size}`, { offset });
  }
}

/** Bytes in memory; reads are views, not copies. */
export class BytesSource implements Source {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get size(): number {
    return this.bytes.length;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    return this.bytes.subarray(offset, offset + length);
  }
}

/** Another source without its `close`: the owner of that source closes it. */
export class SharedSource implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
    this.size = source.size;
    this.metered = source.metered ?? false;
  }

  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    return readExactly(this.#source, offset, length, signal);
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    await readInto(this.#source, offset, target, signal);
  }

  async requireUnchanged(): Promise<void> {
    await this.#source.requireUnchanged?.();
  }
}

/** A byte of a source. */
export interface SourcePlace {
  readonly source: Source;
  readonly offset: number;
}

/** A window of another source. */
export class SourceSlice implements Source {
  readonly size: number;
  readonly metered: boolean;
  /** Only if the other source has it. */
  readonly readInto?: (offset: number, target: Uint8Array, signal?: AbortSignal) => Promise<void>;
  readonly #source: Source;
  readonly #start: number;

  constructor(source: Source, start: number, size: number) {
    requireRange(start, size, source.size);
    // A slice of a slice reads the source behind both.
    const whole = source instanceof SourceSlice ? source.#source : source;
    const from = source instanceof SourceSlice ? source.#start + start : start;
    this.#source = whole;
    this.#start = from;
    this.size = size;
    this.metered = source.metered ?? false;
    if (whole.readInto) {
      this.readInto = async (offset, target, signal) => {
        requireRange(offset, target.length, size);
        await whole.readInto?.(from + offset, target, signal);
      };
    }
  }

  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    return readExactly(this.#source, this.#start + offset, length, signal);
  }

  /** The source behind the slice, and the place there of a byte of the slice. */
  behind(offset: number): SourcePlace {
    return { source: this.#source, offset: this.#start + offset };
  }
}

/** Several sources, one after the other. */
export class ConcatenatedSource implements Source {
  readonly size: number;
  readonly #parts: readonly Source[];
  /** Where each part begins. */
  readonly #starts: number[] = [];

  constructor(parts: readonly Source[]) {
    this.#parts = parts;
    let size = 0;
    for (const part of parts) {
      this.#starts.push(size);
      size += part.size;
    }
    this.size = size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    requireRange(offset, length, this.size);
    const end = offset + length;
    const pieces: Uint8Array[] = [];
    for (let i = this.#partAt(offset); i < this.#parts.length; i++) {
      const part = this.#parts[i];
      const start = this.#starts[i] ?? this.size;
      if (!part || start >= end) break;
      const from = Math.max(0, offset - start);
      const to = Math.min(part.size, end - start);
      if (from < to) pieces.push(await readExactly(part, from, to - from, signal));
    }
    return concatenated(pieces);
  }

  /** The last part that does not begin after the offset, by binary search: there may be very many parts. */
  #partAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** A Blob or File of the web platform. */
export class BlobSource implements Source {
  readonly #blob: Blob;

  /** Throws `unsupported-runtime`. */
  constructor(blob: Blob) {
    this.#blob = requireReadable(blob);
  }

  get size(): number {
    return this.#blob.size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    try {
      return new Uint8Array(await this.#blob.slice(offset, offset + length).arrayBuffer());
    } catch (cause) {
      throw new MslError("source", `The blob cannot be read at offset ${offset}`, { offset, cause });
    }
  }
}

/** Throws `unsupported-runtime` for a Blob whose contents cannot be read. */
export function requireReadable(blob: Blob): Blob {
  if (isReadableBlob(blob)) return blob;
  throw new MslError(
    "unsupported-runtime",
    "The contents of this Blob cannot be read, as of all Blobs of jsdom: pass the bytes instead",
  );
}

/**
 * The source that a wrapper reads, for the wrapper's `toJSON`. Empty for a source that a caller made: its properties may be addresses with keys in
 * them.
 */
export function shownBehind(source: Source): { readonly source?: object } {
  return source instanceof Shown ? { source } : {};
}
