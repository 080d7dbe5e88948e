/**
 * The functions that read captures by random access. Importing them loads little: the code that opens a capture is loaded with the first call, and code
 * that few captures need is loaded for those (docs/decisions/0015-sizes.md).
 */
import { HTTP_SOURCE, INSPECT_CAPTURE, OPEN_CAPTURE, type OpenOptions, VERIFY_CAPTURE } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import type { ChunkInput } from "../source/chunk-queue.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import type { Source } from "../source/source.js";
import type { DigestOptions } from "../verify/file-digest.js";
import type { VerifyOptions } from "../verify/passes.js";
import type { VerifyReport } from "../verify/report.js";
import type { VerifyStreamOptions } from "../verify/verify-stream.js";
import type { Capture } from "./capture.js";
import { type CaptureInput, type InputOptions, type OpenRemote, sourceOf } from "./capture-input.js";
import type { ReadingParts } from "./open-source.js";
import { type Head, type HeadOptions, readHead } from "./read-head.js";

const openRemote: OpenRemote = async (...given) => (await import("../source/http/http-source.js")).openRemoteSource(...given);

const ON_DEMAND: ReadingParts = {
  openRemote,
  // The verification is loaded with the envelope: when `verify` is called, it reads the file at once.
  openEnvelope: async (...given) => {
    const [{ openEnvelope }, { verifySealed }] = await Promise.all([
      import("../encryption/open-envelope.js"),
      import("../verify/verify-sealed.js"),
    ]);
    return { ...(await openEnvelope(...given)), verify: verifySealed };
  },
  loadSalvage: () => import("./salvage/salvage-search.js"),
  loadContents: () => import("./cross-check.js"),
  loadDecodingAhead: async () => (await import("../codec/decoding-ahead.js")).DecodingAhead,
};

/** Verification by workers is loaded with the reader: when `verify` is called, it holds the file open at once. */
export async function reader() {
  const [{ openSource, verifyFile }, { verifyInThreads }] = await Promise.all([
    import("./open-source.js"),
    import("../verify/verify-in-threads.js"),
  ]);
  return { openSource, verifyFile, parts: { ...ON_DEMAND, verifyInThreads } };
}

/**
 * Opens a capture for random access: reads its header and its block headers, nothing else. An encrypted capture is authenticated first, for
 * which all of it is read once, in constant memory; offsets of its blocks are then offsets in the decrypted stream. The capture closes
 * the source when it is closed. Throws `MslError`: `not-msl`, `bad-header`, `unsupported-version`, `truncated`, `source`, `usage`, `aborted`; where
 * keys or encryption are involved `not-encrypted`, `missing-key`, `bad-key`, `unsupported-encryption`, `limit`, `authentication-failed`, `changed`.
 */
export async function openCapture(input: CaptureInput, options: OpenOptions = {}): Promise<Capture> {
  requireOptions(OPEN_CAPTURE, options);
  requireCore();
  const { openSource, parts } = await reader();
  return openSource(await sourceOf(input, options, openRemote), options, parts);
}

/**
 * The report of `Capture.verify`, without a capture that has to be opened before. Reads every byte once, of an encrypted capture twice, and keeps
 * no index of the blocks of a plain capture. Throws like `openCapture` and `Capture.verify`. Closes the source.
 */
export async function verifyCapture(
  input: CaptureInput,
  options: OpenOptions & VerifyOptions & DigestOptions = {},
): Promise<VerifyReport> {
  requireOptions(VERIFY_CAPTURE, options);
  requireCore();
  const { verifyFile, parts } = await reader();
  return verifyFile(await sourceOf(input, options, openRemote), options, parts);
}

/** The part of a capture that can be read without its key. */
export interface CaptureHead extends Omit<Head, "headerBytes"> {
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Reads the header of a capture, and nothing else; no key is needed. The header of an encrypted capture is not authenticated: it may be
 * false. Throws `not-msl`, `bad-header`, `unsupported-version`, `truncated`, `source`, `aborted`.
 */
export async function inspectCapture(input: CaptureInput, options: InputOptions & HeadOptions = {}): Promise<CaptureHead> {
  requireOptions(INSPECT_CAPTURE, options);
  const source = await sourceOf(input, options, openRemote);
  try {
    const { headerBytes: _, ...head } = await readHead(source, options);
    return { ...head, size: source.size };
  } finally {
    await source.close?.();
  }
}

/**
 * Verifies a stream in one pass, in constant memory. A FileHash mismatch behind an intact chain is reported without the
 * search for header variants, which needs a second pass over the bytes. An encrypted capture is kept in memory whole, up to
 * `encryptedStreamLimit` bytes. Throws the errors of `openCapture`.
 */
export async function verifyStream(input: ChunkInput, options: VerifyStreamOptions = {}): Promise<VerifyReport> {
  const { verifyAnyStream } = await import("../verify/verify-any-stream.js");
  return verifyAnyStream(input, options);
}

/** The source of an input, for functions that read it as a file before they open it as a capture. Throws like `openCapture`. */
export async function openSourceOf(input: CaptureInput, options: InputOptions): Promise<Source> {
  return sourceOf(input, options, openRemote);
}

/**
 * Opens a file on a web server. Learns its size from a HEAD request or, if the answer does not state the size, from the answer to a range.
 * Every read is one request; compose with `CoalescingSource` and `CachingSource`. Throws `source` with offset and address (without
 * user, password and query) for every failure of the server or the network, `usage` for an input that is no http: or https: URL, and
 * `aborted`. A request that fails in the network or with a 5xx status is tried three times.
 */
export async function httpSource(url: string | URL, options: HttpOptions & { signal?: AbortSignal } = {}): Promise<Source> {
  requireOptions(HTTP_SOURCE, options);
  const { openHttpSource } = await import("../source/http/http-source.js");
  return openHttpSource(url, options);
}
