/** Writes docs/bundlers.md from what was measured, and reads sizes back from it. */
import type { CheckResult } from "../checks/check.js";
import { CHECKS } from "../checks/list.js";
import type { Measured } from "./measure.js";
import type { Row, Table } from "./rows.js";

/** What became of a row: values, or the reason why there are none, and what a user does. */
export type Outcome = Measured | { readonly missing: string; readonly advice?: string };

const HASHES = "hashes in all requested threads";
const COMPRESSES = "compresses in a thread";
const SEARCHES = "searches in a thread";

const HEADS: Readonly<Record<Table, { readonly title: string; readonly text: string; readonly columns: readonly string[] }>> = {
  pages: {
    title: "Bundles for pages",
    text: `Each bundle runs in Chromium, in a page and in a cross-origin isolated page, with the Content-Security-Policy of the
[runtimes](runtimes.md). Sizes are those of a program that opens, reads and verifies a capture: scripts that the page loads for a plain
capture, and all scripts that the bundler writes, those of workers included. Rollup does not minify.`,
    columns: [
      "Bundler",
      "Needs",
      "Line",
      "Works",
      "Threads that verify",
      "Threads that compress",
      "Threads that search",
      "KB loaded",
      "KB in all",
    ],
  },
  processes: {
    title: "Bundles for Node, Bun and Deno",
    text: `Each result runs in a folder without packages. Only webpack minifies here; the size is that of the same program, with the
script of the workers.`,
    columns: [
      "Bundler",
      "Needs",
      "Line",
      "Works",
      "Threads that verify",
      "Threads that compress",
      "Threads that search",
      "KB in all",
    ],
  },
  edge: {
    title: "Bundles for edge runtimes",
    text: `Each result runs in workerd, which has no threads. The size, with \`core.wasm\`, is that of a worker that verifies the body of a
request.`,
    columns: ["Bundler", "Needs", "Works", "KB in all"],
  },
  runners: {
    title: "Test runners",
    text: "The checks run inside a test.",
    columns: ["Runner", "Needs", "Works", "Threads that verify", "Threads that compress", "Threads that search"],
  },
};

const BEFORE = `# Bundlers and test runners

Written by \`npm run bundlers -- --update\`, which CI runs without \`--update\`. Every bundler gets an empty project with the packed packages,
on Node 20, and bundles the [checks of every runtime](runtimes.md); the result runs them. "Works" is the number of checks that pass of those that the
runtime has the features for, without the three about threads. Without threads, the same work is done in one thread, with the same
results. Where a row names an entry or a line for the workers of \`@memslice/msl\`, those of \`@memslice/analysis\` have the same with
\`analysis-worker\`, \`@memslice/analysis/worker\` and \`initialiseAnalysis\`. Sizes are gzipped, in kilobytes of 1,000 bytes; the test accepts a tenth more or less.

`;

/** `outcomes`: by row. */
export function bundlersPage(outcomes: ReadonlyMap<Row, Outcome>): string {
  const tables = Object.entries(HEADS).map(([table, { title, text, columns }]) => {
    const of = [...outcomes].filter(([row]) => row.table === table);
    const lines = of.map(([row, outcome]) => `| ${cells(row, outcome, columns).join(" | ")} |\n`);
    return `## ${title}\n\n${text}\n\n| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}\n${lines.join("")}\n${notes(of)}`;
  });
  return `${BEFORE}${tables.join("")}`.trimEnd().concat("\n");
}

function cells({ name, needs, line }: Row, outcome: Outcome, columns: readonly string[]): string[] {
  if ("missing" in outcome) {
    const given: Readonly<Record<string, string>> = { Needs: needs, Works: `not measured: ${outcome.missing}` };
    return [name, ...columns.slice(1).map((column) => given[column] ?? "")];
  }
  const values: Readonly<Record<string, () => string>> = {
    Needs: () => needs,
    Line: () => (line === "" ? "" : `\`${line}\``),
    Works: () => works(outcome),
    "Threads that verify": () => perRun(outcome, HASHES),
    "Threads that compress": () => perRun(outcome, COMPRESSES),
    "Threads that search": () => perRun(outcome, SEARCHES),
    "KB loaded": () => rounded(outcome.loaded),
    "KB in all": () => rounded(outcome.emitted),
  };
  return [name, ...columns.slice(1).map((column) => values[column]?.() ?? "")];
}

/** Every run of a row has the same checks, or more if its runtime has more features. */
function works({ runs, refused }: Measured): string {
  if (refused !== undefined) return "no";
  return [...new Set(runs.map(shareOf))].join("; isolated: ");
}

function shareOf(run: readonly CheckResult[]): string {
  const asked = ordinary(run).filter(({ outcome }) => outcome !== "absent");
  const failed = asked.filter(({ outcome }) => outcome === "failed").length;
  return failed === 0 ? "yes" : `${asked.length - failed} of ${asked.length}`;
}

function perRun({ runs }: Measured, check: string): string {
  const found = runs.map((run) => ANSWERS[run.find(({ name }) => name === check)?.outcome ?? "absent"]);
  return found.length < 2 ? found.join("") : `${found[0]}; isolated: ${found[1]}`;
}

const ANSWERS = { passed: "yes", failed: "no", absent: "-" } as const;

function rounded(kilobytes: number | undefined): string {
  return kilobytes === undefined ? "" : kilobytes.toFixed(0);
}

function ordinary(run: readonly CheckResult[]): readonly CheckResult[] {
  const aboutThreads = [HASHES, COMPRESSES, SEARCHES];
  return run.filter(({ name }) => !aboutThreads.includes(name) && CHECKS.some((check) => check.name === name));
}

/** A sentence for each check that fails in a row. */
function notes(of: readonly (readonly [Row, Outcome])[]): string {
  const sentences = of.flatMap(([{ name }, outcome]) => {
    if ("missing" in outcome) return outcome.advice === undefined ? [] : [`* ${name}: not measured: ${outcome.advice}\n`];
    if (outcome.refused !== undefined) return [`* ${name}: refused: ${outcome.refused}\n`];
    const failed = ordinary(outcome.runs.flat()).filter((result) => result.outcome === "failed");
    const reasons = failed.map((result) => `${result.name}: ${firstLine(result.reason)}`);
    return [...new Set(reasons)].map((reason) => `* ${name}: ${reason}\n`);
  });
  return sentences.length === 0 ? "" : `${sentences.join("")}\n`;
}

/** Without the ports and folders of one run. */
function firstLine(reason = ""): string {
  const [line = ""] = reason.split("\n", 1);
  return line.replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1");
}

/** Whether two pages say the same, with sizes that differ by at most `tolerance`, a fraction. */
export function agree(page: string, kept: string, tolerance: number): boolean {
  const [found, expected] = [withoutSizes(page), withoutSizes(kept)];
  return found.text === expected.text && found.sizes.every((size, at) => isNear(size, expected.sizes[at] ?? 0, tolerance));
}

function isNear(size: number, expected: number, tolerance: number): boolean {
  return Math.abs(size - expected) <= tolerance * expected;
}

/** A page with its sizes replaced, and these sizes. */
function withoutSizes(page: string): { readonly text: string; readonly sizes: readonly number[] } {
  const sizes: number[] = [];
  const text = page.replaceAll(/(?<=\| )\d+(?= \|)/g, (size) => {
    sizes.push(Number(size));
    return "N";
  });
  return { text, sizes };
}
