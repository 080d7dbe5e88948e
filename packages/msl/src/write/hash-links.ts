/** Computes the hashes that a capture carries while its bytes are written: PrevHash of each block, and FileHash (specification: integrity). */
import { Blake3 } from "@memslice/core-wasm";
import { loadNativeBlake3 } from "#hash";
import { MslError } from "../errors.js";
import {
  createHasher,
  type FileHasher,
  HashAlgo,
  type HashAlgoCode,
  type Hasher,
  hash,
  NATIVE_LEAST_BYTES,
  NativeHashers,
} from "../hash/hash-algorithm.js";
import { hashingThreads, type RunningMessage, startThreadedHashes, type ThreadedHashes } from "../hash/threaded-hashes.js";
import { reasonWithoutThreads, type ThreadReason, threadReason, type WorkersUse } from "../threads/thread-use.js";
import type { WriterOptions, WritingOptions } from "./options.js";

/** Smaller blocks are hashed by this thread: the next block needs the hash, and waiting for workers takes longer than computing it. */
const THREADED_BLOCK_BYTES = 512 * 1024;
/** Starting workers takes as long as hashing this many bytes. */
const THREADED_CAPTURE_BYTES = 32 * 1024 * 1024;
/** PrevHash of every block of an encrypted capture: the authentication tag replaces the hash chain. */
const NO_LINK = new Uint8Array(32);

/** Smaller pieces are gathered, because each call of a hasher takes as long as hashing some hundred bytes. */
const GATHERED_BYTES = 64 * 1024;
/** Pieces from this size on are copied to the core once for both hashes, and not gathered. */
const COPIED_ONCE = 1024;

/** The options of a writer that decide who hashes. */
export type LinkOptions = Pick<WritingOptions, "nativeHash" | "threads" | "compression"> & Pick<WriterOptions, "fileHasher">;

/**
 * The hashes of a capture whose size is unknown when writing begins, from the bytes written so far: PrevHash of the next block, and FileHash. The
 * WebAssembly core hashes at first. The native BLAKE3 package takes over with the block with which the capture reaches NATIVE_LEAST_BYTES, or with the first
 * block if so many bytes are expected; until then a copy of all bytes is kept, because the package cannot continue from the hash state of the core. Where the package is
 * not used and workers hash, they take large blocks of captures that have reached THREADED_CAPTURE_BYTES.
 */
export class HashLinks {
  readonly #algorithm: HashAlgoCode;
  /** Workers that hash; 0 if none are to. */
  #workers: number;
  /** Hashes the file, in place of all others. */
  readonly #given: FileHasher | undefined;
  #file: Hasher | FileHasher;
  /** Settles when the hasher of the caller is done with what it has. */
  #taken: Promise<void> | undefined;
  /** The hasher of the block that was begun last; undefined in an encrypted capture, and before the first block. */
  #block: Hasher | undefined;
  /** PrevHash of the next block; undefined until the last block is hashed. */
  #previous: Uint8Array | undefined;
  readonly #isChained: boolean;
  /** Whether `takeAhead` has begun the next block. */
  #isBegun = false;
  /** Bytes of the file so far. */
  #length = 0;
  /** Bytes that the hasher of the file has not taken yet. */
  readonly #gathered = new Uint8Array(GATHERED_BYTES);
  #waiting = 0;
  /** The native package hashes captures that have reached this many bytes. */
  readonly #nativeFrom: number;
  /** A copy of all bytes so far, for the native package; undefined if the package is never to be loaded, or its loading has begun. */
  #begun: GrowingCopy | undefined;
  #native: NativeHashers | undefined;
  #threaded: ThreadedHashes | undefined;
  /** Why no workers hash. */
  #lack: ThreadReason;
  #released = false;

