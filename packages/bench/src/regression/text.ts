import type { Judgement } from "./change.js";
import type { ComparedValue } from "./compare-documents.js";

const WORDS: Readonly<Record<Judgement, string>> = {
  slower: "SLOWER",
  faster: "faster",
  same: "same",
  undecided: "UNDECIDED",
};

/** One value: what all pairs of runs together say of it, then each of them. */
export function changeLine(name: string, values: readonly ComparedValue[], judgement: Judgement): string {
  const pairs = values.map(
    ({ base, head, change: { factor, low, high } }) =>
      `${number(base)} -> ${number(head)}, x${factor.toFixed(3)} (${low.toFixed(3)} .. ${high.toFixed(3)})`,
  );
  return `${WORDS[judgement].padEnd(9)} ${name}: ${pairs.join("; ")}`;
}

function number(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(4);
}
