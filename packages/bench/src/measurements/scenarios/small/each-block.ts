/** What the measurements of small blocks share: their pace, and their time for one block. */
import type { Bar, ComparisonFinding, FigureFinding } from "../../harness/findings.js";
import type { Pace } from "../../harness/rounds.js";

/** A run works through a whole capture. Garbage of one run is collected before the next one; its own is part of its time. */
export function smallPace(quick: boolean): Pace {
  return { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: quick ? 0.2 : 1, leadInSeconds: 0, sampleSeconds: 0 };
}

/** Our time in `finding`, for one block. `name`: of the contender; ours by default. */
export function eachBlock(title: string, { entries, work }: ComparisonFinding, bar?: Bar, name?: string): FigureFinding {
  const { seconds } = entries.find((entry) => (name === undefined ? entry.ours : entry.name === name)) ?? {};
  const value = seconds ? (1e6 * seconds.median) / work.amount : Number.NaN;
  return { kind: "figure", title, value, unit: "us", ...(bar && { bar }) };
}
