/**
 * Known ways in which a header came to differ from what was hashed. A match explains a broken anchor; it never makes it intact.
 */

import { equalBytes, ownBytes } from "../bytes.js";
import { headerOffset } from "../format/file-header.js";
import { HashAlgo, type HashAlgoCode } from "../hash/hash-algorithm.js";

export type HeaderVariantId = "block-count-zero" | "version-bytes-01-00" | "sha256-fallback";

export interface HeaderVariant {
  readonly id: HeaderVariantId;
  readonly header: Uint8Array;
  readonly algorithm: HashAlgoCode;
  /** What must be assumed for the hashes to hold, as the end of a sentence. */
  readonly assumption: string;
}

/** The variants of a header that was read as `header`, in the order in which they are tried. */
export function headerVariants(header: Uint8Array, algorithm: HashAlgoCode): HeaderVariant[] {
  const variants: HeaderVariant[] = [
    {
      id: "block-count-zero",
      header: withBytes(header, headerOffset("blockCount"), [0, 0, 0, 0]),
      algorithm,
      assumption: "BlockCount at offset 0x39 is 0: it was patched in after hashing",
    },
    // chrome_min.msl: captured as MSL 0.1, its minor version byte set to 01 afterwards.
    {
      id: "version-bytes-01-00",
      header: withBytes(header, headerOffset("versionBytes"), [1, 0]),
      algorithm,
      assumption: "the version byte at offset 0x0B is 00: the version was edited after capture (MSL 0.1 writes 01 00)",
    },
  ];
  // MemDiver silently hashes with SHA-256 when its BLAKE3 library is missing.
  if (algorithm === HashAlgo.Blake3) {
    variants.push({
      id: "sha256-fallback",
      header,
      algorithm: HashAlgo.Sha256,
      assumption: "the hash is SHA-256, although HashAlgo says BLAKE3",
    });
  }
  return variants.filter((variant) => variant.algorithm !== algorithm || !equalBytes(variant.header, header));
}

function withBytes(header: Uint8Array, offset: number, bytes: readonly number[]): Uint8Array {
  const copy = ownBytes(header);
  copy.set(bytes, offset);
  return copy;
}
