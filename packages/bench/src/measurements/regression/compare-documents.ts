/** Matches the findings of two runs and judges the changes. */

import { readFileSync } from "node:fs";
import type { BenchDocument } from "../harness/document.js";
import type { Environment } from "../harness/environment.js";
import { type Finding, withoutVersion } from "../harness/findings.js";
import type { Ratio } from "../harness/statistics.js";
import { type Change, changeOf, figureChange } from "./change.js";

/** One ratio, or one figure that repeats, from two runs. */
export interface ComparedValue {
  /** Names of scenario, finding and peer. */
  readonly name: string;
  readonly base: number;
  readonly head: number;
  readonly change: Change;
}

export interface DocumentComparison {
  /** Differences between the machines or engines, with which nothing can be compared. */
  readonly obstacles: readonly string[];
  readonly compared: readonly ComparedValue[];
  /** Sentences about values that the other run lacks or has for another peer. */
  readonly notCompared: readonly string[];
  /** Whether a value of the base is missing in the head or cannot be compared with it. */
  readonly incomplete: boolean;
}

/** A ratio to a peer depends on the machine and the engine: these must be equal in both runs. */
const SAME_PLACE: readonly (keyof Environment)[] = ["cpu", "cores", "platform", "runtime", "v8"];

export function compareDocuments(base: BenchDocument, head: BenchDocument): DocumentComparison {
  const obstacles = SAME_PLACE.filter((name) => base.environment[name] !== head.environment[name]).map(
    (name) => `${name}: ${base.environment[name]} in the base, ${head.environment[name]} in the head`,
  );
  if (obstacles.length > 0) return { obstacles, compared: [], notCompared: [], incomplete: true };
  const values = { base: valuesOf(base), head: valuesOf(head) };
  const compared: ComparedValue[] = [];
  const notCompared: string[] = [];
  let incomplete = false;
  for (const [name, before] of values.base) {
    const now = values.head.get(name);
    const reason = !now ? "is missing in the head" : whyNot(before, now);
    if (reason !== undefined) {
      notCompared.push(`${name} ${reason}`);
      incomplete = true;
    } else if (now) {
      compared.push({ name, base: valueIn(before), head: valueIn(now), change: changeBetween(before, now) });
    }
  }
  for (const name of values.head.keys()) if (!values.base.has(name)) notCompared.push(`${name} is new in the head`);
  return { obstacles, compared, notCompared, incomplete };
}

type Value =
  | { readonly kind: "ratio"; readonly peer: string; readonly ratio: Ratio }
  | { readonly kind: "figure"; readonly value: number; readonly repeatsWithin: number };

/** Ratios and figures that repeat. All other findings differ too much between runs of the same build. */
function valuesOf({ scenarios }: BenchDocument): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { name, findings } of scenarios)
    for (const finding of findings) addValues(`${name}: ${finding.title}`, finding, values);
  return values;
}

function addValues(name: string, finding: Finding, values: Map<string, Value>): void {
  if (finding.kind === "figure") {
    const { value, repeatsWithin } = finding;
    if (repeatsWithin !== undefined) values.set(name, { kind: "figure", value, repeatsWithin });
  } else if (finding.kind === "comparison" && finding.repeats) {
    for (const { name: peer, ratio } of finding.entries) {
      if (ratio) values.set(`${name}, against ${withoutVersion(peer)}`, { kind: "ratio", peer, ratio });
    }
  }
}

function whyNot(base: Value, head: Value): string | undefined {
  if (base.kind === "ratio" && head.kind === "ratio") {
    return base.peer === head.peer ? undefined : `has another peer: ${base.peer} in the base, ${head.peer} in the head`;
  }
  return base.kind === head.kind ? undefined : `is a ${base.kind} in the base, a ${head.kind} in the head`;
}

function valueIn(value: Value): number {
  return value.kind === "ratio" ? value.ratio.median : value.value;
}

function changeBetween(base: Value, head: Value): Change {
  if (base.kind === "ratio" && head.kind === "ratio") return changeOf(base.ratio, head.ratio);
  const within = base.kind === "figure" ? base.repeatsWithin : 0;
  return figureChange(valueIn(base), valueIn(head), within);
}

/** Throws an `Error` that describes the first mistake in the file. */
export function readBenchDocument(file: string): BenchDocument {
  const document = parsed(file);
  if (!isObject(document) || document["schema"] !== "msl.bench/1") {
    throw new Error(`${file} is no msl.bench/1 document; \`npm run bench -- kernels --json FILE\` writes one`);
  }
  const scenarios = document["scenarios"];
  if (!isObject(document["environment"]) || !Array.isArray(scenarios)) {
    throw new Error(`${file} has no environment or no list of scenarios`);
  }
  for (const scenario of scenarios as unknown[]) {
    if (!isObject(scenario) || typeof scenario["name"] !== "string" || !Array.isArray(scenario["findings"])) {
      throw new Error(`${file} has a scenario without a name or a list of findings`);
    }
    if (!(scenario["findings"] as unknown[]).every(isFinding)) {
      throw new Error(`${file}: scenario ${scenario["name"]} has a finding that cannot be read`);
    }
  }
  return document as unknown as BenchDocument;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isFinding(finding: unknown): boolean {
  if (!isObject(finding) || typeof finding["title"] !== "string") return false;
  if (finding["kind"] === "figure") return typeof finding["value"] === "number";
  if (finding["kind"] !== "comparison") return finding["kind"] === "capture";
  const { entries } = finding;
  return Array.isArray(entries) && (entries as unknown[]).every(isEntry);
}

function isEntry(entry: unknown): boolean {
  if (!isObject(entry) || typeof entry["name"] !== "string") return false;
  const { ratio } = entry;
  return ratio === undefined || (isObject(ratio) && ["median", "low", "high"].every((name) => isPositive(ratio[name])));
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && value > 0 && Number.isFinite(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
