/** A scenario in a process of its own: memory that peers keep, and peers that are broken afterwards, are not there for the next one. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Status } from "../command-line.js";
import type { ScenarioOptions } from "../scenario.js";
import type { ScenarioRecord } from "./document.js";

const RUN_SCENARIO = fileURLToPath(new URL("../children/run-scenario.js", import.meta.url));

/**
 * What the scenario found. Throws where its process ends with a failure, whatever it said before. `program`: what runs it, for tests of what
 * it may do wrong.
 */
export async function runScenario(
  name: string,
  options: ScenarioOptions,
  program: string = RUN_SCENARIO,
): Promise<ScenarioRecord | "cannot-measure"> {
  const child = fork(program, [name, JSON.stringify(options)]);
  const records: ScenarioRecord[] = [];
  child.on("message", (record: ScenarioRecord) => records.push(record));
  await Promise.all([once(child, "exit"), once(child, "disconnect")]);
  const [record] = records;
  if (record && child.exitCode === 0) return record;
  if (child.exitCode === Status.CannotMeasure) return "cannot-measure";
  throw new Error(`The scenario ${name} ended with ${child.signalCode ?? `status ${child.exitCode}`}`);
}
