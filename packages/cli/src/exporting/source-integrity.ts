/** Whether the hashes of a capture match, asked while it is exported: an export has to read nearly all of its bytes anyway. */
import { type Capture, describeReport, MslError, type Outcome } from "@memslice/msl";

/** The verdict about the capture, as documents state it. */
export interface SourceIntegrity {
  readonly outcome: Outcome;
  readonly verdict: string;
  /** In sentences: the verdict, and what does not match. */
  readonly findings: readonly string[];
}

/**
 * Does `work`, and verifies the capture meanwhile, in threads of its own if the capture is large. `integrity` is null for a hash algorithm that nobody but its producer knows. Throws
 * what `work` throws, after the verification has stopped, and what verifying throws.
 */
export async function verifiedMeanwhile<T>(
  capture: Capture,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly integrity: SourceIntegrity | null }> {
  const ended = new AbortController();
  const verification = integrityOf(capture, AbortSignal.any([signal, ended.signal]));
  // Until it is awaited, a rejection must not be reported as unhandled.
  verification.catch(() => {});
  try {
    const result = await work();
    return { result, integrity: await verification };
  } finally {
    ended.abort();
    await Promise.allSettled([verification]);
  }
}

async function integrityOf(capture: Capture, signal: AbortSignal): Promise<SourceIntegrity | null> {
  try {
    const report = await capture.verify({ signal });
    return { outcome: report.outcome, verdict: report.verdict, findings: describeReport(report) };
  } catch (error) {
    if (error instanceof MslError && error.code === "unsupported-hash") return null;
    throw error;
  }
}
