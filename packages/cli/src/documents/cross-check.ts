/** Deviations in the relations between blocks of a capture: the first findings, and the number of all. */
import { type Capture, type Deviation, severityOf } from "@memslice/msl";

/** Most findings that are listed: a hostile capture can have one for every block. */
const LISTED = 1000;

export interface CrossCheck {
  readonly count: number;
  readonly findings: readonly Deviation[];
}

export async function crossCheckOf(capture: Capture, signal: AbortSignal): Promise<CrossCheck> {
  const findings: Deviation[] = [];
  let count = 0;
  for await (const deviation of capture.crossCheck(signal)) {
    if (count++ < LISTED) findings.push(deviation);
  }
  return { count, findings };
}

/** One line for each finding that is listed, and one line with the number of the others. */
export function crossCheckLines({ count, findings }: CrossCheck): string[] {
  const lines = findings.map(deviationLine);
  return count > findings.length ? [...lines, `and ${count - findings.length} more`] : lines;
}

/** Severity, lint id and sentence. */
export function deviationLine({ id, message }: Deviation): string {
  return `${severityOf(id)} ${id}: ${message}`;
}
