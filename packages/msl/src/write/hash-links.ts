/** Computes the hashes that a capture carries while its bytes are written: PrevHash of each block, and FileHash (specification: integrity). */
import { Blake3 } from "@memslice/core-wasm";
import { loadNativeBlake3 } from "#hash";
import { createHasher, HashAlgo, type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import type { Hasher } from "../hash/hasher.js";
import { NATIVE_LEAST_BYTES, NativeHashers } from "../hash/native-hashers.js";

/** Computes PrevHash of the next block, and FileHash for End-of-Capture, from the bytes written so far. */
export interface Links {
  /** PrevHash of the next block, 32 bytes. */
  readonly prevHash: Uint8Array;
  /** Begins a block: the next `length` bytes passed to `update` are its header and its payload. */
  beginBlock(length: number): Promise<void>;
  update(bytes: Uint8Array): void;
  /** Whether `takeBlock` may be called for a block of `length` bytes. If not, `beginBlock` has something to prepare. */
  isReadyFor(length: number): boolean;
  /** Takes all bytes of a block at once, in place of `beginBlock` and `update`: for small blocks. */
  takeBlock(bytes: Uint8Array): void;
  /** FileHash of all bytes written so far. */
  fileHash(): Uint8Array;
  release(): void;
}

export interface LinkOptions {
  /** Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed. Default true. */
  readonly nativeHash?: boolean | undefined;
}

/** The hashes of an unencrypted capture: PrevHash of a block is the hash of the block before it, or of the file header. */
export class HashLinks implements Links {
  readonly #algorithm: HashAlgoCode;
  readonly #file: FileHasher;
  #element: Hasher;
  #previous: Uint8Array | undefined;
  #released = false;

  /** `header`: all bytes of the file header. */
  constructor(algorithm: HashAlgoCode, header: Uint8Array, options: LinkOptions = {}) {
    this.#algorithm = algorithm;
    this.#file = new FileHasher(algorithm, options);
    this.#element = this.#file.anotherHasher();
    this.#file.update(header);
    this.#previous = hash(algorithm, header);
  }

  /** The hash of the last complete block, or of the file header before the first block. */
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
    this.#file.updateWith(this.#element, bytes);
  }

  isReadyFor(length: number): boolean {
    return this.#file.isReadyFor(length);
  }

  takeBlock(bytes: Uint8Array): void {
    this.#file.update(bytes);
    this.#previous = hash(this.#algorithm, bytes);
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

/**
 * The hashes of an encrypted capture: PrevHash is 32 zero bytes, because the authentication tag replaces the hash chain. `update` takes the
 * file header, the KEM ciphertext, and the plaintext of the blocks.
 */
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

  isReadyFor(length: number): boolean {
    return this.#file.isReadyFor(length);
  }

  takeBlock(bytes: Uint8Array): void {
    this.#file.update(bytes);
  }

  fileHash(): Uint8Array {
    return this.#file.digest();
  }

  release(): void {
    this.#file.release();
  }
}

/** Smaller pieces are gathered, because each call of a hasher takes as long as hashing some hundred bytes. */
const GATHERED_BYTES = 64 * 1024;
/** Pieces from this size on are copied to the core once for both hashes, and not gathered. */
const COPIED_ONCE = 1024;

/**
 * Computes FileHash of a capture whose size is unknown when writing begins. The WebAssembly core hashes the capture until its size reaches
 * NATIVE_LEAST_BYTES; then the native BLAKE3 package is loaded and hashes the whole capture. Until then a copy of all bytes is kept, because
 * the package cannot continue from the hash state of the core.
 */
class FileHasher {
  readonly #algorithm: HashAlgoCode;
  #hasher: Hasher;
  /** A copy of all bytes so far, for the native package; undefined if the package is never to be loaded, or its loading has begun. */
  #begun: GrowingCopy | undefined;
  #native: NativeHashers | undefined;
  /** Bytes that the hasher has not taken yet. */
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #waiting = 0;
  #released = false;

  constructor(algorithm: HashAlgoCode, { nativeHash = true }: LinkOptions) {
    this.#algorithm = algorithm;
    this.#hasher = createHasher(algorithm);
    if (nativeHash && loadNativeBlake3 && algorithm === HashAlgo.Blake3) this.#begun = new GrowingCopy();
  }

  /** Creates a hasher for one block: of the native package if that is loaded, of the core otherwise. */
  anotherHasher(): Hasher {
    return this.#native?.hasher() ?? createHasher(this.#algorithm);
  }

  /** Whether `prepareFor` has nothing to do for the next `length` bytes. */
  isReadyFor(length: number): boolean {
    return !this.#begun || this.#begun.length + length < NATIVE_LEAST_BYTES;
  }

  /** Loads the native package if the next `length` bytes bring the file to NATIVE_LEAST_BYTES, and hashes the bytes so far with it. */
  async prepareFor(length: number): Promise<void> {
    const begun = this.#begun;
    if (!begun || this.isReadyFor(length)) return;
    this.#begun = undefined;
    const create = (await loadNativeBlake3?.()) ?? null;
    if (!create || this.#released) return;
    this.#native = new NativeHashers(create);
    this.#hasher.release();
    this.#hasher = this.#native.hasher();
    this.#hasher.update(begun.bytes());
    this.#waiting = 0;
  }

  update(bytes: Uint8Array): void {
    this.#begun?.add(bytes);
    if (this.#waiting + bytes.length > GATHERED_BYTES) this.#hashGathered();
    if (bytes.length > GATHERED_BYTES) return void this.#hasher.update(bytes);
    this.#gathered.set(bytes, this.#waiting);
    this.#waiting += bytes.length;
  }

  /** Continues the file and the message of another hasher with the same bytes. */
  updateWith(other: Hasher, bytes: Uint8Array): void {
    if (bytes.length < COPIED_ONCE || !(this.#hasher instanceof Blake3 && other instanceof Blake3)) {
      this.update(bytes);
      other.update(bytes);
      return;
    }
    this.#hashGathered();
    Blake3.updateAll([this.#hasher, other], bytes);
    this.#begun?.add(bytes);
  }

  digest(): Uint8Array {
    this.#hashGathered();
    return this.#hasher.digest();
  }

  #hashGathered(): void {
    if (this.#waiting > 0) this.#hasher.update(this.#gathered.subarray(0, this.#waiting));
    this.#waiting = 0;
  }

  release(): void {
    this.#released = true;
    this.#begun = undefined;
    this.#hasher.release();
  }
}

/** A copy of bytes that are added piece by piece, in an array that at least doubles when it is full. */
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
