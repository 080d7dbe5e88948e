/**
 * The decompressed payloads that were used last: their bytes up to a limit over all of them, and for the others how to read them. A payload's
 * array is filled again with another payload once nobody can see it any more: a new array costs as much as decompressing a fifth of its bytes.
 */
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import { SharedWork } from "../source/shared-work.js";
import type { PieceData } from "./open-decoders.js";

/** A payload that can be read, from `bytes` or in `pieces`, or why it cannot. */
export type Readable =
  | {
      readonly bytes: Uint8Array;
      /** The array that `bytes` is a view of, where nobody but the reader of the payload knows it. */
      readonly array?: Uint8Array<ArrayBuffer> | undefined;
      readonly pieces?: undefined;
      readonly problem?: undefined;
    }
  | { readonly bytes?: undefined; readonly array?: undefined; readonly pieces: PieceData; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly array?: undefined; readonly pieces?: undefined; readonly problem: Problem };

/** A decompressed payload, and what was odd about the compressed one. */
export type DecodedPayload = Readable & { readonly deviations: readonly Deviation[] };

type Load = (signal: AbortSignal) => Promise<DecodedPayload>;

/** A payload that is loaded or was. */
class Entry {
  work: SharedWork<DecodedPayload> | undefined;
  payload: DecodedPayload | undefined;
  /** Readers that wait for the payload or are reading it. */
  users = 0;
  isHeld = false;
  /** Somebody may have a view of the bytes, for as long as he likes. */
  isGiven = false;
}

/** Arrays of up to so many bytes are not used again: new ones cost next to nothing. */
export const SMALL_BYTES = 64 * 1024;
/** Other arrays have a multiple of so many bytes, so that payloads of about the same size fit into the same array. */
const ARRAY_STEP = 64 * 1024;
/** An array is used again for payloads of at least this part of it. */
const LEAST_PART = 1 / 2;
/** Arrays that wait for a payload: one of a payload that was dropped for another one, one of stored bytes, and as many again with workers. */
const MOST_SPARE = 4;
const MOST_SPARE_IN_LIMITS = 2;

export class DecodedCache {
  readonly #limit: number;
  /** Entries with bytes, in the order of their last use. */
  readonly #held = new Map<string, Entry>();
  /** Payloads without bytes: they cost next to nothing to keep, and a long way to find out again. */
  readonly #others = new Map<string, DecodedPayload>();
  readonly #pending = new Map<string, Entry>();
  #heldBytes = 0;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * The payload under `key`, or what `load` yields. The caller may keep its bytes: their array is not used again. Several who ask at once share
   * one load, which is told to stop when all of them have given up. Bytes above the limit are not kept here.
   */
  get(key: string, load: Load, signal?: AbortSignal): Promise<DecodedPayload> {
    return this.#use(key, load, signal, (payload, entry) => {
      entry.isGiven = true;
      return payload;
    });
  }

  /** Like `get`, of a payload whose bytes `use` lets go of before it returns. */
  borrow<T>(key: string, load: Load, use: (payload: DecodedPayload) => T, signal?: AbortSignal): Promise<T> {
    return this.#use(key, load, signal, use);
  }

  /** An array of at least `size` bytes for a payload about to be kept, with any content; other payloads are dropped to make room. */
  arrayFor(size: number): Uint8Array<ArrayBuffer> {
    this.makeRoom(size);
    return this.newArray(size);
  }

  /** Drops payloads until one of `size` bytes has room beside those that are left. */
  makeRoom(size: number): void {
    this.#dropAbove(this.#limit - size);
  }

  /** An array of at least `size` bytes, with any content, that belongs to the caller: one that was given back, or a new one. */
  newArray(size: number): Uint8Array<ArrayBuffer> {
    if (size <= SMALL_BYTES) return new Uint8Array(size);
    const index = this.#spare.findIndex(({ length }) => length >= size && size >= LEAST_PART * length);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    return spare ?? new Uint8Array(arraySize(size, this.#limit));
  }

  /** Takes an array that nobody else has, for the next payload. */
  giveBack(array: Uint8Array<ArrayBuffer>): void {
    if (array.length <= SMALL_BYTES) return;
    this.#spare.push(array);
    // The ones that came first may be of a size that nobody asks for any more.
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
      // In one go: an entry that was dropped is found by nobody.
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
      return;
    }
    if (sizeOf(payload) > this.#limit) return;
    // A load that everybody had given up may end after the one that came behind it.
    this.#drop(key);
    entry.isHeld = true;
    this.#held.set(key, entry);
    this.#heldBytes += sizeOf(payload);
    this.#dropAbove(this.#limit);
  }

  #dropAbove(most: number): void {
    for (const key of this.#held.keys()) {
      if (this.#heldBytes <= most) return;
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

  /** Takes the array of an entry that is not held, and that nobody is reading or may have a view of. */
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
