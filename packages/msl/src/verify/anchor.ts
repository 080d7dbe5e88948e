/**
 * How the hashes begin with the file header: block 0 names its hash as PrevHash (the anchor of the chain), and FileHash covers it. Producers are known
 * whose header differs from the header that they hashed. A match with such a variant explains a broken anchor or a FileHash that does not match, and
 * never makes the capture intact.
 */
import { equalBytes, isZero } from "../bytes.js";
import { PREV_HASH_OFFSET } from "../format/block-header.js";
import { headerOffset } from "../format/file-header.js";
import { createHasher, HashAlgo, type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import { readAhead } from "../source/read-ahead.js";
import type { Source } from "../source/source.js";
import { shownReport } from "./describe.js";
import { type Anchor, chainHolds, type HeaderVariant, type VerifyReport } from "./report.js";

export interface ChainStart {
  readonly anchor: NonNullable<Anchor>;
  /** The header variant whose hash block 0 has as PrevHash, if the anchor is "other"; null for other anchors and unknown hashes. */
  readonly variant: HeaderVariant | null;
}

/** `lead`: the header of block 0. `hashOf` hashes a few bytes. */
export function chainStart(
  header: Uint8Array,
  algorithm: HashAlgoCode,
  lead: Uint8Array,
  hashOf: typeof hash = hash,
): ChainStart {
  const prevHash = lead.subarray(PREV_HASH_OFFSET);
  if (equalBytes(prevHash, hashOf(algorithm, header))) return { anchor: "header-hash", variant: null };
  if (isZero(prevHash)) return { anchor: "zero", variant: null };
  const named = headerVariants(header, algorithm).find((variant) =>
    equalBytes(prevHash, hashOf(variant.algorithm, variant.header)),
  );
  return { anchor: "other", variant: named ?? null };
}

/** The variants of a header whose HashAlgo is `algorithm`, in the order in which they are tried. */
function headerVariants(header: Uint8Array, algorithm: HashAlgoCode): HeaderVariant[] {
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
  // A header that was cut off may end before the bytes.
  return header.map((byte, at) => bytes[at - offset] ?? byte);
}

/**
 * The report, with an explanation added if FileHash matches under a variant of the header. The search hashes the file again, and is made only where
 * all links match and FileHash does not.
 */
export async function explainFileHash(
  report: VerifyReport,
  source: Source,
  header: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  const { status, stored, end } = report.fileHash;
  if (report.explanation || status !== "mismatch" || stored === null || end === null || !chainHolds(report)) return report;
  for (const { header: variantHeader, ...variant } of headerVariants(header, report.hashAlgo)) {
    const slabs = readAhead(source, { from: header.length, end, signal });
    if (equalBytes(await hashOfSlabs(variant.algorithm, variantHeader, slabs), stored)) {
      return shownReport({ ...report, explanation: { variant, chainHolds: true, fileHashHolds: true } });
    }
  }
  return report;
}

/** The hash of a header and the bytes behind it. */
export async function hashOfSlabs(
  algorithm: HashAlgoCode,
  header: Uint8Array,
  slabs: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const hasher = createHasher(algorithm);
  try {
    hasher.update(header);
    for await (const slab of slabs) hasher.update(slab);
    return hasher.digest();
  } finally {
    hasher.release();
  }
}
