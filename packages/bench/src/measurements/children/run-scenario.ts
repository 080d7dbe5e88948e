/**
 * Runs one scenario, prints each finding as soon as it is made, and sends the record to its parent. Arguments: the scenario's name,
 * ScenarioOptions as JSON, with the part of a scenario that has parts.
 */

import { ownPeakBytes } from "../../processes/own-peak.js";
import { Status } from "../command-line.js";
import type { ScenarioRecord } from "../harness/document.js";
import type { Finding } from "../harness/findings.js";
import { findingLines } from "../harness/text.js";
import { CannotMeasure } from "../instructions/counter.js";
import type { ScenarioOptions } from "../scenario.js";
import { SCENARIOS } from "../scenarios/list.js";

const [wanted, options = "{}"] = process.argv.slice(2);
const scenario = SCENARIOS.find(({ name }) => name === wanted);
if (!scenario) throw new Error(`There is no scenario ${wanted}`);
const { name, summary, run } = scenario;
const given = JSON.parse(options) as ScenarioOptions;
const measuring = typeof run === "function" ? run : run[given.part ?? ""];
if (!measuring) throw new Error(`The scenario ${name} has no part ${given.part}`);
process.stdout.write(given.part === undefined ? `${name}: ${summary}\n` : `${name}, part ${given.part}\n`);
const findings: Finding[] = [];
try {
  for await (const finding of measuring(given)) {
    findings.push(finding);
    for (const line of findingLines(finding)) process.stdout.write(`  ${line}\n`);
  }
} catch (error) {
  if (!(error instanceof CannotMeasure)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(Status.CannotMeasure);
}
const record: ScenarioRecord = { name, summary, findings, peakBytes: ownPeakBytes() };
process.send?.(record, undefined, {}, () => process.disconnect());
