/** Where the chain holds but FileHash does not, a header variant may explain it; that takes a second pass, so only then. */

import { pause } from "#pause";
import { equalBytes } from "../bytes.js";
import { throwIfAborted } from "../errors.js";
import { createHasher } from "../hash/hash-algorithm.js";
import type { Source } from "../source/source.js";
import { headerVariants } from "./header-variants.js";
import { chainHolds, shownReport, type VerifyReport } from "./report.js";

const SLAB_BYTES = 1024 * 1024;

/** The report, with an explanation added if FileHash matches under a variant of the header. */
export async function explainFileHash(
  report: VerifyReport,
  source: Source,
  header: Uint8Array,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  const { status, stored, end } = report.fileHash;
  if (report.explanation || status !== "mismatch" || stored === null || end === null || !chainHolds(report)) return report;
  for (const variant of headerVariants(header, report.hashAlgo)) {
    const hasher = createHasher(variant.algorithm);
    try {
      hasher.update(variant.header);
      for (let offset = header.length; offset < end; offset += SLAB_BYTES) {
        throwIfAborted(signal);
        hasher.update(await source.read(offset, Math.min(SLAB_BYTES, end - offset), signal));
        await pause();
      }
      if (equalBytes(hasher.digest(), stored)) {
        const { header: _, ...named } = variant;
        return shownReport({ ...report, explanation: { variant: named, chainHolds: true, fileHashHolds: true } });
      }
    } finally {
      hasher.release();
    }
  }
  return report;
}
