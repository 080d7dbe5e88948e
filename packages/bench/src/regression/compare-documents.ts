/** Matches the findings of two runs and judges what has changed. */
import type { BenchDocument } from "../harness/document.js";
import type { Environment } from "../harness/environment.js";
import type { Finding } from "../harness/findings.js";
import type { Ratio } from "../harness/ratio.js";
import { type Change, changeOf, figureChange } from "./change.js";

/** One ratio, or one figure that repeats, in two runs. */
export interface ComparedValue {
  /** Scenario, finding and peer. */
  readonly name: string;
  readonly base: number;
  readonly head: number;
  readonly change: Change;
}

export interface DocumentComparison {
  /** What keeps the runs from being compared at all. */
  readonly obstacles: readonly string[];
  readonly compared: readonly ComparedValue[];
  /** Values of one run that have no partner in the other, or none that may be compared with them, as sentences. */
  readonly notCompared: readonly string[];
  /** Whether something that the base was precise about cannot be told of the head. */
  readonly incomplete: boolean;
}

/** On other machines and engines a ratio to a peer is another one. */
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

/** Ratios and figures that repeat. All else a run finds differs too much between runs of the same build. */
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

/** `hash-wasm 4.13.0, block by block` as `hash-wasm, block by block`. */
function withoutVersion(peer: string): string {
  return peer.replace(/ \d+\.\d+\.\d+[\w.-]*/, "");
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