  /**
   * `header`: all bytes of the file header; null for an encrypted capture, whose header and KEM ciphertext are passed to `update`. `expected`: the bytes that
   * the capture is known to get.
   */
  constructor(algorithm: HashAlgoCode, header: Uint8Array | null, options: LinkOptions = {}, expected = 0) {
    const { nativeHash = true, threads = 1, compression = "none", fileHasher } = options;
    const isBlake3 = algorithm === HashAlgo.Blake3;
    this.#algorithm = algorithm;
    // Where workers compress, few bytes are left to hash.
    this.#workers = isBlake3 && compression === "none" ? hashingThreads(threads) : 0;
    const isWithout = isBlake3 && compression === "none" && threads !== 1 && this.#workers === 0;
    this.#lack = isWithout ? reasonWithoutThreads() : threadReason(isBlake3 ? "small-capture" : "other-hash");
    this.#given = fileHasher;
    this.#file = fileHasher ?? createHasher(algorithm);
    this.#nativeFrom = fileHasher || expected >= NATIVE_LEAST_BYTES ? 0 : NATIVE_LEAST_BYTES;
    if (nativeHash && loadNativeBlake3 && isBlake3) this.#begun = new GrowingCopy();
    this.#isChained = header !== null;
    this.#previous = header === null ? NO_LINK : hash(algorithm, header);
    if (header) this.update(header);
  }

  /** Waits until all bytes are hashed. `prevHash` and `fileHash` count only then. Throws `closed` after `release`. */
  async settle(): Promise<void> {
    await this.#threaded?.settle();
    await this.#taken;
    this.#taken = undefined;
    this.#requireHeld();
  }

  /** PrevHash of the next block, 32 bytes. */
  get prevHash(): Uint8Array {
    this.#previous ??= this.#block?.digest() ?? NO_LINK;
    return this.#previous;
  }

  /** The workers that hashed, and why no more. */
  get use(): WorkersUse {
    return this.#threaded?.use ?? this.#given?.use ?? { used: 0, reason: this.#lack };
  }

  /** FileHash of all bytes written so far. */
  fileHash(): Uint8Array | Promise<Uint8Array> {
    this.#hashGathered();
    return this.#file.digest();
  }

  /** Whether `takeAhead` has something to do, in place of `settle`, before a block of `length` bytes. */
  takesAhead(length: number): boolean {
    return this.#isChained && !this.#begun && length >= THREADED_BLOCK_BYTES && (this.#threaded?.runsDry ?? false);
  }

  /**
   * Settles the blocks so far. Workers meanwhile hash bytes of the next block, of `length` bytes: `bytes`, which come behind its first `opening` bytes and
   * stay as they are until they are passed to `update`. `beginBlock` comes next. Throws `closed` after `release`.
   */
  async takeAhead(length: number, opening: number, bytes: Uint8Array): Promise<void> {
    const last = this.#block;
    this.#block = this.#newHasher();
    await this.#threaded?.beginAhead(this.#messages(), length, opening, bytes);
    this.#requireHeld();
    this.#previous = last?.digest();
    last?.release();
    this.#isBegun = true;
  }

