import { refuseUnexpectedlyPlain } from "../encryption/key-material.js";
import { OPEN_CAPTURE, VERIFY, VERIFY_CAPTURE } from "../options/reading.js";
import { optionsFor, requireOptions } from "../options/require-options.js";
import { requireCore } from "../require-core.js";
import type { VerifyReport } from "../verify/report.js";
import { type VerifyOptions, verifySource } from "../verify/verify-source.js";
import { type CaptureInput, sourceOf } from "./capture-input.js";
import { type OpenOptions, openCapture } from "./open-capture.js";
import { readHead } from "./read-head.js";

/**
 * The report of `Capture.verify` without opening the capture first: reads every byte once (an encrypted capture's twice), and keeps no
 * index of a plain capture's blocks. Throws like `openCapture` and `Capture.verify`; closes the source.
 */
export async function verifyCapture(input: CaptureInput, options: OpenOptions & VerifyOptions = {}): Promise<VerifyReport> {
  requireOptions(VERIFY_CAPTURE, options);
  requireCore();
  const source = await sourceOf(input, options);
  try {
    const { header, headerBytes } = await readHead(source, options);
    refuseUnexpectedlyPlain(header, options);
    // Whether strict and big-endian captures are captures at all depends on their blocks.
    if (header.encrypted || header.byteOrder === "big" || options.strict) {
      const capture = await openCapture(source, optionsFor(OPEN_CAPTURE, options));
      try {
        return await capture.verify(optionsFor(VERIFY, options));
      } finally {
        // Zeroes the key of an encrypted capture, which closing the file alone does not.
        await capture.close();
      }
    }
    return await verifySource(source, header, options, headerBytes);
  } finally {
    await source.close?.();
  }
}
