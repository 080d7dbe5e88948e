/** Parses the command line of `bench`, and reports wrong usage. */
import { parseArgs } from "node:util";
import { fromCaller } from "../from-caller.js";
import { SCENARIOS } from "./scenarios/list.js";

export const Status = { Done: 0, NotMet: 1, Usage: 2, Inconclusive: 3, CannotMeasure: 4 } as const;

const USAGE = `bench [SCENARIO...] [--quick] [--json FILE] [--docs] [--strict] [--samples FOLDER] [--instructions]
bench compare BASE.json HEAD.json [BASE.json HEAD.json]...`;

export type Options = ReturnType<typeof parsed>["values"];

export type Request =
  | { readonly kind: "compare"; readonly files: readonly string[] }
  | { readonly kind: "measure"; readonly names: readonly string[]; readonly options: Options };

/** Parses `process.argv`. Ends the process with status 2 on wrong usage. */
export function request(): Request {
  const { values: options, positionals: names } = parsed();
  if (names[0] === "compare") return { kind: "compare", files: names.slice(1).map(fromCaller) };
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown !== undefined) endWithUsage(`There is no scenario ${JSON.stringify(unknown)}.`);
  if (options.docs && options.quick) endWithUsage("--docs takes what was measured in full, not with --quick.");
  if (options.docs && options.instructions) endWithUsage("--docs takes times, not instructions.");
  return { kind: "measure", names, options };
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        docs: { type: "boolean", default: false },
        instructions: { type: "boolean", default: false },
        json: { type: "string" },
        quick: { type: "boolean", default: false },
        samples: { type: "string" },
        strict: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return endWithUsage(error instanceof Error ? error.message : String(error));
  }
}

export function endWithUsage(reason: string): never {
  const known = SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`).join("\n");
  process.stderr.write(`${reason}\n${USAGE}\nScenarios:\n${known}\n`);
  process.exit(Status.Usage);
}
