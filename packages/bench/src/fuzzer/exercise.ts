/** One run: every check on a capture, with lenient and with strict readers. Throws for any outcome that is not allowed. */

import { Random } from "../captures/random.js";
import { compareJson } from "./checks/block-json.js";
import { checkMemory } from "./checks/memory.js";
import { compareBlocks, openEverywhere } from "./checks/readers.js";
import type { Subject } from "./checks/subject.js";
import { checkTranscoding } from "./checks/transcoding.js";
import { checkTrust } from "./checks/trust.js";
import { compareVerification } from "./checks/verification.js";
import { requireEqual } from "./finding.js";
import { type Counts, noCounts } from "./tallies.js";

/** Separates the random numbers drawn here from those of the mutations. */
const STREAM = 1;

export interface Case {
  readonly bytes: Uint8Array;
  readonly seed: number;
  readonly run: number;
}

export async function exercise({ bytes, seed, run }: Case, counts: Counts, isMutated: Subject["isMutated"]): Promise<void> {
  const random = new Random(seed, run, STREAM);
  const before = bytes.slice();
  await askEverything({ bytes, random, counts, isMutated, options: {} });
  // Outcomes of strict readers are not counted, since lenient ones have counted them already.
  await askEverything({ bytes, random, counts: noCounts(), isMutated, options: { strict: true } });
  requireEqual("bytes of the capture, before and after they were read", Buffer.compare(before, bytes), 0);
}

async function askEverything(subject: Subject): Promise<void> {
  const opened = await openEverywhere(subject);
  if (!opened) {
    // Blocks behind a header that readers refuse can be saved.
    if (!subject.options.strict) await checkTrust(subject);
    return;
  }
  const { slice, capture } = opened;
  await compareBlocks(subject, slice, capture);
  await compareJson(subject, slice, capture);
  await checkMemory(subject, slice, capture);
  await compareVerification(subject, capture);
  // The output of transcode does not depend on whether the source is read strictly.
  if (!subject.options.strict) {
    await checkTranscoding(subject, capture);
    await checkTrust(subject);
  }
  await capture.close();
}
