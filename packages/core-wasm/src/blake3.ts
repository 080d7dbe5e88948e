/// <reference lib="esnext.disposable" preserve="true" />
/** BLAKE3 with a digest of 32 bytes: of a message at once, or in pieces. */
import { type Core, defaultCore, STAGING_BYTES } from "./core.js";
import { HASH_BYTES } from "./layout.js";

/** Bytes of a digest. */
export const BLAKE3_DIGEST_BYTES = HASH_BYTES;

/** The BLAKE3 digest, 32 bytes, of `bytes` of any length. Bytes in the memory of `core` (default: the shared one) are not copied. */
export function blake3(bytes: Uint8Array, core?: Core): Uint8Array<ArrayBuffer> {
  const hasher = core === undefined ? defaultHasher : oneShotHashers.get(core);
  return hasher === undefined ? firstDigest(bytes, core ?? defaultCore()) : hasher.digestOf(bytes);
}

/**
 * Incremental BLAKE3. Holds an area of the core's memory from construction until `release()`, or until the end of its `using` block. Other
 * methods throw an `Error` afterwards. The constructor throws a `RangeError` when linear memory has no room.
 */
export class Blake3 {
  readonly #core: Core;
  readonly #area: Blake3Area;
  #released = false;

  constructor(core: Core = defaultCore()) {
    this.#core = core;
    this.#area = new Blake3Area(core);
    core.kernels.blake3Init(this.#area.context);
  }

  /**
   * Continues the messages of several hashers of one core with the same bytes, which are copied to the core's memory once for all of them. Throws
   * a `TypeError` for hashers of different cores.
   */
  static updateAll(hashers: readonly Blake3[], bytes: Uint8Array): void {
    const [first] = hashers;
    if (!first) return;
    const core = first.#core;
    for (const hasher of hashers) {
      hasher.#assertHeld();
      if (hasher.#core !== core) throw new TypeError("Hashers that take the same bytes must be of one core");
    }
    core.forEachPiece(bytes, (address, length) => {
      for (const hasher of hashers) core.kernels.blake3Update(hasher.#area.context, address, length);
    });
  }

  /** Continues the message with any number of bytes. */
  update(bytes: Uint8Array): this {
    this.#assertHeld();
    updateContext(this.#core, this.#area.context, bytes);
    return this;
  }

  /**
   * Continues the message with subtrees of `chunks[i]` whole chunks (1024 bytes) each, given by their chaining values, 32 bytes each, at the start
   * of `values`. Returns the bytes of the values. Throws an `Error`, and leaves the hasher unusable, for a subtree that is not aligned or
   * that has no value.
   */
  updateSubtrees(values: Uint8Array, chunks: readonly number[]): number {
    this.#assertHeld();
    const size = chunks.length * BLAKE3_DIGEST_BYTES;
    if (values.length < size) throw new Error(`${chunks.length} subtrees, but only ${values.length} bytes of chaining values`);
    const address = this.#core.stage(values.subarray(0, size));
    for (const [index, count] of chunks.entries()) {
      const value = address + index * BLAKE3_DIGEST_BYTES;
      if (this.#core.kernels.blake3PushSubtree(this.#area.context, value, count) === 0) {
        throw new Error(`A subtree of ${count} chunks does not fit the message so far`);
      }
    }
    return size;
  }

  /** A hasher of another core that has taken the same message. */
  copyTo(core: Core): Blake3 {
    this.#assertHeld();
    const copy = new Blake3(core);
    const { bytes } = this.#core.memory;
    const size = this.#core.kernels.blake3ContextBytes();
    core.memory.bytes.set(bytes.subarray(this.#area.context, this.#area.context + size), copy.#area.context);
    return copy;
  }

  /** The digest, 32 bytes, of the message so far. The message may be continued afterwards. */
  digest(): Uint8Array<ArrayBuffer> {
    this.#assertHeld();
    this.#core.kernels.blake3Final(this.#area.context, this.#area.output);
    return this.#area.digest();
  }

  /** Releases the memory. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#area.release();
  }

  /** The same as `release`. */
  [Symbol.dispose](): void {
    this.release();
  }

  #assertHeld(): void {
    if (this.#released) throw new Error("This BLAKE3 hasher was released; make a new one for another message");
  }
}

/** A context area with room for one digest behind it. */
class Blake3Area {
  readonly context: number;
  readonly output: number;
  readonly #core: Core;
  readonly #size: number;
  #outputView: Uint8Array;

  constructor(core: Core) {
    const contextBytes = core.kernels.blake3ContextBytes();
    this.#core = core;
    this.#size = contextBytes + BLAKE3_DIGEST_BYTES;
    this.context = core.memory.acquire(this.#size);
    this.output = this.context + contextBytes;
    this.#outputView = core.memory.view(this.output, BLAKE3_DIGEST_BYTES);
  }

  /** A copy of the digest at `output`. */
  digest(): Uint8Array<ArrayBuffer> {
    if (this.#outputView.length === 0) this.#outputView = this.#core.memory.view(this.output, BLAKE3_DIGEST_BYTES);
    return new Uint8Array(this.#outputView);
  }

  release(): void {
    this.#core.memory.release(this.context, this.#size);
  }
}

/** The area that one-shot calls on a core use, for as long as the core exists. */
class OneShotHasher {
  readonly #core: Core;
  readonly #area: Blake3Area;
  /** Kept here, because the look-up through the core would take a noticeable part of the time of a small message. */
  readonly #hash: Core["kernels"]["blake3Hash"];

  constructor(core: Core) {
    this.#core = core;
    this.#area = new Blake3Area(core);
    this.#hash = core.kernels.blake3Hash;
  }

  digestOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    if (bytes.length <= STAGING_BYTES) return this.digestAt(this.#core.stage(bytes), bytes.length);
    const address = this.#core.memory.addressOf(bytes);
    if (address >= 0) return this.digestAt(address, bytes.length);
    this.#core.kernels.blake3Init(this.#area.context);
    updateContext(this.#core, this.#area.context, bytes);
    this.#core.kernels.blake3Final(this.#area.context, this.#area.output);
    return this.#area.digest();
  }

  digestAt(address: number, length: number): Uint8Array<ArrayBuffer> {
    const hash = this.#hash;
    hash(this.#area.context, address, length, this.#area.output);
    return this.#area.digest();
  }
}

const oneShotHashers = new WeakMap<Core, OneShotHasher>();
/** The hasher of the default core, kept because the look-up would take a noticeable part of the time of a small message. */
let defaultHasher: OneShotHasher | undefined;

/** The first digest on a core. It acquires memory, and growth detaches `bytes` that lie in it: therefore their address is asked before. */
function firstDigest(bytes: Uint8Array, core: Core): Uint8Array<ArrayBuffer> {
  const address = core.memory.addressOf(bytes);
  const length = bytes.length;
  const hasher = new OneShotHasher(core);
  oneShotHashers.set(core, hasher);
  if (core === defaultCore()) defaultHasher = hasher;
  return address >= 0 ? hasher.digestAt(address, length) : hasher.digestOf(bytes);
}

function updateContext(core: Core, context: number, bytes: Uint8Array): void {
  if (bytes.length <= STAGING_BYTES) core.kernels.blake3Update(context, core.stage(bytes), bytes.length);
  else core.forEachPiece(bytes, (address, length) => core.kernels.blake3Update(context, address, length));
}
