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
 * Runs the parts of a scenario one after the other, each in its own process, and returns their findings as one record; its peak is that of
 * the largest process. `parts`: empty for a scenario without parts. Throws like `runScenario`.
 */
export async function runParts(
  name: string,
  parts: readonly string[],
  options: ScenarioOptions,
  program?: string,
): Promise<ScenarioRecord | "cannot-measure"> {
  if (parts.length === 0) return runScenario(name, options, program);
  const records: ScenarioRecord[] = [];
  for (const part of parts) {
    const record = await runScenario(name, { ...options, part }, program);
    if (record === "cannot-measure") return record;
    records.push(record);
  }
  const findings = records.flatMap((record) => record.findings);
  return {
    name,
    summary: records[0]?.summary ?? "",
    findings,
    peakBytes: Math.max(...records.map(({ peakBytes }) => peakBytes)),
  };
}

/**
 * Returns the record of the scenario, or of one part of it. Throws an `Error` if its process ends with a failure, even after it has sent a record. `program`:
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