  /**
   * Begins a block, after `settle` or `takeAhead`: the next `length` bytes passed to `update` are its header and its payload. Chooses who hashes the block.
   * Throws `closed` after `release`.
   */
  async beginBlock(length: number): Promise<void> {
    if (this.#isBegun) {
      this.#isBegun = false;
      this.#previous = undefined;
      return;
    }
    await this.settle();
    const reached = this.#length + length;
    const isForWorkers = this.#workers > 0 && length >= THREADED_BLOCK_BYTES;
    if (reached >= this.#nativeFrom) {
      // Faster with one thread than four workers (docs/decisions/0014-hashes-of-a-writer.md).
      await this.#loadNative();
      this.#begun = undefined;
    }
    if (this.#released) return;
    if (isForWorkers && reached >= THREADED_CAPTURE_BYTES) this.#startWorkers();
    if (this.#isChained) {
      this.#block?.release();
      this.#block = this.#newHasher();
      this.#previous = undefined;
    }
    if (!isForWorkers || !this.#threaded) return;
    this.#hashGathered();
    this.#threaded.begin(this.#messages(), length);
  }

  /** Hashes the bytes, or copies them for workers. The next call has to wait for the promise. */
  update(bytes: Uint8Array): Promise<void> | void {
    this.#length += bytes.length;
    if (this.#threaded?.expectsBytes) return this.#threaded.update(bytes);
    this.#begun?.add(bytes);
    if (bytes.length >= COPIED_ONCE && this.#file instanceof Blake3 && this.#block instanceof Blake3) {
      this.#hashGathered();
      Blake3.updateAll([this.#file, this.#block], bytes);
    } else {
      this.#updateFile(bytes);
      this.#block?.update(bytes);
      return this.#taken;
    }
  }

  /** Whether `takeBlock` may be called for a block of `length` bytes. If not, `settle` or `beginBlock` has something to do. */
  isReadyFor(length: number): boolean {
    const isNativeDecided = !this.#begun || this.#length + length < this.#nativeFrom;
    return isNativeDecided && !this.#taken && (this.#threaded?.isSettled ?? true);
  }

  /** Takes all bytes of a block at once, in place of `beginBlock` and `update`: for small blocks. */
  takeBlock(bytes: Uint8Array): void {
    this.#length += bytes.length;
    this.#begun?.add(bytes);
    this.#updateFile(bytes);
    if (this.#isChained) this.#previous = hash(this.#algorithm, bytes);
  }

  /** Ends workers and gives back the memory. A second call has no effect. */
  release(): void {
    this.#released = true;
    this.#begun = undefined;
    this.#threaded?.release();
    this.#file.release();
    this.#block?.release();
  }

  #requireHeld(): void {
    if (this.#released) throw new MslError("closed", "The writer was closed while its blocks were being hashed");
  }

  #updateFile(bytes: Uint8Array): void {
    if (this.#waiting + bytes.length > GATHERED_BYTES) this.#hashGathered();
    if (bytes.length > GATHERED_BYTES) this.#passToFile(bytes);
    else {
      this.#gathered.set(bytes, this.#waiting);
      this.#waiting += bytes.length;
    }
  }

  #hashGathered(): void {
    if (this.#waiting > 0) this.#passToFile(this.#gathered.subarray(0, this.#waiting));
    this.#waiting = 0;
  }

  #passToFile(bytes: Uint8Array): void {
    const taken = this.#file.update(bytes);
    if (taken instanceof Promise) this.#taken = taken;
  }

  /** Loads the native package, and hashes the bytes so far with it. */
  async #loadNative(): Promise<void> {
    const begun = this.#begun;
    const create = begun && (await loadNativeBlake3?.());
    if (!create || this.#released) return;
    this.#native = new NativeHashers(create);
    this.#lack = threadReason("native-hash");
    if (this.#given) return;
    this.#file.release();
    this.#file = this.#native.hasher();
    this.#file.update(begun.bytes());
    this.#waiting = 0;
  }

  /** Moves the hash of the file to memory that workers share, for the rest of the capture. */
  #startWorkers(): void {
    if (this.#threaded || !(this.#file instanceof Blake3)) return;
    this.#threaded = startThreadedHashes(this.#workers);
    if (!this.#threaded) {
      this.#workers = 0;
      this.#lack = threadReason("no-shared-memory");
    } else {
      const moved = this.#file.copyTo(this.#threaded.core);
      this.#file.release();
      this.#file = moved;
    }
  }

  #newHasher(): Hasher {
    if (this.#native) return this.#native.hasher();
    return this.#threaded ? new Blake3(this.#threaded.core) : createHasher(this.#algorithm);
  }

  #messages(): RunningMessage[] {
    const messages: RunningMessage[] = [];
    if (this.#file instanceof Blake3) messages.push({ hasher: this.#file, length: this.#length });
    if (this.#block instanceof Blake3) messages.push({ hasher: this.#block, length: 0 });
    return messages;
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
