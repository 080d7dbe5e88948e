import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import type { AuthenticateOptions } from "../envelope/authenticate.js";
import { refuseUnexpectedlyPlain } from "../envelope/key-material.js";
import type { EnvelopeOptions } from "../envelope/open-envelope.js";
import { authorshipOf } from "../format/dialects/authorship.js";
import { refuseStrictly, requireBlocksInOrder } from "../format/read-header.js";
import { indexSource, salvageHashing } from "./block-index.js";
import { Capture, type Sealed } from "./capture.js";
import { type CaptureInput, type InputOptions, sourceOf } from "./capture-input.js";
import { readEvidence } from "./read-evidence.js";
import { readHead } from "./read-head.js";
import { reportEnd } from "./report-end.js";
import { reportStructure, structureOf } from "./report-structure.js";

export interface OpenOptions extends DecodeOptions, EnvelopeOptions, InputOptions {
  /** After damage, searches for the next plausible block and goes on there; blocks found so are marked. Default: stops at damage. */
  readonly salvage?: boolean;
  /** Called while an encrypted capture is authenticated, which reads all of it. */
  readonly onProgress?: NonNullable<AuthenticateOptions["onProgress"]>;
}

/**
 * Opens a capture for random access: reads its header and walks its block headers, nothing else. An encrypted capture is authenticated
 * first, which reads all of it once, in constant memory; its blocks then have their offsets in the decrypted stream. The capture owns
 * the source and closes it. Throws `MslError`: `not-msl`, `bad-header`, `unsupported-version`, `truncated`, `source`, `aborted`; where
 * keys or encryption are involved `not-encrypted`, `missing-key`, `bad-key`, `unsupported-encryption`, `limit`, `authentication-failed`, `changed`.
 */
export async function openCapture(input: CaptureInput, options: OpenOptions = {}): Promise<Capture> {
  const file = await sourceOf(input, options);
  let source = file;
  try {
    const head = await readHead(file, options);
    const { header, encryption, headerBytes } = head;
    refuseUnexpectedlyPlain(header, options);
    const deviations = [...head.deviations];
    let sealed: Sealed | null = null;
    if (encryption) {
      // Loaded when it is needed: ciphers and key encapsulation are most of the library's code.
      const { openEnvelope } = await import("../envelope/open-envelope.js");
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
    reportStructure(structureOf(index), header, (deviation) => deviations.push(deviation));
    if (options.strict) refuseStrictly(deviations, "damaged-block");
    const { dialect, authorship } = authorshipOf(await readEvidence(source, head, index, options.signal));
    const contents = { header, dialect, authorship, index, deviations, sealed, size: file.size };
    return new Capture(source, contents, decodingOf(options));
  } catch (error) {
    await source.close?.();
    throw error;
  }
}
