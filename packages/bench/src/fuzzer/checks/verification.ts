/** Compares verification of a source with that of a stream, and the blocks that they verify with those that the readers found. */
import { type Capture, describeReport, type StreamEnd, type VerifyReport, verifyStream } from "@memslice/msl";
import { chunksOf } from "../chunks.js";
import { ask, errorFacts, requireEqual } from "../finding.js";
import { count } from "../tallies.js";
import { requireSerialises } from "./block-json.js";
import type { Subject } from "./subject.js";

/** The largest number of broken links that a report lists in JSON. */
const LISTED = 1000;

export async function compareVerification({ bytes, random, options, counts }: Subject, capture: Capture): Promise<void> {
  const whole = await ask(() => capture.verify());
  const streamed = await ask(() => verifyStream(chunksOf(bytes, random), options));
  if (whole.error || streamed.error) {
    requireEqual("verification", whole.error && errorFacts(whole.error), streamed.error && errorFacts(streamed.error));
    if (whole.error) count(counts.error, whole.error.code);
    return;
  }
  requireEqual("report of source and stream", facts(whole.value), facts(streamed.value));
  // Only verification of a source can read bytes again to explain a failure.
  if (streamed.value.explanation) requireEqual("explanation", whole.value.explanation, streamed.value.explanation);
  requireSameEnd(whole.value, capture.end, options.strict ?? false);
  describeReport(whole.value);
  const { breaks, breakCount } = requireSerialises("report of verification", whole.value) as Record<string, unknown>;
  requireEqual("broken links that JSON tells of", breakCount, whole.value.breaks.length);
  requireEqual(
    "broken links listed in JSON",
    Array.isArray(breaks) && breaks.length,
    Math.min(LISTED, whole.value.breaks.length),
  );
}

/** A strict reader finds no blocks after End-of-Capture; verification includes all bytes. */
function requireSameEnd(report: VerifyReport, end: StreamEnd, strict: boolean): void {
  requireEqual("End-of-Capture verified and read", report.eocIndex, end.eocIndex);
  if (strict && end.eocIndex !== null) return;
  requireEqual(
    "blocks that were verified and blocks that were read",
    [report.blocks, report.truncatedBlock, report.trailingBytes],
    [end.blocks, end.truncatedBlock, end.trailingBytes],
  );
}

function facts({ explanation: _, elapsedMs: __, threads: ___, ...report }: VerifyReport): object {
  return report;
}
