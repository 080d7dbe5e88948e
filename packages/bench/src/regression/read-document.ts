/** Reads a msl.bench/1 document for comparison; only what is compared is looked at. */
import { readFileSync } from "node:fs";
import type { BenchDocument } from "../harness/document.js";

/** Throws an `Error` that says what is wrong with the file. */
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
