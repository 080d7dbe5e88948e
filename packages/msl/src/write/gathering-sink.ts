/** What a writer has gathered for its sink: arrays of up to 256 KiB, which are handed over when their blocks are complete. */
import { ByteViews, ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import { type FlushPolicy, guarded, type Sink } from "./sink.js";

/** Bytes of the largest array that a sink is given, unless it takes larger ones. */
const CAPACITY = 256 * 1024;
/** Bytes at the end of a piece that are copied, for a sink that takes larger arrays. */
const COPIED = 4 * 1024;

/**
 * Collects bytes into arrays of up to 256 KiB. Complete blocks stay here until there is no room for more, or until `flush`. The last bytes of a
 * block that is being written stay here until `endBlock`, so that a block that turns out wrong at its end never becomes complete. While the sink
 * writes one array of a large block, the next one is filled; an error of the sink is thrown when the next array is handed over, or by `flush`.
 * A sink that does not keep bytes gets large payloads uncopied, except the last bytes of each piece, and arrays are filled again.
 */
export class GatheringSink {
  readonly #sink: Sink;
  readonly #eachBlock: boolean;
  /** Whether arrays belong to the sink only until it has written them. */
  readonly #lends: boolean;
  readonly #lentMost: number;
  /** An array that the sink has written, to be filled again. */
  #written: Uint8Array | undefined;
  /** Whether the bytes of the last write are not a copy. */
  #lent = false;
  /** Room for CAPACITY bytes; undefined until the next bytes come. */
  #gathered: Uint8Array | undefined;
  /** Of the array from which bytes were asked for last. */
  #views: ByteViews | undefined;
  #length = 0;
  /** The bytes up to here belong to complete blocks. */
  #complete = 0;
  /** Whether the sink has the beginning of a block whose end it does not have. */
  #torn = false;
  #discarded = false;
  /** The last array that was handed over, as long as it may still be being written; never more than one is. */
  #writing: Promise<void> | undefined;

  constructor(sink: Sink, policy: FlushPolicy) {
    this.#sink = sink;
    this.#eachBlock = policy === "block";
    this.#lends = sink.keepsBytes === false;
    this.#lentMost = sink.largestWrite ?? CAPACITY;
  }

  /** Bytes that have not been handed over. */
  get held(): number {
    return this.#length;
  }

  /** Bytes that the array which is being filled has room for, or a new one if that array is full. */
  get room(): number {
    return CAPACITY - (this.#length % CAPACITY);
  }

  /** Whether a whole block of `length` bytes may be put here. */
  takesWhole(length: number): boolean {
    return length <= CAPACITY;
  }

  /** Whether `put` takes `length` more bytes. If not, there is room after `flush`. */
  hasRoom(length: number): boolean {
    return this.#length + length <= CAPACITY;
  }

  /** Copies bytes that there is room for. */
  put(bytes: Uint8Array): void {
    this.#gathered ??= this.#newArray();
    this.#gathered.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** All bytes from `start` on, as a view that is valid until bytes are handed over. */
  from(start: number): Uint8Array {
    if (!this.#gathered) return new Uint8Array(0);
    if (this.#views?.bytes !== this.#gathered) this.#views = new ByteViews(this.#gathered);
    return this.#views.view(start, this.#length);
  }

  /** Copies bytes, and hands over 256 KiB whenever there are more. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#length === CAPACITY) await this.#handOver();
      const piece = bytes.subarray(at, at + CAPACITY - this.#length);
      if (piece.length < CAPACITY || this.#lends) this.put(piece);
      else {
        this.#gathered = ownBytes(piece);
        this.#length = CAPACITY;
      }
      at += piece.length;
    }
  }

  /**
   * Bytes at the start of a piece of a payload that `lend` takes uncopied; 0 for pieces that are to be copied. The last bytes of a piece are,
   * because they may be the last ones of a block; and bytes whose memory can change its size, or is shared, unless the sink expects that.
   */
  lendable({ buffer, length }: Uint8Array): number {
    const isFixed = buffer instanceof ArrayBuffer && !("resizable" in buffer && buffer.resizable);
    const isShared = this.#sink.takesShared === true && buffer instanceof SharedArrayBuffer;
    if (!this.#lends || !(isFixed || isShared) || length <= CAPACITY) return 0;
    return this.#lentMost > CAPACITY ? Math.min(this.#lentMost, length - COPIED) : CAPACITY;
  }

  /** Hands over all bytes so far, and then these, uncopied. They must not change until `returned`. */
  async lend({ buffer, byteOffset, length }: Uint8Array): Promise<void> {
    const bytes = new Uint8Array(buffer, byteOffset, length);
    if (this.#length > 0) await this.#handOver();
    this.#torn = true;
    await this.#begin(bytes, undefined);
  }

  /** Waits until the sink is done with bytes that were lent. Returns undefined if it is. Rejects if it failed to write them. */
  returned(): Promise<void> | undefined {
    return this.#lent ? this.#writing : undefined;
  }

  /** All bytes so far are complete blocks. Hands them over if each block is to be, or if the sink has the beginning of the last one. */
  endBlock(): Promise<void> | undefined {
    this.#complete = this.#length;
    return this.#eachBlock || this.#torn ? this.flush() : undefined;
  }

  /** Hands over all complete blocks, and has the sink flush them. Returns a promise if the sink takes time. */
  flush(): Promise<void> | undefined {
    const handed = this.#length > 0 ? this.#handOver() : undefined;
    if (!handed && !this.#writing) return this.#flushSink();
    return Promise.resolve(handed)
      .then(() => this.#writing)
      .then(() => {
        this.#writing = undefined;
        return this.#flushSink();
      });
  }

  /** Hands over complete blocks, and drops the beginning of one that is not. None are left when the sink has failed. */
  async handOverComplete(): Promise<void> {
    this.#length = this.#complete;
    if (this.#length > 0) await this.flush();
  }

  /** Waits until the sink writes nothing, whether it has failed or not. */
  async idle(): Promise<void> {
    await this.#writing?.catch(() => {});
  }

  /** Drops the bytes that have not been handed over. The caller reports another failure than that of the last array. */
  discard(): void {
    this.#complete = 0;
    this.#length = 0;
    this.#discarded = true;
  }

  /** Hands over complete blocks, and closes the sink in any case. Throws if the sink failed to take the last array. */
  async close(): Promise<void> {
    try {
      await this.handOverComplete();
      if (!this.#discarded) await this.#writing;
    } finally {
      await this.idle();
      await guarded(() => this.#sink.close?.());
    }
  }

  #flushSink(): Promise<void> | undefined {
    this.#torn = false;
    return guarded(() => this.#sink.flush?.());
  }

  #newArray(): Uint8Array {
    const written = this.#written;
    this.#written = undefined;
    return written ?? new Uint8Array(CAPACITY);
  }

  /** Returns a promise if the sink is still writing the array before. */
  #handOver(): Promise<void> | undefined {
    const gathered = this.#gathered ?? new Uint8Array(0);
    const isFull = this.#length === CAPACITY;
    const bytes = isFull ? gathered : this.#lends ? gathered.subarray(0, this.#length) : gathered.slice(0, this.#length);
    if (isFull || this.#lends) this.#gathered = undefined;
    this.#torn = this.#complete < this.#length;
    this.#complete = 0;
    this.#length = 0;
    return this.#begin(bytes, gathered);
  }

  /**
   * Has the sink write the bytes once it has written the ones before. Returns a promise if it is still writing those. `gathered`: the array that
   * holds a copy of the bytes; undefined if they are lent.
   */
  #begin(bytes: Uint8Array, gathered: Uint8Array | undefined): Promise<void> | undefined {
    const { length } = bytes;
    const ended = () => {
      if (!this.#lends) return;
      if (bytes.length !== length) throw takenAway(length);
      this.#written = gathered ?? this.#written;
    };
    const begin = () => {
      this.#lent = gathered === undefined;
      const writing = guarded(() => this.#sink.write(bytes));
      this.#writing = writing?.then(ended);
      // Awaited later: without a handler, a rejection until then would be reported as unhandled.
      this.#writing?.catch(() => {});
      if (!writing) ended();
    };
    if (this.#writing) return this.#writing.then(begin);
    begin();
    return undefined;
  }
}

/** The sink may have got fewer bytes than were hashed. */
function takenAway(length: number): MslError {
  const message = `The memory of ${length} bytes was transferred or grown while they were being written; leave page data alone until the promise of the call has settled`;
  return new MslError("source", message);
}
