/**
 * Runs a scenario in its own process, so that memory kept by peers, and peers that are broken afterwards, do not affect the next
 * scenario.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Status } from "../command-line.js";
import type { ScenarioOptions } from "../scenario.js";
import type { ScenarioRecord } from "./document.js";

const RUN_SCENARIO = fileURLToPath(new URL("../children/run-scenario.js", import.meta.url));

/**
 * Returns the record of the scenario. Throws an `Error` if its process ends with a failure, even after it has sent a record. `program`:
 * the script to run; tests pass one that misbehaves.
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
