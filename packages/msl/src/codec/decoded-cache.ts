/**
 * A least-recently-used cache of the decompressed payloads of a capture, with a limit on their total size, and sources that read from the cache. The
 * array of a dropped payload is used again for another payload if no reader can have a view of it: the memory pages of a new array take as long as a
 * fifth of the decoding.
 */
import { ownBytes } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError, throwIfAborted } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { SharedWork } from "../source/cancellable-work.js";
import { requireRange, type Source } from "../source/source.js";
import type { PieceData } from "./codecs.js";

/** A payload that can be read from `bytes` or in `pieces`, or the problem why it cannot be read. */
export type Readable =
  | {
      readonly bytes: Uint8Array;
      /** The array that `bytes` is a view of, if nobody else has a reference to it. */
      readonly array?: Uint8Array<ArrayBuffer> | undefined;
      readonly pieces?: undefined;
      readonly problem?: undefined;
    }
  | { readonly bytes?: undefined; readonly array?: undefined; readonly pieces: PieceData; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly array?: undefined; readonly pieces?: undefined; readonly problem: Problem };

/** A decompressed payload, and the deviations of the compressed one. */
export type DecodedPayload = Readable & { readonly deviations: readonly Deviation[] };

type Load = (signal: AbortSignal) => Promise<DecodedPayload>;

/** A payload that was loaded, or is being loaded. */
class Entry {
  work: SharedWork<DecodedPayload> | undefined;
  payload: DecodedPayload | undefined;
  /** The number of readers that wait for the payload, or are reading it. */
  users = 0;
  isHeld = false;
  /** Whether a reader may have, and keep, a view of the bytes. */
  isGiven = false;
}

/** The most payloads with bytes, and the most without: an entry takes up to a KiB besides its bytes, with key, promises and problem. */
const MOST_ENTRIES = 4096;
/** Arrays up to this size are not used again: new ones cost next to nothing. */
export const SMALL_BYTES = 64 * 1024;
/** Larger arrays have a multiple of this size, so that payloads of about the same size fit into the same array. */
const ARRAY_STEP = 64 * 1024;
/** An array is used again for payloads of at least this fraction of its size. */
const LEAST_PART = 1 / 2;
/** The most spare arrays: one of a dropped payload and one of stored bytes, and two more because workers return arrays of both kinds. */
const MOST_SPARE = 4;
/** The limit on the total size of spare arrays, as a multiple of the limit on the total size of payloads. */
const MOST_SPARE_IN_LIMITS = 2;

/**
 * A reader of this fraction of a payload or more gets a view, and the array of the payload is not used again: a copy would take as much memory as a new
 * array for the next payload.
 */
const LEAST_GIVEN = 1 / 2;

