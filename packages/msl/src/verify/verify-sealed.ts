/** Verification of an encrypted capture whose tag holds: FileHash over its plaintext form, BlockCount, and PrevHash, which must be zero. */

import { pause } from "#pause";
import { equalBytes } from "../bytes.js";
import { throwIfAborted } from "../errors.js";
import { announcedButMissing } from "../format/capabilities.js";
import type { FileHeader } from "../format/file-header.js";
import { createHasher, type HashAlgoCode, hasherName } from "../hash/hash-algorithm.js";
import { NativeHashers } from "../hash/native-hashers.js";
import { concatenated } from "../source/concatenated.js";
import { ProgressMeter } from "../source/progress.js";
import type { Source } from "../source/source.js";
import { BlockCensus } from "./block-census.js";
import { nativeBlake3 } from "./native-hash-option.js";
import { PortableHashChain } from "./portable-hash-chain.js";
import { concludeReport, type VerifyReport } from "./report.js";
import { fileHashOf } from "./report-of-pass.js";
import { requireHashAlgo } from "./verification.js";
import type { VerifyOptions } from "./verify-source.js";

export interface SealedCapture {
  /** HeaderSize bytes. */
  readonly headerBytes: Uint8Array;
  readonly kemCiphertext: Uint8Array;
  /** Authenticated; the first block at offset 0. */
  readonly plaintext: Source;
  readonly fileSize: number;
}

/** Bytes hashed between two pauses. Larger pieces leave more behind for the garbage collector at once; smaller ones would be cached. */
const SLAB_BYTES = 512 * 1024;

/** Throws `unsupported-hash`, `changed` and `aborted`. */
export async function verifySealed(
  { headerBytes, kemCiphertext, plaintext, fileSize }: SealedCapture,
  { hashAlgo, blockCount, byteOrder, capBitmap }: FileHeader,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const started = performance.now();
  const algorithm = requireHashAlgo(hashAlgo);
  const covered = concatenated([headerBytes, kemCiphertext]);
  const native = await nativeBlake3(plaintext.size, { hashAlgo, blockCount }, options);
  const hashers = native ? new NativeHashers(native) : null;
  const newHasher = () => hashers?.hasher() ?? createHasher(algorithm);
  const chain = new PortableHashChain(covered, newHasher, { byteOrder, encrypted: true });
  const census = new BlockCensus(0, byteOrder);
  try {
    await forEachSlab(plaintext, plaintext.size, options, (slab, offset) => {
      chain.update(slab);
      census.take(slab, offset);
    });
    const result = chain.finish();
    const fileHash = fileHashOf(result);
    const withoutKem =
      fileHash.status === "mismatch" &&
      kemCiphertext.length > 0 &&
      fileHash.stored !== null &&
      equalBytes(fileHash.stored, await hashFrom(headerBytes, plaintext, fileHash.end ?? 0, algorithm, options));
    return concludeReport({
      encrypted: { fileHashWithoutKem: withoutKem },
      hashAlgo: algorithm,
      hasher: hasherName(algorithm, native),
      strict: options.strict ?? false,
      anchor: null,
      breaks: result.breaks,
      firstBadBlock: null,
      fileHash: withoutKem ? { ...fileHash, status: "ok", computed: fileHash.stored } : fileHash,
      blockCount: { declared: blockCount, counted: (result.eoc?.index ?? result.blocks - 1) + 1 },
      blocks: result.blocks,
      eocIndex: result.eoc?.index ?? null,
      truncatedBlock: result.truncatedBlock,
      trailingBytes: plaintext.size - result.end,
      appended: census.appended,
      announcedButMissing: announcedButMissing(capBitmap, census.present),
      explanation: null,
      bytes: fileSize,
      elapsedMs: performance.now() - started,
    });
  } finally {
    chain.release();
  }
}

async function hashFrom(
  header: Uint8Array,
  plaintext: Source,
  end: number,
  algorithm: HashAlgoCode,
  { signal }: VerifyOptions,
): Promise<Uint8Array> {
  const hasher = createHasher(algorithm);
  try {
    hasher.update(header);
    await forEachSlab(plaintext, end, { ...(signal && { signal }) }, (slab) => hasher.update(slab));
    return hasher.digest();
  } finally {
    hasher.release();
  }
}

async function forEachSlab(
  source: Source,
  end: number,
  { signal, onProgress }: VerifyOptions,
  use: (slab: Uint8Array, offset: number) => void,
): Promise<void> {
  const progress = new ProgressMeter(end, onProgress);
  for (let offset = 0; offset < end; ) {
    const slab = await source.read(offset, Math.min(SLAB_BYTES, end - offset), signal);
    use(slab, offset);
    offset += slab.length;
    progress.report(offset);
    await pause();
    throwIfAborted(signal);
  }
}
