/**
 * BLAKE3 of many messages in one buffer. Messages are collected into a table of descriptors and hashed a table at a time; those
 * that lie outside linear memory are copied into a window, neighbours in one piece.
 */
import { BLAKE3_DIGEST_BYTES, blake3 } from "./blake3.js";
import { type Core, defaultCore } from "./core.js";

const DESCRIPTOR_WORDS = 4;
/** Messages hashed at a time. */
const TABLE_MESSAGES = 1024;
/** Bytes copied in at a time: enough for a table of small messages, small enough for the second-level cache. */
const WINDOW_BYTES = 256 * 1024;
/** Bytes between two messages that are copied along with them: cheaper than a second copy. */
const GAP_BYTES = 1024;

/**
 * The BLAKE3 digests of messages in `bytes`: message i are the `lengths[i]` bytes from `offsets[i]` on. Messages may have any
 * lengths, order and overlap. Returns 32 bytes for each, one after the other.
 * Throws a `RangeError` when the tables differ in length or a message does not lie within `bytes`.
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

/** Addresses are kept, views are not: another area acquired on the same core may replace the memory's buffer at any time. */
class Batch {
  readonly #core: Core;
  readonly #bytes: Uint8Array;
  readonly #length: number;
  /** Address of `bytes`, or -1 if they lie outside linear memory. */
  readonly #address: number;
  readonly #digests: Uint8Array<ArrayBuffer>;
  readonly #descriptors = new Uint32Array(TABLE_MESSAGES * DESCRIPTOR_WORDS);
  /** The area: context, descriptors, digests, window. */
  readonly #context: number;
  readonly #table: number;
  readonly #outputs: number;
  readonly #window: number;
  readonly #size: number;
  /** Messages in the table, and how many were hashed before them. */
  #pending = 0;
  #hashed = 0;
  /** The bytes to be copied next, and where in the window they go. */
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
    this.#descriptors[at] = address;
    this.#descriptors[at + 1] = length;
    this.#descriptors[at + 2] = this.#outputs + this.#pending * BLAKE3_DIGEST_BYTES;
    this.#pending++;
  }

  /** The address in the window that the message will have. */
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

  /** A message that does not fit into the window. */
  #hashLong(offset: number, end: number): void {
    this.#hashPending();
    this.#digests.set(blake3(this.#bytes.subarray(offset, end), this.#core), this.#hashed * BLAKE3_DIGEST_BYTES);
    this.#hashed++;
  }
}
