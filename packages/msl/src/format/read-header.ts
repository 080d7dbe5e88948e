/** Which headers readers accept. */

import type { Deviation } from "../deviations/deviation.js";
import { rejectsFile } from "../deviations/strict-policy.js";
import { MslError, type MslErrorCode } from "../errors.js";
import { decodeFileHeader, type FileHeader, HEADER_SIZE_KNOWN_AT, headerOffset } from "./file-header.js";

/** Header bytes a reader asks for first; HeaderSize says whether there are more. */
export const HEADER_LEAD = 64;

/** The HeaderSize that `lead` announces, if it is long enough to tell. */
export function announcedHeaderSize(lead: Uint8Array): number | undefined {
  return lead.length < HEADER_SIZE_KNOWN_AT ? undefined : lead[headerOffset("headerSize")];
}

/**
 * Decodes the header from `start`, which holds all of it. Throws `not-msl`, `bad-header`, `unsupported-version`, `truncated`; in
 * strict mode also for deviations that a 1.1 consumer must refuse.
 */
export function readHeader(
  start: Uint8Array,
  deviations: Deviation[],
  { strict = false }: { readonly strict?: boolean },
): FileHeader {
  const header = decodeFileHeader(start, (deviation) => deviations.push(deviation));
  if (strict) refuseStrictly(deviations, "bad-header");
  return header;
}

/** Throws `encrypted`, for readers of plain captures. */
export function refuseEncrypted({ encrypted }: FileHeader): void {
  if (!encrypted) return;
  const message =
    "The capture is encrypted: it must be authenticated as a whole before any of it may be read; open it with openCapture and its key";
  throw new MslError("encrypted", message, { offset: headerOffset("flags") });
}

/** Throws for the first deviation for which a strict consumer refuses the whole file. */
export function refuseStrictly(deviations: readonly Deviation[], code: MslErrorCode): void {
  const rejected = rejectsFile(deviations);
  if (rejected) throw new MslError(code, `${rejected.message} (${rejected.id})`, { offset: rejected.offset });
}

/** A big-endian header is believed only if a block in that order follows. Throws `bad-header`. */
export function requireBlocksInOrder({ byteOrder }: FileHeader, blocks: number): void {
  if (byteOrder === "little" || blocks > 0) return;
  const offset = headerOffset("endianness");
  throw new MslError("bad-header", "Endianness at offset 0x08 is 2 (big-endian), but no big-endian block follows the header", {
    offset,
  });
}
