import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import type { AuthenticateOptions } from "../encryption/authenticate.js";
import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import type { EnvelopeOptions } from "../encryption/open-envelope.js";
import { throwIfAborted } from "../errors.js";
import { announcedButMissing } from "../format/capabilities.js";
import { authorshipOf } from "../format/dialects/detect-dialect.js";
import { refuseStrictly, requireBlocksInOrder } from "../format/file-header.js";
import { OPEN_CAPTURE } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { requireCore } from "../require-core.js";
import { PinnedSource } from "../source/pinned-source.js";
import { SharedSource, type Source } from "../source/source.js";
import { runInSlices } from "../source/time-slice.js";
import { indexSource, salvageHashing } from "./block-index.js";
import { Capture, type Sealed } from "./capture.js";
import { type CaptureInput, type InputOptions, sourceOf } from "./capture-input.js";
import { readEvidence } from "./read-evidence.js";
import { readHead } from "./read-head.js";
import { reportEnd } from "./report-end.js";
import { reportStructure, structureIn } from "./report-structure.js";

export interface OpenOptions extends DecodeOptions, EnvelopeOptions, InputOptions {
  /** After damage, searches for the next plausible block and goes on there; blocks found so are marked. Default: stops at damage. */
  readonly salvage?: boolean;
  /**
   * Everything that is read of the source has to stay what it was when it was first read; otherwise reading throws `changed`. With it, what
   * `verify` found holds for all that is read of the capture, before and after, on a source that others write to. Costs 256 KiB of memory
   * for each GiB, 4 MiB at most, and each read takes and hashes windows of 128 KiB, longer ones above 16 GiB. Default false; an encrypted
   * capture is held against its tag in any case.
   */
  readonly pin?: boolean;
  /**
   * Worker threads that decompress regions ahead of a reader who reads them in file order, 1 to 64, or "auto": two where there are as many
   * processors, once five regions were read in order. The result of reading is the same for any number. Default 1, which means none: regions
   * are decompressed by the caller's thread when they are asked for, and so they are where the runtime has no workers, and with `codecs`. Payloads
   * ahead take at most 1.75 times `wholeLimit` bytes; with the workers themselves, two add about 35 MiB to the memory that one thread takes. Workers
   * end with the last region, when a read is aborted, and with `close`.
   */
  readonly threads?: number | "auto";
  /** Called while an encrypted capture is authenticated, which reads all of it. */
  readonly onProgress?: NonNullable<AuthenticateOptions["onProgress"]>;
}

/**
 * Opens a capture for random access: reads its header and walks its block headers, nothing else. An encrypted capture is authenticated
 * first, which reads all of it once, in constant memory; its blocks then have their offsets in the decrypted stream. The capture owns
 * the source and closes it. Throws `MslError`: `not-msl`, `bad-header`, `unsupported-version`, `truncated`, `source`, `usage`, `aborted`; where
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
      // Loaded when it is needed: ciphers and key encapsulation are most of the library's code.
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
    index.reportSalvage((deviation) => deviations.push(deviation));
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

/** Opens the same source once more, which stays open when that capture is closed. Secrets are not kept for it. */
function pinnedOpener(
  file: Source,
  { keys: _, signal: __, ...options }: OpenOptions,
): (signal?: AbortSignal) => Promise<Capture> {
  return (signal) => openSource(new SharedSource(file), { ...options, pin: true, ...(signal ? { signal } : {}) });
}
