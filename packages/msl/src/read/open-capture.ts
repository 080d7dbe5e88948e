import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import type { AuthenticateOptions } from "../encryption/authenticate.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import type { EnvelopeOptions } from "../encryption/open-envelope.js";
import { throwIfAborted } from "../errors.js";
import { announcedButMissing } from "../format/capabilities.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import { refuseStrictly, requireBlocksInOrder } from "../format/file-header.js";
import { OPEN_CAPTURE, VERIFY, VERIFY_CAPTURE } from "../options/reading.js";
import { optionsFor, requireOptions } from "../options/require-options.js";
import { requireCore } from "../runtime.js";
import { PinnedSource } from "../source/pinned-source.js";
import { SharedSource, type Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { type VerifyOptions, verifySource } from "../verify/passes.js";
import type { VerifyReport } from "../verify/report.js";
import { indexSource, readEvidence, salvageHashing } from "./block-index.js";
import { Capture, type Sealed } from "./capture.js";
import { type CaptureInput, type InputOptions, sourceOf } from "./capture-input.js";
import { readHead } from "./read-head.js";
import { reportEnd, reportStructure, structureIn } from "./report-structure.js";

export interface OpenOptions extends DecodeOptions, EnvelopeOptions, InputOptions {
  /** After damage, searches for the next plausible block and continues there. Such blocks are marked as salvaged. Default: stops at damage. */
  readonly salvage?: boolean;
  /**
   * Throws `changed` when bytes are read that differ from those that were read there before. So the report of `verify` holds for everything
   * that is read of the capture, before and after it, even if others write to the source. Costs 256 KiB of memory for each GiB, at most 4 MiB;
   * each read reads and hashes windows of 128 KiB, and longer ones above 16 GiB. Default false. Each read of an encrypted capture is compared
   * with the bytes whose tag was verified in any case.
   */
  readonly pin?: boolean;
  /**
   * Worker threads that decompress the next regions while regions are read in file order: 1 to 64, or "auto", which starts two, on machines with
   * two processors or more, after five regions were read in order. The bytes read are the same for any number. Default 1: no workers, each
   * region is decompressed by the caller's thread when it is read. The same holds with `codecs` and where the runtime has no workers.
   * Payloads that are decompressed ahead take at most twice `wholeLimit` bytes; two workers add about 35 MiB in all. Workers end
   * after the last region, when a read is aborted, and with `close`.
   */
  readonly threads?: number | "auto";
  /** Called while an encrypted capture is authenticated, for which all of it is read. */
  readonly onProgress?: NonNullable<AuthenticateOptions["onProgress"]>;
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
  return openSource(await sourceOf(input, options), options);
}

async function openSource(file: Source, options: OpenOptions): Promise<Capture> {
  const plain = options.pin === true ? new PinnedSource(file) : file;
  let source = plain;
  try {
    throwIfAborted(options.signal);
    const head = await readHead(plain, options);
    const { header, encryption, headerBytes } = head;
    refuseUnexpectedlyPlain(header, options);
    const deviations = [...head.deviations];
    let sealed: Sealed | null = null;
    if (encryption) {
      // Loaded for encrypted captures only: ciphers and key encapsulation are most of the code of the library.
      const { openEnvelope } = await import("../encryption/open-envelope.js");
      const envelope = await openEnvelope(file, headerBytes, encryption, options);
      source = envelope.plaintext;
      sealed = { encryption, headerBytes, kemCiphertext: envelope.kemCiphertext };
      deviations.push(...envelope.deviations);
    }
    const hashing = salvageHashing(header, sealed ? [headerBytes, sealed.kemCiphertext] : [headerBytes]);
    const index = await indexSource(source, encryption ? 0 : header.headerSize, {
      ...options,
      byteOrder: header.byteOrder,
      hashing,
    });
    requireBlocksInOrder(header, index.length);
    deviations.push(...(await runInSlices(index.salvageDeviations(), options.signal)));
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
    const openPinned = options.pin === true || sealed ? undefined : pinnedOpener(file, options);
    return new Capture(source, contents, decodingOf(options), options.threads ?? 1, openPinned);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** Opens the same source again, with `pin`. Closing that capture leaves the source open. Secrets are not kept. */
function pinnedOpener(
  file: Source,
  { keys: _, signal: __, ...options }: OpenOptions,
): (signal?: AbortSignal) => Promise<Capture> {
  return (signal) => openSource(new SharedSource(file), { ...options, pin: true, ...(signal ? { signal } : {}) });
}

/**
 * The report of `Capture.verify`, without a capture that has to be opened before. Reads every byte once, of an encrypted capture twice, and keeps
 * no index of the blocks of a plain capture. Throws like `openCapture` and `Capture.verify`. Closes the source.
 */
export async function verifyCapture(input: CaptureInput, options: OpenOptions & VerifyOptions = {}): Promise<VerifyReport> {
  requireOptions(VERIFY_CAPTURE, options);
  requireCore();
  const source = await sourceOf(input, options);
  try {
    const { header, headerBytes } = await readHead(source, options);
    refuseUnexpectedlyPlain(header, options);
    // Strict readers, and readers of big-endian captures, may refuse the capture because of its blocks.
    if (header.encrypted || header.byteOrder === "big" || options.strict) {
      const capture = await openCapture(source, optionsFor(OPEN_CAPTURE, options));
      try {
        return await capture.verify(optionsFor(VERIFY, options));
      } finally {
        // Zeroes the key of an encrypted capture; closing the source alone does not.
        await capture.close();
      }
    }
    return await verifySource(source, header, options, { headerBytes });
  } finally {
    await source.close?.();
  }
}
