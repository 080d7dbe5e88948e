/**
 * Opens a source as a capture, or verifies it. Parts of the library that most captures do not need are passed in: `open-capture.ts` passes parts that
 * are loaded when a capture needs them, and the entry `@memslice/msl/plain` passes functions that refuse such a capture.
 */
import { decodingOf } from "../codec/decoding.js";
import type { AheadOptions, DecodingAhead } from "../codec/decoding-ahead.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import type { OpenedEnvelope, openEnvelope } from "../encryption/open-envelope.js";
import { throwIfAborted } from "../errors.js";
import { announcedButMissing } from "../format/capabilities.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import { refuseStrictly, requireBlocksInOrder } from "../format/file-header.js";
import type { OpenOptions } from "../options/reading.js";
import { OPEN_CAPTURE, VERIFY } from "../options/reading.js";
import { optionsFor } from "../options/require-options.js";
import { PinnedSource } from "../source/pinned-source.js";
import { SharedSource, type Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { shownReport } from "../verify/describe.js";
import { DigestingSource, type DigestOptions, FileDigester } from "../verify/file-digest.js";
import { type VerifyOptions, verifySource } from "../verify/passes.js";
import type { VerifyReport } from "../verify/report.js";
import type { verifyInThreads } from "../verify/verify-in-threads.js";
import { indexSource, type LoadSalvage, readEvidence, salvageHashing } from "./block-index.js";
import { Capture, type LoadContents, type Sealed } from "./capture.js";
import type { OpenRemote } from "./capture-input.js";
import { type Head, readHead } from "./read-head.js";
import { reportEnd, reportStructure, structureIn } from "./report-structure.js";

/** Parts of the library that most captures do not need. */
export interface ReadingParts {
  /** Opens an encrypted capture, and verifies it later. */
  readonly openEnvelope: (...given: Parameters<typeof openEnvelope>) => Promise<OpenedEnvelope & Pick<Sealed, "verify">>;
  /** The search behind damage, for the option `salvage`. */
  readonly loadSalvage: LoadSalvage;
  /** Reads the header, also a damaged one. Absent if a header that cannot be read refuses the capture. */
  readonly readHead?: (source: Source, options: OpenOptions) => Promise<Head>;
  /** References, modules, threads, keys, and deviations between blocks. */
  readonly loadContents: LoadContents;
  /** For http: and https: URLs. */
  readonly openRemote: OpenRemote;
  /** Verification by workers; absent if one thread verifies in any case. */
  readonly verifyInThreads?: typeof verifyInThreads;
  /** The class that has workers decompress regions ahead; absent if one thread decompresses in any case. */
  readonly loadDecodingAhead?: () => Promise<typeof DecodingAhead>;
}

/** `openCapture` for a source, which it closes if it throws. */
export async function openSource(file: Source, options: OpenOptions, parts: ReadingParts): Promise<Capture> {
  const plain = options.pin === true ? new PinnedSource(file) : file;
  let source = plain;
  try {
    throwIfAborted(options.signal);
    const head = await (parts.readHead ?? readHead)(plain, options);
    const { header, encryption, headerBytes } = head;
    refuseUnexpectedlyPlain(header, options);
    const deviations = [...head.deviations];
    let sealed: Sealed | null = null;
    if (encryption) {
      const envelope = await parts.openEnvelope(file, headerBytes, encryption, options);
      source = envelope.plaintext;
      sealed = { encryption, headerBytes, kemCiphertext: envelope.kemCiphertext, verify: envelope.verify };
      deviations.push(...envelope.deviations);
    }
    const hashing = salvageHashing(header, sealed ? [headerBytes, sealed.kemCiphertext] : [headerBytes]);
    const index = await indexSource(source, encryption ? 0 : header.headerSize, {
      ...options,
      byteOrder: header.byteOrder,
      hashing,
      loadSalvage: parts.loadSalvage,
    });
    requireBlocksInOrder(header, index.length);
    deviations.push(...index.salvageDeviations);
    reportEnd(index.end, header, (deviation) => deviations.push(deviation));
    const structure = await runInSlices(structureIn(index), options.signal);
    reportStructure(structure, header, (deviation) => deviations.push(deviation));
    if (options.strict) refuseStrictly(deviations, "damaged-block");
    const evidence = await readEvidence(source, head, index, options.signal);
    const { dialect, authorship } = await runInSlices(authorshipOf(evidence), options.signal);
    const missing = announcedButMissing(header.capBitmap, structure.present);
    const contents = {
      header,
      dialect,
      authorship,
      index,
      deviations,
      announcedButMissing: missing,
      sealed,
      size: file.size,
    };
    const openPinned = options.pin === true || sealed ? undefined : pinnedOpener(file, options, parts);
    const { threads = 1 } = options;
    const Ahead = threads === 1 ? undefined : await parts.loadDecodingAhead?.();
    const decoding = decodingOf(options);
    const newAhead = Ahead && ((next: AheadOptions["next"]) => new Ahead({ decoding, threads, next }));
    return new Capture(source, contents, { ...parts, file, decoding, threads, newAhead, openPinned });
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** Opens the same source again, with `pin`. Closing that capture leaves the source open. Secrets are not kept. */
function pinnedOpener(
  file: Source,
  { keys: _, signal: __, ...options }: OpenOptions,
  parts: ReadingParts,
): (signal?: AbortSignal) => Promise<Capture> {
  return (signal) => openSource(new SharedSource(file), { ...options, pin: true, ...(signal ? { signal } : {}) }, parts);
}

/** `verifyCapture` for a source, which it closes. */
export async function verifyFile(
  source: Source,
  { digest, expectDigest, ...options }: OpenOptions & VerifyOptions & DigestOptions,
  parts: ReadingParts,
): Promise<VerifyReport> {
  if (digest === undefined && expectDigest === undefined) return verifyBytes(source, options, parts);
  try {
    const digester = FileDigester.of({ ...(digest && { digest }), ...(expectDigest === undefined ? {} : { expectDigest }) });
    if (!digester) return await verifyBytes(source, options, parts);
    try {
      const digesting = new DigestingSource(source, digester);
      const report = await verifyBytes(digesting, options, parts);
      return shownReport({ ...report, digest: await digesting.finish(options.signal) });
    } finally {
      digester.release();
    }
  } finally {
    await source.close?.();
  }
}

/** Verifies a source, and closes it. */
async function verifyBytes(source: Source, options: OpenOptions & VerifyOptions, parts: ReadingParts): Promise<VerifyReport> {
  try {
    const { header, headerBytes } = await readHead(source, options);
    refuseUnexpectedlyPlain(header, options);
    // Strict readers, and readers of big-endian captures, may refuse the capture because of its blocks.
    if (header.encrypted || header.byteOrder === "big" || options.strict) {
      const capture = await openSource(source, optionsFor(OPEN_CAPTURE, options), parts);
      try {
        return await capture.verify(optionsFor(VERIFY, options));
      } finally {
        // Zeroes the key of an encrypted capture; closing the source alone does not.
        await capture.close();
      }
    }
    return await verifySource(source, header, options, { headerBytes, verifyInThreads: parts.verifyInThreads });
  } finally {
    await source.close?.();
  }
}
