/**
 * `bench compare BASE.json HEAD.json [BASE.json HEAD.json]...`: compares pairs of runs, which are best measured one right after the
 * other. Exit status: 0 nothing became slower, 1 something became slower, 2 wrong usage, 3 undecided or not comparable.
 */

import { type Judgement, majority } from "./change.js";
import { type ComparedValue, compareDocuments, type DocumentComparison, readBenchDocument } from "./compare-documents.js";

export interface CompareResult {
  readonly status: 0 | 1 | 3;
  readonly lines: readonly string[];
}

/** Throws an `Error` for files that cannot be read or are not in pairs. */
export function compareFiles(files: readonly string[]): CompareResult {
  if (files.length === 0 || files.length % 2 !== 0)
    throw new Error("Runs are compared in pairs: compare BASE.json HEAD.json ...");
  const documents = files.map(readBenchDocument);
  const pairs: DocumentComparison[] = [];
  for (let i = 0; i < documents.length; i += 2) {
    const [base, head] = documents.slice(i, i + 2);
    if (base && head) pairs.push(compareDocuments(base, head));
  }
  return conclude(pairs);
}

/** Combines the results of all pairs of runs: a value has become slower if more than half of its pairs say so. */
export function conclude(pairs: readonly DocumentComparison[]): CompareResult {
  const byName = new Map<string, ComparedValue[]>();
  for (const value of pairs.flatMap(({ compared }) => compared))
    byName.set(value.name, [...(byName.get(value.name) ?? []), value]);
  const judged = [...byName].map(([name, values]) => ({
    name,
    values,
    judgement: majority(values.map(({ change }) => change.judgement)),
  }));
  const lines = [
    ...unique(pairs.flatMap(({ obstacles }) => obstacles)).map((obstacle) => `NOT COMPARED: ${obstacle}`),
    ...judged.map(({ name, values, judgement }) => changeLine(name, values, judgement)),
    ...unique(pairs.flatMap(({ notCompared }) => notCompared)).map((sentence) => `not compared: ${sentence}`),
  ];
  const said = (which: Judgement) => judged.some(({ judgement }) => judgement === which);
  if (said("slower")) return { status: 1, lines: [...lines, "Slower than before, by more than runs of the same build differ."] };
  if (judged.length === 0) return { status: 3, lines: [...lines, "There was nothing to compare."] };
  if (said("undecided") || pairs.some(({ incomplete }) => incomplete)) {
    return { status: 3, lines: [...lines, "Some values are undecided or could not be compared."] };
  }
  return { status: 0, lines: [...lines, "Nothing became slower."] };
}

function unique(sentences: readonly string[]): string[] {
  return [...new Set(sentences)];
}

const WORDS: Readonly<Record<Judgement, string>> = {
  slower: "SLOWER",
  faster: "faster",
  same: "same",
  undecided: "UNDECIDED",
};

/** One value: the combined judgement of all pairs of runs, then the factor of each pair. */
function changeLine(name: string, values: readonly ComparedValue[], judgement: Judgement): string {
  const pairs = values.map(
    ({ base, head, change: { factor, low, high } }) =>
      `${number(base)} -> ${number(head)}, x${factor.toFixed(3)} (${low.toFixed(3)} .. ${high.toFixed(3)})`,
  );
  return `${WORDS[judgement].padEnd(9)} ${name}: ${pairs.join("; ")}`;
}

function number(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
