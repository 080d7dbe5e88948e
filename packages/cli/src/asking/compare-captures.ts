/** Compares two captures for a command that shows the summary first, in bounded memory. */
import type { AlignMode, ComparisonSummary, Difference } from "@memslice/analysis";
import type { Capture, VerifyProgress } from "@memslice/msl";

/** Differences that are kept while the summary is made. */
const MOST_KEPT = 10_000;

export interface CompareRequest {
  readonly align: AlignMode | "auto";
  readonly gap?: number;
  /** The most differences that are listed. */
  readonly limit: number;
  readonly threads: number | "auto";
  readonly signal: AbortSignal;
  /** Called while the captures are compared for the first time. */
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface ComparedCaptures {
  readonly summary: ComparisonSummary;
  /** How many there are, listed or not. */
  readonly count: number;
  /** In batches. If there are too many to keep, the captures are compared again. */
  readonly differences: AsyncIterable<readonly Difference[]>;
}

export async function compareCaptures(a: Capture, b: Capture, request: CompareRequest): Promise<ComparedCaptures> {
  const { compare } = await import("@memslice/analysis");
  const { limit, signal, onProgress, ...options } = request;
  const kept: Difference[] = [];
  const most = Math.min(limit, MOST_KEPT);
  let count = 0;
  const comparison = compare(a, b, { ...options, signal, ...(onProgress && { onProgress }) });
  for await (const batch of comparison) {
    count += batch.length;
    if (kept.length < most) kept.push(...batch.slice(0, most - kept.length));
  }
  const hasAll = kept.length === Math.min(count, limit);
  return {
    summary: comparison.summary,
    count,
    differences: hasAll ? once(kept) : compare(a, b, { ...options, limit, signal }),
  };
}

async function* once(batch: readonly Difference[]): AsyncGenerator<readonly Difference[], void, undefined> {
  yield batch;
}
