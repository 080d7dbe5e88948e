/** Parses the command line of `bench`, and reports wrong usage. */
import { parseArgs } from "node:util";
import { fromCaller } from "../from-caller.js";
import { partsOf, type Scenario } from "./scenario.js";
import { SCENARIOS } from "./scenarios/list.js";

export const Status = { Done: 0, NotMet: 1, Usage: 2, Inconclusive: 3, CannotMeasure: 4 } as const;

const USAGE = `bench [SCENARIO...] [--only PART]... [--quick] [--json FILE] [--docs] [--strict] [--samples FOLDER] [--instructions]
      [--smaller FILE] [--bigger FILE] [--bmf FILE]
bench compare BASE.json HEAD.json [BASE.json HEAD.json]...`;

export type Options = ReturnType<typeof parsed>["values"];

export type Request =
  | { readonly kind: "compare"; readonly files: readonly string[] }
  | { readonly kind: "measure"; readonly scenarios: readonly ScenarioToRun[]; readonly options: Options };

/** `parts`: the names of the parts to run; empty for a scenario without parts. */
export interface ScenarioToRun {
  readonly name: string;
  readonly parts: readonly string[];
}

/** Parses `process.argv`. Ends the process with status 2 on wrong usage. */
export function request(): Request {
  const { values: options, positionals: names } = parsed();
  if (names[0] === "compare") return { kind: "compare", files: names.slice(1).map(fromCaller) };
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) endWithUsage(`There is no scenario ${JSON.stringify(unknown)}.`);
  if (options.docs && options.quick) endWithUsage("--docs takes what was measured in full, not with --quick.");
  if (options.docs && options.instructions) endWithUsage("--docs takes times, not instructions.");
  if (options.docs && options.only.length > 0) endWithUsage("--docs takes whole scenarios, not with --only.");
  const asked = SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name));
  return { kind: "measure", scenarios: options.only.length > 0 ? onlyParts(asked, options.only) : asked.map(toRun), options };
}

function toRun(scenario: Scenario): ScenarioToRun {
  return { name: scenario.name, parts: partsOf(scenario) };
}

/** The scenarios that have at least one of the parts `only`, with those parts. Ends the process if a part belongs to no scenario. */
function onlyParts(asked: readonly Scenario[], only: readonly string[]): ScenarioToRun[] {
  const unknown = only.find((part) => !asked.some((scenario) => partsOf(scenario).includes(part)));
  if (unknown !== undefined) endWithUsage(`None of the scenarios has a part ${JSON.stringify(unknown)}.`);
  return asked
    .map(toRun)
    .map(({ name, parts }) => ({ name, parts: parts.filter((part) => only.includes(part)) }))
    .filter(({ parts }) => parts.length > 0);
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        bigger: { type: "string" },
        bmf: { type: "string" },
        docs: { type: "boolean", default: false },
        instructions: { type: "boolean", default: false },
        json: { type: "string" },
        only: { type: "string", multiple: true, default: [] },
        quick: { type: "boolean", default: false },
        samples: { type: "string" },
        smaller: { type: "string" },
        strict: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return endWithUsage(error instanceof Error ? error.message : String(error));
  }
}

export function endWithUsage(reason: string): never {
  const known = SCENARIOS.map((scenario) => {
    const parts = partsOf(scenario);
    return `  ${scenario.name.padEnd(16)}${scenario.summary}${parts.length > 0 ? ` (parts: ${parts.join(", ")})` : ""}`;
  }).join("\n");
  process.stderr.write(`${reason}\n${USAGE}\nScenarios:\n${known}\n`);
  process.exit(Status.Usage);
}
