/** Verification of a source that can be read at any offset, in constant memory: by several threads, or in one. */
import { pause } from "#pause";
import { throwIfAborted } from "../errors.js";
import type { FileHeader } from "../format/file-header.js";
import type { NewNativeBlake3 } from "../hash/hasher.js";
import { ProgressMeter, type VerifyProgress } from "../source/progress.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { explainFileHash } from "./explain-file-hash.js";
import { type NativeHashOption, nativeBlake3 } from "./native-hash-option.js";
import { threadCount } from "./parallel/thread-count.js";
import { verifyInThreads } from "./parallel/verify-in-threads.js";
import type { VerifyReport } from "./report.js";
import { Verification } from "./verification.js";

export interface VerifyOptions extends NativeHashOption {
  /** A zero PrevHash in block 0 (MemDiver) breaks the chain, as for a pure 1.1 consumer. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /**
   * Worker threads that hash side by side, 1 to 64; 1 means none. The report is the same for any number. Default "auto": as many as there are
   * processors, at most 8, for captures of 64 MiB and more; below that, starting threads takes longer than they save. Where the runtime has
   * no threads or cannot share memory, and for hashes other than BLAKE3, one thread does the work whatever is asked for.
   */
  readonly threads?: number | "auto";
}

/** One thread with machine code is faster than so many with WebAssembly (docs/decisions/0012-native-hash.md). */
const NATIVE_OUTRUNS = 2;
/** Two slabs are in memory: one being read, one being hashed. */
const SLAB_BYTES = 4 * 1024 * 1024;
/** Bytes hashed between two looks at the clock. */
const PIECE_BYTES = 128 * 1024;
/** The event loop gets its turn after so many bytes, or earlier where hashing is slow. */
const PAUSE_BYTES = 1024 * 1024;
const PAUSE_MS = 5;

/** Verifies chain, FileHash and BlockCount of a plain capture whose header has been read. */
export async function verifySource(source: Source, header: FileHeader, options: VerifyOptions = {}): Promise<VerifyReport> {
  const threads = threadCount(source, options.threads);
  const headerBytes = await source.read(0, header.headerSize, options.signal);
  const work = { ...options, strict: options.strict ?? false, progress: new ProgressMeter(source.size, options.onProgress) };
  const native = threads <= NATIVE_OUTRUNS ? await nativeBlake3(source.size, header, options) : null;
  const report =
    (threads > 1 && !native ? await verifyInThreads(source, header, headerBytes, { ...work, threads }) : null) ??
    (await verifyInOneThread(source, header, headerBytes, work, native));
  return explainFileHash(report, source, headerBytes, options.signal);
}

interface Work {
  readonly strict: boolean;
  readonly signal?: AbortSignal;
  readonly progress: ProgressMeter;
}

async function verifyInOneThread(
  source: Source,
  header: FileHeader,
  headerBytes: Uint8Array,
  { strict, signal, progress }: Work,
  native: NewNativeBlake3 | null,
): Promise<VerifyReport> {
  const verification = new Verification(headerBytes, header, strict, native);
  let offset = header.headerSize;
  try {
    for await (const slab of readAhead(source, { from: offset, slabBytes: SLAB_BYTES, signal })) {
      for (let at = 0; at < slab.length; at += PAUSE_BYTES) {
        const part = slab.subarray(at, at + PAUSE_BYTES);
        await hashPart(verification, part, signal);
        offset += part.length;
        progress.report(offset);
      }
    }
    return verification.finish();
  } finally {
    verification.release();
  }
}

async function hashPart(verification: Verification, part: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
  let pausedAt = performance.now();
  for (let at = 0; at < part.length; at += PIECE_BYTES) {
    verification.update(part.subarray(at, at + PIECE_BYTES));
    if (at + PIECE_BYTES < part.length && performance.now() - pausedAt < PAUSE_MS) continue;
    await pause();
    throwIfAborted(signal);
    pausedAt = performance.now();
  }
}
