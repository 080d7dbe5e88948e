/** Writes docs/benchmarks.md: one section per scenario. Sections of scenarios that did not run stay unchanged. */
import type { ScenarioRecord } from "./document.js";
import type { Environment } from "./environment.js";
import {
  type BarResult,
  type ComparisonFinding,
  type Entry,
  type FigureFinding,
  type Finding,
  meets,
  verdictOn,
  type Work,
} from "./findings.js";
import { figureText, limitsText, machineText, numberText, rateText, timeText } from "./text.js";

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench -- SCENARIO... --docs\`, each section by the run that it names; do not edit.

Peers' results are checked before they are timed. Contenders run by turns, and a ratio is that of times in the same round: what slows
a machine down slows both. Times are of one machine; ratios carry further, but they too differ between processors.
`;

/**
 * Replaces the sections named in `sections`, in the order of `order`, which names all scenarios. Removes sections that `order` does not
 * name.
 */
export function benchmarksPage(page: string, sections: ReadonlyMap<string, string>, order: readonly string[]): string {
  const kept = new Map(
    page
      .split(/^(?=## )/m)
      .slice(1)
      .map((section) => [section.slice("## ".length, section.indexOf("\n")), section]),
  );
  const all = order.map((name) => sections.get(name) ?? kept.get(name)).filter((section) => section !== undefined);
  return [INTRODUCTION, ...all.map((section) => `${section.trimEnd()}\n`)].join("\n");
}

/** One section in Markdown: begins with the scenario's heading and ends with a newline. */
export function scenarioSection(environment: Environment, { name, summary, findings }: ScenarioRecord): string {
  const comparisons = findings.filter((finding) => finding.kind === "comparison");
  const figures = findings.filter((finding) => finding.kind === "figure");
  const losses = findings.flatMap(lossesOf);
  return [
    `## ${name}`,
    `${capitalized(summary)}. Measured by \`npm run bench -- ${name}\` on ${environment.date.slice(0, 10)}: ${machineText(environment)}${loadText(environment)}.`,
    ...comparisons.map(comparisonTable),
    ...(figures.length > 0 ? [figureTable(figures)] : []),
    `### Where we lose\n\n${losses.length > 0 ? losses.map((loss) => `- ${loss}`).join("\n") : "Nowhere in this run."}\n`,
  ].join("\n\n");
}

/** Names a load that the processors were too few for. */
function loadText({ load, cores }: Environment): string {
  return load > cores ? `, under a load of ${load.toFixed(1)}` : "";
}

function comparisonTable({ title, work, rounds, processes, entries }: ComparisonFinding): string {
  return [
    `### ${capitalized(title)}`,
    "",
    "| | Time | Rate | Ours is as fast | Wanted |",
    "|---|---|---|---|---|",
    ...entries.map((entry) => row(entry.name, ...entryCells(entry, work))),
    "",
    `Medians of ${rounds} ${processes === undefined ? "rounds" : "processes"} in which all took part; in brackets where the median lies with 95 % confidence.`,
  ].join("\n");
}

function entryCells({ problem, seconds, ratio, bar, ours }: Entry, work: Work): string[] {
  if (problem !== undefined || !seconds)
    return ["", "", `not compared: ${problem ?? "not timed"}`, bar ? limitsText(bar, "x") : ""];
  const time = [timeText(seconds.median), rateText(work.amount / seconds.median, work.unit)];
  if (ours || !ratio) return [...time, "", ""];
  const range = `${numberText(ratio.low)} .. ${numberText(ratio.high)}`;
  const told = ratio.supported ? `${numberText(ratio.median)}x (${range})` : `not told: ${range}`;
  return [...time, told, bar ? `${limitsText(bar, "x")}: ${verdictOn(ratio, bar)}` : ""];
}

function figureTable(figures: readonly FigureFinding[]): string {
  return [
    "### Figures",
    "",
    "| | Value | Wanted |",
    "|---|---|---|",
    ...figures.flatMap(({ title, value, unit, bar, others = [] }) => [
      row(title, `${figureText(value)} ${unit}`, bar ? `${limitsText(bar, "")}: ${figureVerdict(value, bar)}` : ""),
      ...others.map((other) => row(`beside it: ${other.name}`, `${figureText(other.value)} ${unit}`, "")),
    ]),
  ].join("\n");
}

function figureVerdict(value: number, bar: NonNullable<FigureFinding["bar"]>): BarResult {
  return meets(value, bar) ? "met" : "not met";
}

/** Sentences about bars that are not certainly met, peers that are faster, and captures that are read wrongly. */
function lossesOf(finding: Finding): string[] {
  if (finding.kind === "capture") return finding.faults.map((fault) => `${finding.title}: ${fault}.`);
  if (finding.kind === "figure") {
    const { title, value, unit, bar } = finding;
    return bar && !meets(value, bar)
      ? [`${capitalized(title)}: ${figureText(value)} ${unit}, wanted ${limitsText(bar, "")}.`]
      : [];
  }
  const title = capitalized(finding.title);
  return finding.entries.flatMap(({ name, ratio, bar, ours, problem }) => {
    if (ours) return [];
    const wanted = bar ? `, wanted ${limitsText(bar, "x")}` : "";
    if (!ratio) return bar ? [`${title}: not compared with ${name}${wanted} (${problem ?? "not timed"}).`] : [];
    if (bar && verdictOn(ratio, bar) === "met") return [];
    if (!bar && !(ratio.supported && ratio.median < 1)) return [];
    const told = ratio.supported
      ? `${numberText(ratio.median)}x as fast`
      : `${numberText(ratio.low)} to ${numberText(ratio.high)}x as fast`;
    return [`${title}: ours is ${told} as ${name}${wanted}.`];
  });
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`.replace(/ {2,}/g, " ");
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
