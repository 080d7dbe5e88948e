/**
 * `npm run bench -- [SCENARIO...] [--quick] [--json FILE] [--docs] [--strict]`: runs the named scenarios, or all; with --docs their
 * sections of docs/benchmarks.md are written anew.
 * Exit status: 0 measured, 1 a bar is not met and --strict was given, 2 wrong usage, 3 some ratio could not be told.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchmarksPage } from "./harness/benchmarks-page.js";
import { benchDocument, type ScenarioRecord } from "./harness/document.js";
import { environment } from "./harness/environment.js";
import { type Finding, isInconclusive, missesBar } from "./harness/findings.js";
import { scenarioSection } from "./harness/scenario-page.js";
import { environmentLine, findingLines } from "./harness/text.js";
import type { Scenario } from "./scenario.js";
import { bombMemory } from "./scenarios/bomb-memory.js";
import { codec } from "./scenarios/codec/codec.js";
import { decode } from "./scenarios/decode/decode.js";
import { encrypt } from "./scenarios/encrypt.js";
import { kernelRatio } from "./scenarios/kernel-ratio.js";
import { streamMemory } from "./scenarios/stream-memory.js";
import { verify } from "./scenarios/verify/verify.js";

const SCENARIOS: readonly Scenario[] = [streamMemory, bombMemory, decode, codec, verify, kernelRatio, encrypt];

const PAGE = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));

const { values: options, positionals: names } = parsed();
const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
if (unknown !== undefined) endWithUsage(`There is no scenario ${JSON.stringify(unknown)}.`);
if (options.docs && options.quick) endWithUsage("--docs takes what was measured in full, not with --quick.");

const circumstances = environment();
process.stdout.write(`${environmentLine(circumstances)}\n`);
const records: ScenarioRecord[] = [];
for (const scenario of SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  process.stdout.write(`${scenario.name}: ${scenario.summary}\n`);
  const findings: Finding[] = [];
  for await (const finding of scenario.run({ quick: options.quick })) {
    findings.push(finding);
    for (const line of findingLines(finding)) process.stdout.write(`  ${line}\n`);
  }
  records.push({ name: scenario.name, summary: scenario.summary, findings });
}
if (options.json !== undefined) {
  const file = resolve(process.env["INIT_CWD"] ?? "", options.json);
  writeFileSync(file, `${JSON.stringify(benchDocument(circumstances, options.quick, records), null, 2)}\n`);
}
if (options.docs) {
  const sections = new Map(records.map((record) => [record.name, scenarioSection(circumstances, record)]));
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const order = SCENARIOS.map(({ name }) => name);
  writeFileSync(PAGE, benchmarksPage(page, sections, order));
}
const all = records.flatMap(({ findings }) => findings);
if (all.some(isInconclusive)) {
  process.stdout.write(
    "Not every ratio could be told: the rounds disagree too much, mostly because the machine is busy with other things.\n",
  );
  process.exitCode = 3;
} else if (options.strict && all.some(missesBar)) {
  process.exitCode = 1;
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        docs: { type: "boolean", default: false },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return endWithUsage(error instanceof Error ? error.message : String(error));
  }
}

function endWithUsage(reason: string): never {
  const known = SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`).join("\n");
  process.stderr.write(`${reason}\nbench [SCENARIO...] [--quick] [--json FILE] [--docs] [--strict]\nThere are:\n${known}\n`);
  process.exit(2);
}
