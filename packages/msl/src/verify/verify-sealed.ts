/** The pass that verifies an encrypted capture over its plaintext, when its tag has been found to match. */
import { concatenated, equalBytes } from "../bytes.js";
import type { FileHeader } from "../format/file-header.js";
import { hasherName } from "../hash/hash-algorithm.js";
import { ProgressMeter, readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { threadReason, threadUse } from "../threads/thread-use.js";
import { hashOfSlabs } from "./anchor.js";
import { hashersOf, PortableHashChain } from "./chain.js";
import { fileHashOf, reportOfSealedPass } from "./conclude.js";
import { nativeBlake3, type VerifyOptions } from "./passes.js";
import type { VerifyReport } from "./report.js";
import { BlockCensus, requireHashAlgo } from "./verification.js";

/** A slab of decrypted bytes. Larger slabs make more garbage at once; smaller slabs would go into the cache of decrypted windows. */
const PLAINTEXT_SLAB_BYTES = 512 * 1024;

export interface SealedCapture {
  /** HeaderSize bytes. */
  readonly headerBytes: Uint8Array;
  readonly kemCiphertext: Uint8Array;
  /** Authenticated; the first block at offset 0. */
  readonly plaintext: Source;
  readonly fileSize: number;
}

/**
 * Verifies an encrypted capture whose tag matches: FileHash over its plaintext form, BlockCount, and PrevHash, which must be zero. Throws
 * `unsupported-hash`, `changed` and `aborted`.
 */
export async function verifySealed(
  { headerBytes, kemCiphertext, plaintext, fileSize }: SealedCapture,
  header: FileHeader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const startedAt = performance.now();
  const { strict = false, signal, onProgress, threads: asked = "auto" } = options;
  const hashAlgo = requireHashAlgo(header.hashAlgo);
  const native = await nativeBlake3(plaintext.size, header.blockCount, header, options);
  const covered = concatenated([headerBytes, kemCiphertext]);
  const chain = new PortableHashChain(covered, hashersOf(hashAlgo, native), { byteOrder: header.byteOrder, encrypted: true });
  const census = new BlockCensus(0, header.byteOrder);
  const progress = new ProgressMeter(plaintext.size, onProgress);
  const slabs = { slabBytes: PLAINTEXT_SLAB_BYTES, signal };
  try {
    let offset = 0;
    for await (const slab of readAhead(plaintext, slabs)) {
      chain.update(slab);
      census.take(slab, offset);
      offset += slab.length;
      progress.report(offset);
    }
    const result = chain.finish();
    const { status, stored, end } = fileHashOf(result);
    const withoutKem =
      status === "mismatch" &&
      kemCiphertext.length > 0 &&
      stored !== null &&
      equalBytes(stored, await hashOfSlabs(hashAlgo, headerBytes, readAhead(plaintext, { ...slabs, end: end ?? 0 })));
    const hasher = hasherName(hashAlgo, native);
    const threads = threadUse(1, asked, threadReason("encrypted"));
    const pass = { header, hashAlgo, hasher, threads, strict, result, census, bytes: fileSize, startedAt };
    return reportOfSealedPass(pass, plaintext.size, withoutKem);
  } finally {
    chain.release();
  }
}
