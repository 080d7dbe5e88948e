/**
 * BLAKE3 of many messages in one array. Messages are collected in a table of descriptors, and all messages of the table are hashed by one call.
 * Messages outside linear memory are copied to a window, neighbouring messages as one span.
 */
import { BLAKE3_DIGEST_BYTES, blake3 } from "./blake3.js";
import { type Core, defaultCore } from "./core.js";
import { DESCRIPTOR_BYTES, DESCRIPTOR_LENGTH, DESCRIPTOR_MESSAGE, DESCRIPTOR_OUTPUT } from "./layout.js";

const DESCRIPTOR_WORDS = DESCRIPTOR_BYTES / 4;
/** Messages of one call. */
const TABLE_MESSAGES = 1024;
/** Bytes of the window: enough for a table of small messages, few enough for the second-level cache. */
const WINDOW_BYTES = 256 * 1024;
/** The most bytes between two messages of one span: copying them is faster than a second copy. */
const GAP_BYTES = 1024;

/**
 * The BLAKE3 digests of messages in `bytes`, 32 bytes each, one after the other. Message i is the `lengths[i]` bytes at `offsets[i]`. Messages may
 * have any length, come in any order and overlap. Throws a `RangeError` when the tables differ in length, when a message does not lie within
 * `bytes`, or when linear memory has no room.
 */
export function blake3Batch(
  bytes: Uint8Array,
  offsets: Uint32Array | Float64Array,
  lengths: Uint32Array | Float64Array,
  core: Core = defaultCore(),
): Uint8Array<ArrayBuffer> {
  const count = offsets.length;
  if (lengths.length !== count) throw new RangeError(`${count} offsets need as many lengths, not ${lengths.length}`);
  const batch = new Batch(core, bytes, count);
  try {
    for (let i = 0; i < count; i++) batch.add(i, offsets[i] ?? Number.NaN, lengths[i] ?? Number.NaN);
    return batch.finish();
  } finally {
    batch.release();
  }
}

/** Keeps addresses and no views, because any area that is acquired on the core may replace the buffer of the memory. */
class Batch {
  readonly #core: Core;
  readonly #bytes: Uint8Array;
  readonly #length: number;
  /** Address of `bytes`, or -1 if they lie outside linear memory. */
  readonly #address: number;
  readonly #digests: Uint8Array<ArrayBuffer>;
  readonly #descriptors = new Uint32Array(TABLE_MESSAGES * DESCRIPTOR_WORDS);
  /** Addresses in the one area of the batch: context, descriptors, digests, window. */
  readonly #context: number;
  readonly #table: number;
  readonly #outputs: number;
  readonly #window: number;
  readonly #size: number;
  /** Messages in the table, and messages hashed before them. */
  #pending = 0;
  #hashed = 0;
  /** The span that is copied next: its start and end in `bytes`, and its offset in the window. */
  #spanStart = 0;
  #spanEnd = 0;
  #spanAt = 0;

  constructor(core: Core, bytes: Uint8Array, count: number) {
    this.#core = core;
    this.#bytes = bytes;
    this.#length = bytes.length;
    this.#address = core.memory.addressOf(bytes);
    this.#digests = new Uint8Array(count * BLAKE3_DIGEST_BYTES);
    const contextBytes = core.kernels.blake3ContextBytes();
    const tableBytes = this.#descriptors.byteLength;
    const outputBytes = TABLE_MESSAGES * BLAKE3_DIGEST_BYTES;
    this.#size = contextBytes + tableBytes + outputBytes + (this.#address >= 0 ? 0 : WINDOW_BYTES);
    this.#context = core.memory.acquire(this.#size);
    this.#table = this.#context + contextBytes;
    this.#outputs = this.#table + tableBytes;
    this.#window = this.#outputs + outputBytes;
  }

  add(index: number, offset: number, length: number): void {
    const end = offset + length;
    if (!(offset >= 0 && length >= 0 && end <= this.#length && Math.floor(offset) === offset && Math.floor(length) === length)) {
      throw new RangeError(`Message ${index}: ${length} bytes at ${offset} do not lie within the ${this.#length} bytes given`);
    }
    if (this.#pending === TABLE_MESSAGES) this.#hashPending();
    if (this.#address >= 0) this.#describe(this.#address + offset, length);
    else if (length <= WINDOW_BYTES) this.#describe(this.#place(offset, end), length);
    else this.#hashLong(offset, end);
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#hashPending();
    return this.#digests;
  }

  release(): void {
    this.#core.memory.release(this.#context, this.#size);
  }

  #describe(address: number, length: number): void {
    const at = this.#pending * DESCRIPTOR_WORDS;
    this.#descriptors[at + DESCRIPTOR_MESSAGE / 4] = address;
    this.#descriptors[at + DESCRIPTOR_LENGTH / 4] = length;
    this.#descriptors[at + DESCRIPTOR_OUTPUT / 4] = this.#outputs + this.#pending * BLAKE3_DIGEST_BYTES;
    this.#pending++;
  }

  /** Adds a message to a span. Returns the address that it will have in the window. */
  #place(offset: number, end: number): number {
    const follows = offset >= this.#spanStart && offset <= this.#spanEnd + GAP_BYTES;
    if (!follows || this.#spanAt + end - this.#spanStart > WINDOW_BYTES) this.#beginSpan(offset, end);
    this.#spanEnd = Math.max(this.#spanEnd, end);
    return this.#window + this.#spanAt + offset - this.#spanStart;
  }

  #beginSpan(offset: number, end: number): void {
    const at = this.#spanAt + this.#spanEnd - this.#spanStart;
    if (at + end - offset > WINDOW_BYTES) {
      this.#hashPending();
    } else {
      this.#copySpan();
      this.#spanAt = at;
    }
    this.#spanStart = offset;
    this.#spanEnd = offset;
  }

  #copySpan(): void {
    if (this.#spanEnd === this.#spanStart) return;
    this.#core.memory.bytes.set(this.#bytes.subarray(this.#spanStart, this.#spanEnd), this.#window + this.#spanAt);
  }

  /** Hashes the table and empties the window. */
  #hashPending(): void {
    const count = this.#pending;
    if (count === 0) return;
    this.#copySpan();
    const memory = this.#core.memory;
    const words = count * DESCRIPTOR_WORDS;
    new Uint32Array(memory.memory.buffer, this.#table, words).set(this.#descriptors.subarray(0, words));
    this.#core.kernels.blake3HashBatch(this.#context, this.#table, count);
    this.#digests.set(memory.view(this.#outputs, count * BLAKE3_DIGEST_BYTES), this.#hashed * BLAKE3_DIGEST_BYTES);
    this.#hashed += count;
    this.#pending = 0;
    this.#spanStart = 0;
    this.#spanEnd = 0;
    this.#spanAt = 0;
  }

  /** Hashes a message that is longer than the window. */
  #hashLong(offset: number, end: number): void {
    this.#hashPending();
    this.#digests.set(blake3(this.#bytes.subarray(offset, end), this.#core), this.#hashed * BLAKE3_DIGEST_BYTES);
    this.#hashed++;
  }
}
