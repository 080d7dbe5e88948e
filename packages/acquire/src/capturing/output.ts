/** The memory and the sink of a capture: buffers that are read into, and how their bytes reach the sink. */
import type { SinkInput } from "@memslice/msl";
import { availableThreads } from "@memslice/msl/work";
import type { AcquireOptions } from "../options.js";
import { BufferPool } from "./buffer-pool.js";
import { lendsBytes, QueuedSink } from "./queued-sink.js";

/** Buffers of a capture whose blocks are stored as they are: some are read into, some are hashed, some are written. */
const PLAIN_BUFFERS = 6;
const PLAIN_BUFFER_BYTES = 4 * 1024 * 1024;
/** The more there are, the more is read of a process that is stopped before it has to wait for hashes. */
const BUFFERS_WHILE_STOPPED = 9;
/** Bytes of a buffer of a capture that is compressed: every thread has one, and compressing it takes tens of milliseconds. */
const COMPRESSED_BUFFER_BYTES = 2 * 1024 * 1024;
/** Buffers beside those of the threads: one is read into, one is written. */
const BUFFERS_BESIDE = 2;
const MOST_THREADS = 8;

export interface Output {
  /** What the writer gets. */
  readonly sink: SinkInput;
  readonly buffers: BufferPool;
  /** Resolves when the bytes of all blocks that the writer has written so far have reached the caller's sink, and their buffers are free. */
  readonly written: () => Promise<void>;
}

export function outputOf(
  sink: SinkInput,
  { compression = "none", encryption, threads = 1, freeze = false }: AcquireOptions,
): Output {
  if (compression !== "none") {
    const compressing =
      threads === "auto" ? Math.min(MOST_THREADS, Math.max(1, availableThreads({ sharedMemory: false }))) : threads;
    return { sink, buffers: new BufferPool(compressing + BUFFERS_BESIDE, COMPRESSED_BUFFER_BYTES), written: async () => {} };
  }
  const buffers = new BufferPool(freeze ? BUFFERS_WHILE_STOPPED : PLAIN_BUFFERS, PLAIN_BUFFER_BYTES);
  // Encryption makes copies of all bytes.
  if (encryption || !lendsBytes(sink)) return { sink, buffers, written: async () => {} };
  const queue = new QueuedSink(sink, (bytes) => buffers.has(bytes));
  return { sink: queue, buffers, written: () => queue.written() };
}
