/**
 * Hashes of an import that another thread computes while this one reads, compares and writes: the digest of the dump, and FileHash of the capture. The thread reads shared
 * memory in place, so that nothing is copied for it.
 */
import { codeNumber, HASH_ALGO, type Source } from "@memslice/msl";
import { digestOf, HashAlgo, type ProgressMeter, startThreadedDigest, type ThreadedDigest } from "@memslice/msl/work";
import { SharedSlabs } from "../dump/shared-slabs.js";
import type { ZeroSlabs } from "../dump/zero-slabs.js";
import type { ImportOptions } from "./import-options.js";

/** Starting a thread takes longer than hashing fewer bytes. */
const THREADED_BYTES = 128 * 1024 * 1024;

/** SHA-256 of all bytes of the dump, 32 bytes. `zeros` gets the slabs of zeros, if another thread hashes. Throws `source` and `aborted`. */
export async function sha256Of(
  source: Source,
  zeros: ZeroSlabs,
  { signal, threads = 1 }: ImportOptions,
  meter: ProgressMeter,
): Promise<Uint8Array> {
  const isWorthwhile = threads !== 1 && source.size >= THREADED_BYTES;
  const digest = isWorthwhile ? await startThreadedDigest(HashAlgo.Sha256) : undefined;
  if (!digest) return digestOf(source, "sha256", signal, meter);
  try {
    let done = 0;
    for await (const slab of new SharedSlabs(source, digest, zeros, signal).read(0, source.size)) {
      await digest.update(slab);
      done += slab.length;
      meter.report(done);
    }
    return await digest.digest();
  } finally {
    digest.release();
  }
}

/**
 * Computes FileHash of a capture of about `bytes` bytes; undefined where the writer does. Blocks that are compressed or encrypted are made by copies: their hashes
 * are the smallest part of the work. The writer that is given it releases it.
 */
export async function fileHasherFor(bytes: number, options: ImportOptions): Promise<ThreadedDigest | undefined> {
  const { threads = 1, nativeHash = true, compression = "none", encryption, hashAlgo = "BLAKE3" } = options;
  if (threads === 1 || !nativeHash || compression !== "none" || encryption || bytes < THREADED_BYTES) return undefined;
  const algorithm = typeof hashAlgo === "number" ? hashAlgo : codeNumber(HASH_ALGO, hashAlgo);
  const known = Object.values(HashAlgo).find((code) => code === algorithm);
  return known === undefined ? undefined : startThreadedDigest(known);
}
