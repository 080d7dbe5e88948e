/** The memory and the sink of a capture: buffers that are read into, and how their bytes reach the sink. */
import type { SinkInput } from "@memslice/msl";
import { availableThreads, HashAlgo, startThreadedDigest, type ThreadedDigest } from "@memslice/msl/work";
import type { AcquireOptions } from "../options.js";
import { BufferPool } from "./buffer-pool.js";
import { lendsBytes, QueuedSink } from "./queued-sink.js";

/** Buffers of a capture whose blocks are stored as they are: some are read into, some are hashed, some are written. */
const PLAIN_BUFFERS = 6;
const PLAIN_BUFFER_BYTES = 4 * 1024 * 1024;
/** The more there are, the more is read of a process that is stopped before it has to wait for hashes. */
const BUFFERS_WHILE_STOPPED = 9;
/** A thread that hashes takes as much memory as two buffers. */
const BUFFERS_OF_THREAD = 2;
/** Bytes of a buffer of a capture that is compressed: every thread has one, and compressing it takes tens of milliseconds. */
const COMPRESSED_BUFFER_BYTES = 2 * 1024 * 1024;
/** Buffers beside those of the threads: one is read into, one is written. */
const BUFFERS_BESIDE = 2;
const MOST_THREADS = 8;
/** Starting a thread takes longer than hashing fewer bytes. */
const THREADED_BYTES = 128 * 1024 * 1024;
/** The thread starts before a process is stopped. */
const THREADED_BYTES_WHILE_STOPPED = 16 * 1024 * 1024;
/** Codes of the names that the options have. */
const HASH_ALGO_CODES = { BLAKE3: HashAlgo.Blake3, "SHA-256": HashAlgo.Sha256, "SHA-512/256": HashAlgo.Sha512_256 } as const;

export interface Output {
  /** What the writer gets. */
  readonly sink: SinkInput;
  readonly buffers: BufferPool;
  /** Computes FileHash in another thread; undefined if the writer does. */
  readonly fileHasher: ThreadedDigest | undefined;
  /** Resolves when the bytes of all blocks that the writer has written so far are hashed and have reached the caller's sink, so that their buffers are free. */
  readonly written: () => Promise<void>;
}

/** `bytes`: those that the capture is expected to get. */
export async function outputOf(sink: SinkInput, options: AcquireOptions, bytes: number): Promise<Output> {
  const { compression = "none", encryption, threads = 1, freeze = false } = options;
  if (compression !== "none") {
    const compressing =
      threads === "auto" ? Math.min(MOST_THREADS, Math.max(1, availableThreads({ sharedMemory: false }))) : threads;
    return plainly(sink, new BufferPool(compressing + BUFFERS_BESIDE, COMPRESSED_BUFFER_BYTES));
  }
  const buffers = freeze ? BUFFERS_WHILE_STOPPED : PLAIN_BUFFERS;
  // Encryption makes copies of all bytes.
  if (encryption || !lendsBytes(sink)) return plainly(sink, new BufferPool(buffers, PLAIN_BUFFER_BYTES));
  const least = freeze ? THREADED_BYTES_WHILE_STOPPED : THREADED_BYTES;
  const fileHasher = sink.takesShared && bytes >= least ? await fileHasherOf(options) : undefined;
  const left = freeze && fileHasher ? buffers - BUFFERS_OF_THREAD : buffers;
  const pool = new BufferPool(left, PLAIN_BUFFER_BYTES, fileHasher !== undefined);
  const queue = new QueuedSink(sink, (bytes) => pool.has(bytes));
  const written = async () => {
    await fileHasher?.hashed();
    await queue.written();
  };
  return { sink: queue, buffers: pool, fileHasher, written };
}

function plainly(sink: SinkInput, buffers: BufferPool): Output {
  return { sink, buffers, fileHasher: undefined, written: async () => {} };
}

async function fileHasherOf({ threads = 1, nativeHash = true, hashAlgo = "BLAKE3" }: AcquireOptions) {
  if (threads === 1 || !nativeHash) return undefined;
  return startThreadedDigest(HASH_ALGO_CODES[hashAlgo]);
}
