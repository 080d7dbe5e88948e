/** The hashes that a capture carries, computed while its bytes pass: PrevHash of the next block, and FileHash (specification, integrity). */
import { createHasher, type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import type { Hasher } from "../hash/hasher.js";

export class HashLinks {
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

  /** Of the block that comes next: the hash of the last complete element. */
  get prevHash(): Uint8Array {
    this.#previous ??= this.#element.digest();
    return this.#previous;
  }

  /** Begins a block; what `update` takes from now on is its. */
  beginBlock(): void {
    this.#element.release();
    this.#element = createHasher(this.#algorithm);
    this.#previous = undefined;
  }

  update(bytes: Uint8Array): void {
    this.#file.update(bytes);
    this.#element.update(bytes);
  }

  /** Over everything so far. */
  fileHash(): Uint8Array {
    return this.#file.digest();
  }

  release(): void {
    this.#file.release();
    this.#element.release();
  }
}
