/**
 * `@memslice/msl/verify`: verifies plain captures that arrive as streams. For programs that are bundled into a single file: bundlers
 * cannot leave the ciphers out of it that `@memslice/msl` loads for encrypted captures.
 */
import { MslError } from "./errors.js";
import type { ChunkInput } from "./source/chunk-queue.js";
import type { VerifyReport } from "./verify/report.js";
import { type VerifyStreamOptions, verifyStreamWith } from "./verify/verify-stream.js";

export { MslError, type MslErrorCode, type MslErrorDetails } from "./errors.js";
export type { ChunkInput } from "./source/chunk-queue.js";
export { describeReport, reportJson } from "./verify/describe.js";
export type { VerifyReport } from "./verify/report.js";
export type { VerifyStreamOptions } from "./verify/verify-stream.js";

/**
 * `verifyStream` of `@memslice/msl`, without ciphers: throws `unsupported-encryption` for an encrypted capture, whether or not `keys` are given.
 */
export async function verifyStream(input: ChunkInput, options: VerifyStreamOptions = {}): Promise<VerifyReport> {
  return verifyStreamWith(refuseEncrypted, input, options);
}

async function refuseEncrypted(): Promise<never> {
  throw new MslError(
    "unsupported-encryption",
    "The capture is encrypted, and @memslice/msl/verify contains no ciphers; expected a plain capture: import verifyStream from @memslice/msl",
  );
}
