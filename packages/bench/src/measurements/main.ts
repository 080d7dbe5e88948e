/**
 * `npm run bench -- [SCENARIO...] [OPTION...]`: runs the named scenarios, or all. --docs rewrites their sections of docs/benchmarks.md.
 * Exit status: 0 nothing is worse than its bar; 1 something is, a capture is read wrongly, or a scenario failed; 2 wrong usage; 3 something
 * cannot be told and --strict was given; 4 this machine cannot measure what was asked for.
 *
 * `npm run bench -- compare BASE.json HEAD.json`: see regression/command.ts.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromCaller } from "../from-caller.js";
import { endWithUsage, type Options, request, type ScenarioToRun, Status } from "./command-line.js";
import { benchmarksPage, scenarioSection } from "./harness/benchmarks-page.js";
import { conclude } from "./harness/conclusion.js";
import { benchDocument, type ScenarioRecord } from "./harness/document.js";
import { type Environment, environment } from "./harness/environment.js";
import { runParts } from "./harness/run-scenario.js";
import { bencherMetrics, biggerIsBetter, smallerIsBetter } from "./harness/series.js";
import { environmentLine } from "./harness/text.js";
import { compareFiles } from "./regression/command.js";
import { SCENARIOS } from "./scenarios/list.js";

const PAGE = fileURLToPath(new URL("../../../../docs/benchmarks.md", import.meta.url));

const asked = request();
if (asked.kind === "compare") compareRuns(asked.files);
else await measure(asked.scenarios, asked.options);

async function measure(scenarios: readonly ScenarioToRun[], options: Options): Promise<void> {
  const circumstances = environment();
  process.stdout.write(`${environmentLine(circumstances)}\n`);
  const folder = options.samples ?? process.env["MEMSLICE_SAMPLES"];
  const { quick, instructions, strict } = options;
  const samples = folder === undefined ? undefined : fromCaller(folder);
  const records: ScenarioRecord[] = [];
  for (const { name, parts } of scenarios) {
    const record = await runParts(name, parts, { quick, instructions, samples });
    if (record === "cannot-measure") process.exit(Status.CannotMeasure);
    records.push(record);
  }
  const document = benchDocument(circumstances, quick, records);
  writeJson(options.json, document);
  writeJson(options.smaller, smallerIsBetter(document));
  writeJson(options.bigger, biggerIsBetter(document));
  writeJson(options.bmf, bencherMetrics(document));
  if (options.docs) writePage(circumstances, records);
  const { status, lines } = conclude(records, strict);
  process.stdout.write(`${lines.join("\n")}\n`);
  process.exitCode = status;
}

/** Writes nothing if no file is asked for. */
function writeJson(file: string | undefined, value: unknown): void {
  if (file !== undefined) writeFileSync(fromCaller(file), `${JSON.stringify(value, null, 2)}\n`);
}

function writePage(circumstances: Environment, records: readonly ScenarioRecord[]): void {
  const sections = new Map(records.map((record) => [record.name, scenarioSection(circumstances, record)]));
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const order = SCENARIOS.map(({ name }) => name);
  writeFileSync(PAGE, benchmarksPage(page, sections, order));
}

function compareRuns(files: readonly string[]): void {
  try {
    const { status, lines } = compareFiles(files);
    process.stdout.write(`${lines.join("\n")}\n`);
    process.exitCode = status;
  } catch (error) {
    endWithUsage(error instanceof Error ? error.message : String(error));
  }
}
