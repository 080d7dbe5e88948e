/** The tables at the end of a campaign. */
import type { Counts, Tally } from "./tallies.js";

const GROUPS: readonly { readonly group: keyof Counts; readonly title: string }[] = [
  { group: "decoded", title: "mutated payloads decoded, by kind" },
  { group: "problem", title: "mutated payloads with a problem, by kind" },
  { group: "form", title: "forms of mutated payloads" },
  { group: "lint", title: "deviations" },
  { group: "problemId", title: "problems" },
  { group: "error", title: "MslError" },
  { group: "mutator", title: "mutations" },
];
const LINE_CHARACTERS = 120;

export function describeCounts(counts: Counts): string[] {
  return GROUPS.flatMap(({ group, title }) => [`${title}:`, ...wrapped(counts[group])]);
}

function wrapped(tally: Tally): string[] {
  const lines = [""];
  for (const [name, times] of Object.entries(tally).sort(([, a], [, b]) => b - a)) {
    const part = `  ${name} ${times}`;
    if ((lines.at(-1) ?? "").length + part.length > LINE_CHARACTERS) lines.push("");
    lines[lines.length - 1] += part;
  }
  return lines;
}
