/** Verifies a stream, plain or encrypted. An encrypted one is kept in memory whole: its tag is at its end. */
import { decodeEncryption } from "../format/encryption-extension.js";
import type { FileHeader } from "../format/file-header.js";
import { type ChunkInput, type ChunkQueue, collectStream } from "../source/chunk-queue.js";
import type { VerifyReport } from "./report.js";
import { verifySealed } from "./verify-sealed.js";
import { type VerifyStreamOptions, verifyStreamWith } from "./verify-stream.js";

/** `verifyStream`. */
export async function verifyAnyStream(input: ChunkInput, options: VerifyStreamOptions): Promise<VerifyReport> {
  return verifyStreamWith(verifyEncrypted, input, options);
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
    return await verifySealed({ headerBytes, kemCiphertext, plaintext, fileSize: file.size }, header, { ...options, threads: 1 });
  } finally {
    await plaintext.close?.();
  }
}
