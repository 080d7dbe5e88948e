/**
 * `@memslice/msl/plain`: random access to plain captures with little code, for programs that are bundled into a single file, such as edge workers: no
 * ciphers, worker threads, HTTP and search behind damage, and none of what blocks say about each other (references, modules, threads, keys). A call that
 * needs one of these throws an error that names the entry to import. Everything else is that of `@memslice/msl`.
 */
import { MslError, type MslErrorCode } from "./errors.js";
import type { OpenOptions } from "./options/reading.js";
import { OPEN_CAPTURE, VERIFY_CAPTURE } from "./options/reading.js";
import { requireOptions } from "./options/require-options.js";
import type { Capture } from "./read/capture.js";
import { type CaptureInput, sourceOf } from "./read/capture-input.js";
import type { ReadingParts } from "./read/open-source.js";
import { requireCore } from "./runtime.js";
import type { DigestOptions } from "./verify/file-digest.js";
import type { VerifyOptions } from "./verify/passes.js";
import type { VerifyReport } from "./verify/report.js";

export { MslError, type MslErrorCode, type MslErrorDetails } from "./errors.js";
export type { OpenOptions } from "./options/reading.js";
export type { Capture } from "./read/capture.js";
export type { CaptureInput } from "./read/capture-input.js";
export { describeReport, reportJson } from "./verify/describe.js";
export type { VerifyOptions } from "./verify/passes.js";
export type { VerifyReport } from "./verify/report.js";
export { verifyStream } from "./verify.js";

const PARTS: ReadingParts = {
  openEnvelope: () => refuse("unsupported-encryption", "The capture is encrypted, and @memslice/msl/plain has no ciphers"),
  openRemote: () => refuse("usage", "@memslice/msl/plain reads no URLs"),
  loadSalvage: () => refuse("usage", "@memslice/msl/plain has no option salvage"),
  loadContents: () => refuse("usage", "@memslice/msl/plain has no references, modules, threads and keys"),
};

async function refuse(code: MslErrorCode, what: string): Promise<never> {
  throw new MslError(code, `${what}: import openCapture from @memslice/msl or @memslice/msl/read`);
}

/**
 * `openCapture` of `@memslice/msl`, for plain captures: throws `unsupported-encryption` for an encrypted one, whether or not `keys` are given, and `usage`
 * for a URL, for the option `salvage`, and in methods of the capture that this entry lacks. One thread does all work, whatever the option `threads` says.
 */
export async function openCapture(input: CaptureInput, options: OpenOptions = {}): Promise<Capture> {
  requireOptions(OPEN_CAPTURE, options);
  requireCore();
  const { openSource } = await import("./read/open-source.js");
  return openSource(await sourceOf(input, options, PARTS.openRemote), options, PARTS);
}

/** `verifyCapture` of `@memslice/msl`, for plain captures. Throws like `openCapture` of this entry. */
export async function verifyCapture(
  input: CaptureInput,
  options: OpenOptions & VerifyOptions & DigestOptions = {},
): Promise<VerifyReport> {
  requireOptions(VERIFY_CAPTURE, options);
  requireCore();
  const { verifyFile } = await import("./read/open-source.js");
  return verifyFile(await sourceOf(input, options, PARTS.openRemote), options, PARTS);
}
