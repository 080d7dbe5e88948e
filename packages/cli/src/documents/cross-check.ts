/** What is odd about how the blocks of a capture hang together: the first findings, and how many there are. */
import { type Capture, type Deviation, severityOf } from "@memslice/msl";

/** A hostile capture has one for every block. */
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

/** One line for each finding listed, and one for all others. */
export function crossCheckLines({ count, findings }: CrossCheck): string[] {
  const lines = findings.map(deviationLine);
  return count > findings.length ? [...lines, `and ${count - findings.length} more`] : lines;
}

/** Severity, lint id, sentence. */
export function deviationLine({ id, message }: Deviation): string {
  return `${severityOf(id)} ${id}: ${message}`;
}
