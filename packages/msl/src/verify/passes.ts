/**
 * The pass that verifies a plain capture over a source that can be read at any offset; verify-stream.ts: over a stream; verify-sealed.ts: over the
 * plaintext of an encrypted capture. Each reads all bytes once, in constant memory.
 */
import { loadNativeBlake3 } from "#hash";
import { pause } from "#pause";
import { availableThreads } from "#threads";
import { throwIfAborted } from "../errors.js";
import type { FileHeader } from "../format/file-header.js";
import { HashAlgo, NATIVE_LEAST_BYTES, type NewNativeBlake3 } from "../hash/hash-algorithm.js";
import { ProgressMeter, readAhead, type VerifyProgress } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { reasonWithoutThreads, type ThreadReason, threadReason, threadUse } from "../threads/thread-use.js";
import { automaticThreads, WORTHWHILE_BYTES } from "../threads/threads.js";
import { explainFileHash } from "./anchor.js";
import type { VerifyReport } from "./report.js";
import { Verification } from "./verification.js";
import type { verifyInThreads } from "./verify-in-threads.js";

/** Options of `verify` and `verifyCapture`. */
export interface VerifyOptions {
  /** A zero PrevHash in block 0 (MemDiver) breaks the chain, as for a pure 1.1 consumer. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  /** Called from time to time while bytes are hashed. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /**
   * Worker threads that hash side by side, 1 to 64; 1 means none. The report is the same for any number. Default "auto": as many as there are
   * processors, at most 8, for captures of 64 MiB and more; below that, starting threads takes longer than they save. Where the runtime has
   * no threads or cannot share memory, and for hashes other than BLAKE3, one thread does the work for any value of the option.
   */
  readonly threads?: number | "auto";
  /**
   * Whether @napi-rs/blake-hash computes BLAKE3 where that package is installed, in Node, Bun and Deno, for captures of 4 MiB and more that one
   * or two threads verify. Default true. The report is the same except for `hasher`.
   */
  readonly nativeHash?: boolean;
}

/** One thread with the native package is faster than this many threads with WebAssembly (docs/decisions/0012-native-hash.md). */
const NATIVE_OUTRUNS = 2;
/** Where the mean block is smaller, the core hashes faster than the native package: it hashes many small blocks side by side. */
const NATIVE_LEAST_BLOCK = 16 * 1024;

/**
 * A slab of a plain capture. Two slabs are in memory: one is being read, one is being hashed. Slabs of small captures are shorter: passes after the
 * verification begin before the arrays of the slabs are collected. A metered source is asked for long slabs, because each read may be a request.
 */
const SLAB_BYTES = 4 * 1024 * 1024;
const SMALL_SLAB_BYTES = 1024 * 1024;
/** Captures of fewer bytes are small. */
const SMALL_CAPTURE = 64 * 1024 * 1024;
/** Bytes that are hashed between two checks of the clock. */
const PIECE_BYTES = 128 * 1024;
/** The event loop runs after this many bytes, or after this time where hashing is slow. */
const PAUSE_BYTES = 1024 * 1024;
const PAUSE_MS = 5;

/** Facts that are known before a verification, and what does its work. */
export interface PassMeans {
  /** The HeaderSize bytes of the header, if they have just been read from this source. */
  readonly headerBytes?: Uint8Array;
  /** Verification by workers; absent if one thread verifies in any case. */
  readonly verifyInThreads?: typeof verifyInThreads | undefined;
  /** The number of blocks that were found. */
  readonly blocks?: number;
}

/** Verifies chain, FileHash and BlockCount of a plain capture whose header has been read. */
export async function verifySource(
  source: Source,
  header: FileHeader,
  options: VerifyOptions = {},
  means: PassMeans = {},
): Promise<VerifyReport> {
  const { strict = false, signal, onProgress, threads: asked = "auto" } = options;
  const planned = means.verifyInThreads ? threadsFor(source, header, asked) : threadReason("plain-entry");
  const start = means.headerBytes ?? (await source.read(0, header.headerSize, signal));
  const work = { strict, signal, progress: new ProgressMeter(source.size, onProgress), asked };
  const isFew = typeof planned === "object" || planned <= NATIVE_OUTRUNS;
  const native = isFew ? await nativeBlake3(source.size, means.blocks ?? header.blockCount, header, options) : null;
  const threads = native && typeof planned === "number" ? threadReason("native-hash") : planned;
  const done =
    typeof threads === "number" && threads > 1 && means.verifyInThreads
      ? await means.verifyInThreads(source, header, start, { ...work, threads })
      : threads;
  const report =
    typeof done === "object" && "verdict" in done
      ? done
      : await verifyInOneThread(source, header, start, { ...work, native, reason: typeof done === "object" ? done : null });
  return explainFileHash(report, source, start, signal);
}

/** The number of threads that verify a source, or the reason why one thread does. */
function threadsFor({ size, metered }: Source, header: FileHeader, asked: number | "auto"): number | ThreadReason {
  const available = availableThreads({ sharedMemory: true });
  if (available === 0) return reasonWithoutThreads();
  if (header.hashAlgo !== HashAlgo.Blake3 || header.byteOrder !== "little") return threadReason("other-hash");
  if (asked !== "auto") return asked;
  if (size < WORTHWHILE_BYTES) return threadReason("small-capture");
  if (metered === true) return threadReason("slow-source");
  return available === 1 ? threadReason("one-processor") : automaticThreads(available);
}

/** Null if the WebAssembly core has to hash. `blocks` may be wrong, as BlockCount is: the decision affects only the time of the verification. */
export async function nativeBlake3(
  size: number,
  blocks: number,
  { hashAlgo }: FileHeader,
  { nativeHash = true }: VerifyOptions,
): Promise<NewNativeBlake3 | null> {
  const suits = hashAlgo === HashAlgo.Blake3 && size >= NATIVE_LEAST_BYTES && size >= blocks * NATIVE_LEAST_BLOCK;
  return nativeHash && suits && loadNativeBlake3 ? loadNativeBlake3() : null;
}

interface Work {
  readonly strict: boolean;
  readonly signal: AbortSignal | undefined;
  readonly progress: ProgressMeter;
  readonly native: NewNativeBlake3 | null;
  readonly asked: number | "auto";
  /** Why no more threads work. */
  readonly reason: ThreadReason | null;
}

async function verifyInOneThread(
  source: Source,
  header: FileHeader,
  headerBytes: Uint8Array,
  { strict, signal, progress, native, asked, reason }: Work,
): Promise<VerifyReport> {
  const verification = new Verification(headerBytes, header, strict, native);
  const slabBytes = source.size < SMALL_CAPTURE && !source.metered ? SMALL_SLAB_BYTES : SLAB_BYTES;
  let offset = header.headerSize;
  try {
    for await (const slab of readAhead(source, { from: offset, slabBytes, signal })) {
      let pausedAt = performance.now();
      for (let at = 0; at < slab.length; ) {
        const piece = slab.subarray(at, at + PIECE_BYTES);
        verification.update(piece);
        at += piece.length;
        const isLast = at === slab.length;
        if (!isLast && at % PAUSE_BYTES !== 0 && performance.now() - pausedAt < PAUSE_MS) continue;
        progress.report(offset + at);
        await pause();
        throwIfAborted(signal);
        pausedAt = performance.now();
      }
      offset += slab.length;
    }
    return verification.finish(threadUse(1, asked, reason));
  } finally {
    verification.release();
  }
}
