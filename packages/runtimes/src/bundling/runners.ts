/** The test runners of docs/bundlers.md: what a user writes for each of them, and what becomes of the checks inside a test. */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CheckResult, Facility } from "../checks/check.js";
import { SAMPLES_FOLDER, serveEvidence } from "../launch/evidence-server.js";
import type { Measured } from "./measure.js";
import { toolCommand, versionOf } from "./tools.js";
import type { UserProject } from "./user-project.js";

export interface Runner {
  readonly name: string;
  readonly needs: string;
  readonly command: "jest" | "vitest";
  readonly parameters: readonly string[];
  readonly format: "esm" | "cjs";
  /** The value of NODE_OPTIONS. */
  readonly nodeOptions: string;
  /** What the environment of the tests has. */
  readonly facilities: readonly Facility[];
}

const NODE: readonly Facility[] = ["files", "workers", "shared memory"];
const VM_MODULES = "--experimental-vm-modules";

export function runners(): readonly Runner[] {
  const jest = `Jest ${versionOf("jest")}`;
  const vitest = `vitest ${versionOf("vitest")}`;
  const inJest = { command: "jest", nodeOptions: VM_MODULES, facilities: NODE } as const;
  const inVitest = { nodeOptions: "", command: "vitest", format: "esm", facilities: NODE, needs: "" } as const;
  const option = `\`NODE_OPTIONS=${VM_MODULES}\``;
  return [
    { ...inJest, name: `${jest}, ES modules`, format: "esm", parameters: [], needs: option },
    { ...inJest, name: `${jest}, CommonJS`, format: "cjs", parameters: [], needs: `${option} and \`await import()\`` },
    { ...inJest, name: `${jest}, CommonJS, without the option`, format: "cjs", parameters: [], nodeOptions: "", needs: "" },
    { ...inJest, name: `${jest}, jsdom`, format: "esm", parameters: ["--env=jsdom"], needs: option, facilities: [] },
    { ...inVitest, name: vitest, parameters: ["run", "--globals"] },
    { ...inVitest, name: `${vitest}, jsdom`, parameters: ["run", "--globals", "--environment=jsdom"] },
    { ...inVitest, name: `${vitest}, happy-dom`, parameters: ["run", "--globals", "--environment=happy-dom"] },
  ];
}

/** Runs the checks in one test of the runner. Throws an `Error` with the output of the runner if the test leaves no results. */
export async function measureRunner(project: UserProject, runner: Runner): Promise<Measured> {
  const { installation } = project;
  const folder = join(installation.folder, "applications", runner.name.replaceAll(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const extension = runner.format === "esm" ? "mjs" : "cjs";
  copyFileSync(join(installation.folder, "programs", `in-runner.${extension}`), join(folder, `in-runner.${extension}`));
  const server = await serveEvidence(installation.folder);
  const results = join(folder, "results.json");
  try {
    const situation = JSON.stringify({ server: server.origin, folder: SAMPLES_FOLDER, facilities: runner.facilities });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: TYPES[runner.format] }));
    writeFileSync(join(folder, "checks.test.js"), TESTS[runner.format](situation, results));
    const env = { ...process.env, NO_COLOR: "1", NODE_OPTIONS: runner.nodeOptions };
    const run = promisify(execFile)(toolCommand(runner.command), runner.parameters, { cwd: folder, env, timeout: 120_000 });
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    if (!existsSync(results)) {
      const refused = SENTENCES.exec(`${stdout}${stderr}`)?.[1];
      if (refused !== undefined) return { runs: [], refused };
      throw new Error(`${runner.name}: ${stdout}${stderr}`.slice(0, 4000));
    }
    return { runs: [JSON.parse(readFileSync(results, "utf8")) as CheckResult[]] };
  } finally {
    server.close();
  }
}

/** The sentence with which this library, or Jest, refuses to be loaded. */
const SENTENCES = /(?:MslError|TypeError): (This runtime has no TextEncoder.*|A dynamic import callback.*)/;

const TYPES = { esm: "module", cjs: "commonjs" } as const;

const TESTS: Readonly<Record<Runner["format"], (situation: string, results: string) => string>> = {
  esm: (situation, results) => `
import { writeFileSync } from "node:fs";
import { runInRunner } from "./in-runner.mjs";
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
test("checks", async () => {
  writeFileSync(${JSON.stringify(results)}, JSON.stringify(await runInRunner({ msl, core, analysis }, ${situation})));
}, 100_000);
`,
  cjs: (situation, results) => `
const { writeFileSync } = require("node:fs");
const { runInRunner } = require("./in-runner.cjs");
test("checks", async () => {
  const packages = {
    core: await import("@memslice/core-wasm"),
    msl: await import("@memslice/msl"),
    analysis: await import("@memslice/analysis"),
  };
  writeFileSync(${JSON.stringify(results)}, JSON.stringify(await runInRunner(packages, ${situation})));
}, 100_000);
`,
};
