/** The hashes that a capture carries, computed while its bytes pass: PrevHash of the next block, and FileHash (specification, integrity). */
import { loadNativeBlake3 } from "#hash";
import { createHasher, HashAlgo, type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import type { Hasher } from "../hash/hasher.js";
import { NATIVE_LEAST_BYTES, NativeHashers } from "../hash/native-hashers.js";

/** What blocks and End-of-Capture say about the bytes before them. */
export interface Links {
  /** Of the block that comes next. */
  readonly prevHash: Uint8Array;
  /** Begins a block of `length` bytes, its header included; the next `length` bytes that `update` takes are its. */
  beginBlock(length: number): Promise<void>;
  update(bytes: Uint8Array): void;
  /** Over everything so far. */
  fileHash(): Uint8Array;
  release(): void;
}

export interface LinkOptions {
  /** Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed. Default true. */
  readonly nativeHash?: boolean | undefined;
}

/** Of a plain capture: each block carries the hash of the element before it. */
export class HashLinks implements Links {
  readonly #file: FileHasher;
  #element: Hasher;
  #previous: Uint8Array | undefined;
  #released = false;

  /** `header`: all bytes of the file header. */
  constructor(algorithm: HashAlgoCode, header: Uint8Array, options: LinkOptions = {}) {
    this.#file = new FileHasher(algorithm, options);
    this.#element = this.#file.anotherHasher();
    this.#file.update(header);
    this.#previous = hash(algorithm, header);
  }

  /** The hash of the last complete element. */
  get prevHash(): Uint8Array {
    this.#previous ??= this.#element.digest();
    return this.#previous;
  }

  async beginBlock(length: number): Promise<void> {
    await this.#file.prepareFor(length);
    if (this.#released) return;
    this.#element.release();
    this.#element = this.#file.anotherHasher();
    this.#previous = undefined;
  }

  update(bytes: Uint8Array): void {
    this.#file.update(bytes);
    this.#element.update(bytes);
  }

  fileHash(): Uint8Array {
    return this.#file.digest();
  }

  release(): void {
    this.#released = true;
    this.#file.release();
    this.#element.release();
  }
}

/** Of an encrypted capture: the tag stands in for the chain. `update` takes header, KEM ciphertext and the blocks before encryption. */
export class SealedLinks implements Links {
  readonly prevHash = new Uint8Array(32);
  readonly #file: FileHasher;

  constructor(algorithm: HashAlgoCode, options: LinkOptions = {}) {
    this.#file = new FileHasher(algorithm, options);
  }

  beginBlock(length: number): Promise<void> {
    return this.#file.prepareFor(length);
  }

  update(bytes: Uint8Array): void {
    this.#file.update(bytes);
  }

  fileHash(): Uint8Array {
    return this.#file.digest();
  }

  release(): void {
    this.#file.release();
  }
}

/**
 * FileHash of a capture whose size is not known when it begins. The WebAssembly core hashes a capture until it is large enough for loading the
 * native package to pay; a copy of the bytes until then is kept, because the package cannot continue the core's hash.
 */
class FileHasher {
  readonly #algorithm: HashAlgoCode;
  #hasher: Hasher;
  /** The bytes so far; undefined once it is decided what hashes the rest. */
  #begun: GrowingCopy | undefined;
  #native: NativeHashers | undefined;
  #released = false;

  constructor(algorithm: HashAlgoCode, { nativeHash = true }: LinkOptions) {
    this.#algorithm = algorithm;
    this.#hasher = createHasher(algorithm);
    if (nativeHash && loadNativeBlake3 && algorithm === HashAlgo.Blake3) this.#begun = new GrowingCopy();
  }

  /** A hasher for one block. */
  anotherHasher(): Hasher {
    return this.#native?.hasher() ?? createHasher(this.#algorithm);
  }

  /** Loads the package where the file becomes large by the next `length` bytes. */
  async prepareFor(length: number): Promise<void> {
    const begun = this.#begun;
    if (!begun || begun.length + length < NATIVE_LEAST_BYTES) return;
    this.#begun = undefined;
    const create = (await loadNativeBlake3?.()) ?? null;
    if (!create || this.#released) return;
    this.#native = new NativeHashers(create);
    this.#hasher.release();
    this.#hasher = this.#native.hasher();
    this.#hasher.update(begun.bytes());
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.#begun?.add(bytes);
  }

  digest(): Uint8Array {
    return this.#hasher.digest();
  }

  release(): void {
    this.#released = true;
    this.#begun = undefined;
    this.#hasher.release();
  }
}

/** A copy of bytes that come in pieces, in an array that doubles. */
class GrowingCopy {
  #room = new Uint8Array(4096);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#room.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#room.length));
      larger.set(this.bytes());
      this.#room = larger;
    }
    this.#room.set(bytes, this.#length);
    this.#length = needed;
  }

  bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length);
  }
}
