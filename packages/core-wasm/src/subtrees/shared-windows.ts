/**
 * Windows of shared memory that hold consecutive bytes of one or more BLAKE3 messages, such as a file and a block of that file. Threads hash the
 * whole chunks of a window as subtrees (subtree-thread.ts), several windows side by side; the coordinator merges the windows in order and
 * hashes the bytes before and behind the whole chunks itself. The caller starts the threads and passes jobs and chaining values.
 */
import type { Blake3 } from "../blake3.js";
import { Core, coreModule } from "../core.js";
import { HASH_BYTES } from "../layout.js";
import { COUNT, type OptionChecks, requireOptions } from "../require-options.js";
import { CHUNK_BYTES, hashSubtrees, MOST_SUBTREES, type SubtreeJob, type SubtreeThreadStart, subtreesOf } from "./subtree-job.js";

/** At least the bytes of the coordinator's areas, and of the area of a thread. */
const COORDINATOR_BYTES = 1024 * 1024;
const THREAD_BYTES = 64 * 1024;
const MOST_WINDOW_BYTES = 32 * 1024 * 1024;
/** Engines copy to shared memory word by word if source and target lie at the same place of a word, and otherwise byte by byte: seven times slower. */
const WORD_BYTES = 8;

/** Options of `SharedWindows`. */
export interface SharedWindowsOptions {
  /** Threads that will work on the windows. */
  readonly threads: number;
  readonly windows: number;
  /** Bytes of a window: a multiple of 1 KiB, up to 32 MiB. */
  readonly windowBytes: number;
}

const OPTIONS: OptionChecks<SharedWindowsOptions> = { threads: COUNT, windows: COUNT, windowBytes: COUNT };

/** A message of which a window holds the next bytes. */
export interface WindowMessage {
  /** The hasher of the message, on the core of the windows. */
  readonly hasher: Blake3;
  /** Bytes of the message before the window. */
  readonly before: number;
}

/** Hashes messages with BLAKE3 by several threads: the caller fills windows of shared memory, threads hash them side by side. */
export class SharedWindows {
  /** The coordinator's own instance over the shared memory. */
  readonly core: Core;
  readonly windowBytes: number;
  readonly #windows: number;
  readonly #areaBytes: number;
  /** The coordinator's area for jobs that it does itself. */
  #ownArea: number | undefined;
  /** Bytes from the start of each window's memory to its first byte, which takes the place of the caller's bytes in a word. */
  readonly #shifts: Uint8Array;

  /** Throws a `RangeError` for a size that is not allowed, or where memory is short; a `TypeError` where no memory can be shared. */
  constructor(options: SharedWindowsOptions) {
    requireOptions("SharedWindows", OPTIONS, options);
    const { threads, windows, windowBytes } = options;
    if (windowBytes % CHUNK_BYTES !== 0 || windowBytes === 0 || windowBytes > MOST_WINDOW_BYTES) {
      throw new RangeError(`A window is a multiple of 1 KiB, up to 32 MiB, not ${windowBytes} bytes`);
    }
    const bytes = COORDINATOR_BYTES + (threads + 1) * THREAD_BYTES + windows * (windowBytes + WORD_BYTES);
    // The memory never grows: growth would leave the views of other threads short.
    this.core = new Core({ shared: true, initialBytes: bytes, maximumBytes: bytes });
    this.windowBytes = windowBytes;
    this.#windows = this.core.memory.acquire(windows * (windowBytes + WORD_BYTES));
    this.#shifts = new Uint8Array(windows);
    this.#areaBytes = this.core.kernels.blake3ContextBytes() + MOST_SUBTREES * HASH_BYTES;
  }

  /** The values for one more thread when it starts. Throws a `RangeError` for more threads than were announced. */
  thread(): SubtreeThreadStart {
    const { memory } = this.core;
    return { module: coreModule({ shared: true }), memory: memory.memory, area: memory.acquire(this.#areaBytes) };
  }

  /** Writes bytes to a window, from byte `at` on: byte 0 at first. */
  fill(window: number, at: number, bytes: Uint8Array): void {
    if (at === 0) this.#shifts[window] = bytes.byteOffset % WORD_BYTES;
    this.core.memory.bytes.set(bytes, this.#address(window) + at);
  }

  /** Whether `fill` copies the bytes word by word, which a window that is not empty may prevent. */
  fillsQuickly(window: number, at: number, { byteOffset }: Uint8Array): boolean {
    return at === 0 || (this.#address(window) + at - byteOffset) % WORD_BYTES === 0;
  }

  /** The part of the work on the first `length` bytes of a window that a thread can do. */
  job(window: number, length: number, messages: readonly WindowMessage[]): SubtreeJob {
    return messages.map(({ before }) => {
      const { head, chunks } = split(length, before);
      return { address: this.#address(window) + head, firstChunk: (before + head) / CHUNK_BYTES, chunks };
    });
  }

  /** The chaining values for a job that the coordinator does itself, out of turn, while threads have the windows before. */
  hash(job: SubtreeJob): Uint8Array {
    const { kernels, memory } = this.core;
    this.#ownArea ??= memory.acquire(this.#areaBytes);
    const values = this.#ownArea + kernels.blake3ContextBytes();
    const end = hashSubtrees(kernels, this.#ownArea, values, job);
    return new Uint8Array(memory.view(values, end - values));
  }

  /**
   * Continues the messages with the first `length` bytes of a window. `values`: the chaining values that a thread returned for `job`; undefined if
   * no thread did the job, which is then done here. Throws an `Error` for values that do not fit, and leaves the hashers unusable.
   */
  merge(window: number, length: number, messages: readonly WindowMessage[], values: Uint8Array | undefined): void {
    const view = (at: number, size: number) => this.core.memory.view(this.#address(window) + at, size);
    if (values === undefined) {
      for (const { hasher } of messages) hasher.update(view(0, length));
      return;
    }
    let taken = 0;
    for (const { hasher, before } of messages) {
      const { head, chunks } = split(length, before);
      const range = { firstChunk: (before + head) / CHUNK_BYTES, chunks };
      hasher.update(view(0, head));
      taken += hasher.updateSubtrees(values.subarray(taken), [...subtreesOf(range)]);
      const end = head + chunks * CHUNK_BYTES;
      hasher.update(view(end, length - end));
    }
    if (taken !== values.length) throw new Error(`${values.length} bytes of chaining values, expected ${taken}`);
  }

  #address(window: number): number {
    return this.#windows + window * (this.windowBytes + WORD_BYTES) + (this.#shifts[window] ?? 0);
  }
}

/**
 * The bytes of a window before its first whole chunk, and the number of whole chunks. The first chunk of a message is never part of a subtree: a
 * message that is a single subtree would have no digest.
 */
function split(length: number, before: number): { readonly head: number; readonly chunks: number } {
  const head = Math.min(length, before === 0 ? CHUNK_BYTES : (CHUNK_BYTES - (before % CHUNK_BYTES)) % CHUNK_BYTES);
  return { head, chunks: Math.floor((length - head) / CHUNK_BYTES) };
}
