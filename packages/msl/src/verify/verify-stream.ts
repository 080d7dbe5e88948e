/** Verification of a capture that passes by once, as a stream. */
import { pause } from "#pause";
import type { DecodeOptions } from "../codec/decoding.js";
import { requireBlocksWithin } from "../codec/limits.js";
import { type CollectOptions, collectStream } from "../encryption/collect-stream.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import type { EnvelopeOptions } from "../encryption/open-envelope.js";
import { decodeEncryption } from "../format/encryption-extension.js";
import { announcedHeaderSize, type FileHeader, HEADER_LEAD, readHeader } from "../format/file-header.js";
import { VERIFY_STREAM } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../require-core.js";
import { type ChunkInput, ChunkQueue } from "../source/chunk-queue.js";
import { ProgressMeter } from "../source/progress.js";
import type { VerifyReport } from "./report.js";
import { Verification } from "./verification.js";
import { type VerifyOptions, verifySealed } from "./verify-source.js";

export interface VerifyStreamOptions
  extends Omit<VerifyOptions, "threads" | "nativeHash">,
    DecodeOptions,
    EnvelopeOptions,
    CollectOptions {}

/**
 * Verifies a capture that passes by once, in constant memory. A FileHash mismatch behind an intact chain is reported without the
 * search for header variants, which takes a second look at the bytes. An encrypted capture is kept in memory whole, up to
 * `encryptedStreamLimit` bytes. Throws as `openCapture` does.
 */
export async function verifyStream(input: ChunkInput, options: VerifyStreamOptions = {}): Promise<VerifyReport> {
  requireOptions(VERIFY_STREAM, options);
  requireCore();
  const queue = new ChunkQueue(input, options.signal);
  try {
    const lead = await queue.peek(HEADER_LEAD);
    const start = await queue.peek(announcedHeaderSize(lead) ?? lead.length);
    const header = readHeader(start, [], options);
    refuseUnexpectedlyPlain(header, options);
    // A copy: `slice` of a Buffer would be a view of a chunk, which its stream may use again.
    const headerBytes = new Uint8Array(start.subarray(0, header.headerSize));
    if (header.encrypted) return await verifyEncrypted(queue, headerBytes, header, options);
    const verification = new Verification(headerBytes, header, options.strict ?? false, null);
    queue.drop(header.headerSize);
    try {
      await pass(queue, verification, options, new ProgressMeter(undefined, options.onProgress));
      return verification.finish();
    } finally {
      verification.release();
    }
  } finally {
    await queue.cancel();
  }
}

async function verifyEncrypted(
  queue: ChunkQueue,
  headerBytes: Uint8Array,
  header: FileHeader,
  options: VerifyStreamOptions,
): Promise<VerifyReport> {
  const encryption = decodeEncryption(headerBytes, header, () => {});
  const file = await collectStream(queue, options);
  const { openEnvelope } = await import("../encryption/open-envelope.js");
  const { plaintext, kemCiphertext } = await openEnvelope(file, headerBytes, encryption, options);
  try {
    return await verifySealed({ headerBytes, kemCiphertext, plaintext, fileSize: file.size }, header, options);
  } finally {
    await plaintext.close?.();
  }
}

/** Bytes hashed at once, and between two pauses: a few milliseconds of work. */
const PIECE_BYTES = 1024 * 1024;

async function pass(
  queue: ChunkQueue,
  verification: Verification,
  options: VerifyStreamOptions,
  progress: ProgressMeter,
): Promise<void> {
  let sincePause = 0;
  for (let piece = await queue.take(PIECE_BYTES); piece.length > 0; piece = await queue.take(PIECE_BYTES)) {
    verification.update(piece);
    requireBlocksWithin(options, verification.blocks, queue.offset);
    progress.report(queue.offset);
    sincePause += piece.length;
    if (sincePause >= PIECE_BYTES) {
      sincePause = 0;
      await pause();
    }
  }
}
