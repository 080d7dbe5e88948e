/** The hashes that a capture carries, computed while its bytes pass: PrevHash of the next block, and FileHash (specification, integrity). */
import { createHasher, type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import type { Hasher } from "../hash/hasher.js";

/** What blocks and End-of-Capture say about the bytes before them. */
export interface Links {
  /** Of the block that comes next. */
  readonly prevHash: Uint8Array;
  /** Begins a block; what `update` takes from now on is its. */
  beginBlock(): void;
  update(bytes: Uint8Array): void;
  /** Over everything so far. */
  fileHash(): Uint8Array;
  release(): void;
}

/** Of a plain capture: each block carries the hash of the element before it. */
export class HashLinks implements Links {
  readonly #algorithm: HashAlgoCode;
  readonly #file: Hasher;
  #element: Hasher;
  #previous: Uint8Array | undefined;

  /** `header`: all bytes of the file header. */
  constructor(algorithm: HashAlgoCode, header: Uint8Array) {
    this.#algorithm = algorithm;
    this.#file = createHasher(algorithm);
    this.#element = createHasher(algorithm);
    this.#file.update(header);
    this.#previous = hash(algorithm, header);
  }

  /** The hash of the last complete element. */
  get prevHash(): Uint8Array {
    this.#previous ??= this.#element.digest();
    return this.#previous;
  }

  beginBlock(): void {
    this.#element.release();
    this.#element = createHasher(this.#algorithm);
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
    this.#file.release();
    this.#element.release();
  }
}

/** Of an encrypted capture: the tag stands in for the chain. `update` takes header, KEM ciphertext and the blocks before encryption. */
export class SealedLinks implements Links {
  readonly prevHash = new Uint8Array(32);
  readonly #file: Hasher;

  constructor(algorithm: HashAlgoCode) {
    this.#file = createHasher(algorithm);
  }

  beginBlock(): void {}

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
