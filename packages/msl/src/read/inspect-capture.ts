/** What a capture tells without its key: the header, and how it is encrypted. */

import { INSPECT_CAPTURE } from "../options/reading.js";
import { requireOptions } from "../options/require-options.js";
import { type CaptureInput, type InputOptions, sourceOf } from "./capture-input.js";
import { type Head, type HeadOptions, readHead } from "./read-head.js";

export interface CaptureHead extends Omit<Head, "headerBytes"> {
  /** Bytes of the file. */
  readonly size: number;
}

/**
 * Reads the header of a capture, and nothing else; no key is needed. Of an encrypted capture nothing is authenticated: what its header
 * says may be false. Throws `not-msl`, `bad-header`, `unsupported-version`, `truncated`, `source`, `aborted`.
 */
export async function inspectCapture(input: CaptureInput, options: InputOptions & HeadOptions = {}): Promise<CaptureHead> {
  requireOptions(INSPECT_CAPTURE, options);
  const source = await sourceOf(input, options);
  try {
    const { headerBytes: _, ...head } = await readHead(source, options);
    return { ...head, size: source.size };
  } finally {
    await source.close?.();
  }
}
