/** The pass over a stream. Imports neither workers nor ciphers, so that the entry `@memslice/msl/verify` is small. */
import { pause } from "#pause";
import type { DecodeOptions } from "../codec/decoding.js";
import type { EnvelopeOptions } from "../encryption/key-material.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import { announcedHeaderSize, type FileHeader, HEADER_LEAD, readHeader } from "../format/file-header.js";
import { callback, signal, tableOf } from "../options/checks.js";
import { requireBlocksWithin } from "../options/limits.js";
import { COLLECTING, DECODING, DIGEST, ENVELOPE } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import { type ChunkInput, ChunkQueue, type CollectOptions } from "../source/chunk-queue.js";
import { ProgressMeter } from "../source/read-ahead.js";
import { shownReport } from "./describe.js";
import { type DigestOptions, FileDigester } from "./file-digest.js";
import type { VerifyOptions } from "./passes.js";
import type { VerifyReport } from "./report.js";
import { Verification } from "./verification.js";

export interface VerifyStreamOptions
  extends Omit<VerifyOptions, "threads" | "nativeHash">,
    DecodeOptions,
    EnvelopeOptions,
    CollectOptions,
    DigestOptions {}

export const VERIFY_STREAM = tableOf<VerifyStreamOptions>("verifyStream")({
  ...DECODING,
  ...ENVELOPE,
  ...COLLECTING,
  ...DIGEST,
  signal,
  onProgress: callback(),
});

/** Verifies the rest of an encrypted stream, whose header has been read and is still in the queue. */
export type VerifyEncrypted = (
  queue: ChunkQueue,
  headerBytes: Uint8Array,
  header: FileHeader,
  options: VerifyStreamOptions,
) => Promise<VerifyReport>;

/** `verifyStream`, with a function for encrypted captures. */
export async function verifyStreamWith(
  verifyEncrypted: VerifyEncrypted,
  input: ChunkInput,
  options: VerifyStreamOptions,
): Promise<VerifyReport> {
  requireOptions(VERIFY_STREAM, options);
  requireCore();
  const digester = FileDigester.of(options);
  if (!digester) return verifyChunks(verifyEncrypted, input, options);
  try {
    const report = await verifyChunks(verifyEncrypted, input, options, (chunk) => digester.take(chunk, options.signal));
    return shownReport({ ...report, digest: digester.result() });
  } finally {
    digester.release();
  }
}

/** `onChunk`: called with each chunk of the stream. */
async function verifyChunks(
  verifyEncrypted: VerifyEncrypted,
  input: ChunkInput,
  options: VerifyStreamOptions,
  onChunk?: (chunk: Uint8Array) => Promise<void>,
): Promise<VerifyReport> {
  const queue = new ChunkQueue(input, options.signal, onChunk);
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

/** Bytes of a stream that are hashed at once, and between two pauses: a few milliseconds of work. */
const STREAM_PIECE_BYTES = 1024 * 1024;

async function pass(
  queue: ChunkQueue,
  verification: Verification,
  options: VerifyStreamOptions,
  progress: ProgressMeter,
): Promise<void> {
  let sincePause = 0;
  for (let piece = await queue.take(STREAM_PIECE_BYTES); piece.length > 0; piece = await queue.take(STREAM_PIECE_BYTES)) {
    verification.update(piece);
    requireBlocksWithin(options, verification.blocks, queue.offset);
    progress.report(queue.offset);
    sincePause += piece.length;
    if (sincePause >= STREAM_PIECE_BYTES) {
      sincePause = 0;
      await pause();
    }
  }
}