export class DecodedCache {
  readonly #limit: number;
  /** Entries with bytes, in the order of their last use. */
  readonly #held = new Map<string, Entry>();
  /**
   * Payloads without bytes: to be read in pieces, or with a problem. Payloads with bytes do not displace them, since they take little memory, and long to
   * determine again.
   */
  readonly #others = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, Entry>();
  #heldBytes = 0;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The payload under `key`, loaded if the cache does not hold it. The caller may keep its bytes: their array is not used again. Several callers at
   * once share one load, whose signal fires when the signals of all callers have fired. A payload above the limit is not held.
   */
  get(key: string, load: Load, signal?: AbortSignal): Promise<DecodedPayload> {
    return this.#use(key, load, signal, (payload, entry) => {
      entry.isGiven = true;
      return payload;
    });
  }

  /** Calls `use` with the payload under `key`, loaded if the cache does not hold it. `use` is synchronous: the bytes are valid until it returns. */
  borrow<T>(key: string, load: Load, use: (payload: DecodedPayload) => T, signal?: AbortSignal): Promise<T> {
    return this.#use(key, load, signal, use);
  }

  /** Whether the bytes of the payload are held. */
  holds(key: string): boolean {
    return this.#held.has(key);
  }

  /** An array of at least `size` bytes, with any content, for a payload that will be held; other payloads are dropped to make room. */
  arrayFor(size: number): Uint8Array<ArrayBuffer> {
    this.makeRoom(size);
    return this.newArray(size);
  }

  /** Drops payloads until there is room for one of `size` bytes. */
  makeRoom(size: number): void {
    this.#dropAbove(this.#limit - size);
  }

  /** An array of at least `size` bytes, with any content, that belongs to the caller: a spare one, or a new one. */
  newArray(size: number): Uint8Array<ArrayBuffer> {
    if (size <= SMALL_BYTES) return new Uint8Array(size);
    const index = this.#spare.findIndex(({ length }) => length >= size && size >= LEAST_PART * length);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    return spare ?? new Uint8Array(arraySize(size, this.#limit));
  }

  /** Takes a spare array, to which the caller must not keep a reference. */
  giveBack(array: Uint8Array<ArrayBuffer>): void {
    if (array.length <= SMALL_BYTES) return;
    this.#spare.push(array);
    // Drops the oldest arrays first, since payloads of their size may not come any more.
    while (this.#spare.length > MOST_SPARE || this.#spareBytes > MOST_SPARE_IN_LIMITS * this.#limit) this.#spare.shift();
  }

  get #spareBytes(): number {
    return this.#spare.reduce((sum, { length }) => sum + length, 0);
  }

  async #use<T>(
    key: string,
    load: Load,
    signal: AbortSignal | undefined,
    use: (payload: DecodedPayload, entry: Entry) => T,
  ): Promise<T> {
    const entry = this.#entryOf(key, load);
    entry.users++;
    try {
      if (!entry.payload) await entry.work?.join(signal);
      if (!entry.payload) throw new MslError("internal", "A decompressed payload was dropped while somebody waited for it");
      return use(entry.payload, entry);
    } finally {
      entry.users--;
      this.#reuse(entry);
    }
  }

  #entryOf(key: string, load: Load): Entry {
    const held = this.#held.get(key);
    if (held) {
      this.#held.delete(key);
      this.#held.set(key, held);
      return held;
    }
    const other = this.#others.get(key);
    if (other) return Object.assign(new Entry(), { payload: other });
    const pending = this.#pending.get(key);
    return pending?.work && !pending.work.dead ? pending : this.#load(key, load);
  }

  #load(key: string, load: Load): Entry {
    const entry = new Entry();
    const end = () => {
      if (this.#pending.get(key) === entry) this.#pending.delete(key);
    };
    entry.work = new SharedWork(async (signal) => {
      const payload = await load(signal);
      entry.payload = payload;
      // Before `#keep`, and before other code can run: an entry that was dropped must not be found among the pending entries.
      end();
      this.#keep(key, entry, payload);
      return payload;
    });
    entry.work.settled.then(end);
    this.#pending.set(key, entry);
    return entry;
  }

  #keep(key: string, entry: Entry, payload: DecodedPayload): void {
    if (!payload.bytes) {
      this.#others.set(key, payload);
      const [oldest] = this.#others.keys();
      if (oldest !== undefined && this.#others.size > MOST_ENTRIES) this.#others.delete(oldest);
      return;
    }
    if (sizeOf(payload) > this.#limit) return;
    // The cache may hold an entry of this key: an aborted load may end after a later load of the same payload.
    this.#drop(key);
    entry.isHeld = true;
    this.#held.set(key, entry);
    this.#heldBytes += sizeOf(payload);
    this.#dropAbove(this.#limit);
  }

  #dropAbove(most: number): void {
    for (const key of this.#held.keys()) {
      if (this.#heldBytes <= most && this.#held.size <= MOST_ENTRIES) return;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const entry = this.#held.get(key);
    if (!entry) return;
    this.#held.delete(key);
    entry.isHeld = false;
    this.#heldBytes -= sizeOf(entry.payload);
    this.#reuse(entry);
  }

  /** Makes the array of an entry a spare one if the cache does not hold the entry, no reader uses it, and no reader may have a view of its bytes. */
  #reuse(entry: Entry): void {
    const array = entry.payload?.array;
    if (!array || entry.isHeld || entry.isGiven || entry.users > 0) return;
    entry.payload = undefined;
    this.giveBack(array);
  }
}

function sizeOf(payload: DecodedPayload | undefined): number {
  return payload?.bytes ? (payload.array ?? payload.bytes).length : 0;
}

function arraySize(size: number, limit: number): number {
  return Math.max(size, Math.min(limit, Math.ceil(size / ARRAY_STEP) * ARRAY_STEP));
}

/** The payload of a cache that a source reads. `name` is for messages, `size` is the number of bytes of the payload. */
export interface HeldPayload {
  readonly cache: DecodedCache;
  readonly key: string;
  readonly load: Load;
  readonly name: string;
  readonly size: number;
}

/** Reads a decompressed payload from the cache, which loads it again after it was dropped. */
export class HeldSource implements Source {
  readonly #payload: HeldPayload;

  constructor(payload: HeldPayload) {
    this.#payload = payload;
  }

  get size(): number {
    return this.#payload.size;
  }

  /** Returns a copy of less than half of the payload, or a view of half of the payload or more. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    const { cache, key, load } = this.#payload;
    const part = (payload: DecodedPayload) => this.#bytesOf(payload).subarray(offset, offset + length);
    if (length >= LEAST_GIVEN * this.size) return part(await cache.get(key, load, signal));
    return cache.borrow(key, load, (payload) => ownBytes(part(payload)), signal);
  }

  async readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    requireRange(offset, target.length, this.size);
    const { cache, key, load } = this.#payload;
    const fill = (payload: DecodedPayload) => target.set(this.#bytesOf(payload).subarray(offset, offset + target.length));
    await cache.borrow(key, load, fill, signal);
  }

  /** Throws `changed` if the payload does not decompress as it did before, and `limit` if there is not enough memory for it. */
  #bytesOf({ bytes, problem }: Readable): Uint8Array {
    const { name, size } = this.#payload;
    if (bytes?.length === size) return bytes;
    if (problem?.id === "CMP-LIMIT") throw new MslError("limit", `${name} cannot be decompressed again: ${problem.message}`);
    const found = problem?.message ?? (bytes ? `${bytes.length} bytes instead of ${size}` : "it is larger than it was");
    throw changedSince(name, found);
  }
}

/** The error of a payload that was decompressed before, and does not decompress to the same size any more, or not at all. `found`: the difference. */
export function changedSince(name: string, found: string): MslError {
  return new MslError(
    "changed",
    `${name} does not decompress as it did before (${found}): the capture was changed while it was open`,
  );
}
