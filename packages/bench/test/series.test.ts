/**
 * The files for github-action-benchmark and Bencher. The schemas are those of the tools' documentation: the entries of `customSmallerIsBetter`
 * in the README of github-action-benchmark, and bencher.dev/bmf.json.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { type BenchDocument, benchDocument } from "../src/measurements/harness/document.js";
import { environment } from "../src/measurements/harness/environment.js";
import type { Finding } from "../src/measurements/harness/findings.js";
import { bencherMetrics, biggerIsBetter, smallerIsBetter } from "../src/measurements/harness/series.js";

const GITHUB_ACTION_BENCHMARK = {
  type: "array",
  items: {
    type: "object",
    properties: {
      name: { type: "string" },
      unit: { type: "string" },
      value: { type: "number" },
      range: { type: "string" },
      extra: { type: "string" },
    },
    required: ["name", "unit", "value"],
    additionalProperties: false,
  },
};

const METRIC = {
  type: "object",
  properties: { value: { type: "number" }, lower_value: { type: "number" }, upper_value: { type: "number" } },
  required: ["value"],
  additionalProperties: false,
};
const BENCHER = {
  type: "object",
  propertyNames: { maxLength: 1024 },
  additionalProperties: {
    type: "object",
    minProperties: 1,
    propertyNames: { pattern: "^[a-z0-9]+(-[a-z0-9]+)*$", maxLength: 64 },
    additionalProperties: METRIC,
  },
};

const ratio = { low: 1.5, median: 2, high: 2.5, supported: true };
const FINDINGS: readonly Finding[] = [
  {
    kind: "comparison",
    title: "work",
    work: { amount: 1, unit: "bytes" },
    rounds: 9,
    entries: [
      { name: "memslice", ours: true, seconds: { q1: 0.002, median: 0.003, q3: 0.004 } },
      { name: "peer 1.2.3, by pieces", ours: false, seconds: { q1: 1, median: 1, q3: 1 }, ratio },
      { name: "noisy", ours: false, ratio: { ...ratio, supported: false } },
      { name: "broken", ours: false, problem: "answers 41" },
    ],
  },
  { kind: "figure", title: "core", value: 25.5, unit: "KiB", bar: { atMost: 27 } },
  { kind: "figure", title: "kernel", value: 0.9, unit: "x", bar: { atLeast: 0.75 } },
  { kind: "figure", title: "entry", value: 1.5, unit: "us" },
  { kind: "figure", title: "heap", value: 8, unit: "bytes per block" },
];
const DOCUMENT: BenchDocument = benchDocument(environment(), true, [
  { name: "scenario", summary: "", findings: FINDINGS, peakBytes: 1 },
]);

const validate = new Ajv2020({ allErrors: true });

describe("files for other tools", () => {
  it("times, sizes and other figures are entries of customSmallerIsBetter, and ratios of customBiggerIsBetter", () => {
    const named = (entries: readonly { name: string; unit: string; value: number }[]) =>
      entries.map(({ name, unit, value }) => [name, value, unit]);
    expect(named(smallerIsBetter(DOCUMENT))).toEqual([
      ["scenario: work", 3, "ms"],
      ["scenario: core", 25.5, "KiB"],
      ["scenario: entry", 1.5, "us"],
      ["scenario: heap", 8, "bytes per block"],
    ]);
    expect(named(biggerIsBetter(DOCUMENT))).toEqual([
      ["scenario: work, against peer, by pieces", 2, "x"],
      ["scenario: kernel", 0.9, "x"],
    ]);
    expect(biggerIsBetter(DOCUMENT)[0]).toMatchObject({ range: "1.5 .. 2.5", extra: expect.stringContaining("Node v") });
  });

  it("both lists have the shape that github-action-benchmark documents", () => {
    for (const list of [smallerIsBetter(DOCUMENT), biggerIsBetter(DOCUMENT)]) {
      expect(validate.validate(GITHUB_ACTION_BENCHMARK, JSON.parse(JSON.stringify(list))), validate.errorsText()).toBe(true);
    }
  });

  it("the Bencher Metric Format has nanoseconds, bytes and ratios with their bounds, and no value twice", () => {
    const metrics = bencherMetrics(DOCUMENT);
    expect(validate.validate(BENCHER, JSON.parse(JSON.stringify(metrics))), validate.errorsText()).toBe(true);
    expect(metrics).toEqual({
      "scenario: work": { latency: { value: 3e6, lower_value: 2e6, upper_value: 4e6 } },
      "scenario: work, against peer, by pieces": { "speed-ratio": { value: 2, lower_value: 1.5, upper_value: 2.5 } },
      "scenario: core": { "file-size": { value: 25.5 * 1024 } },
      "scenario: kernel": { "speed-ratio": { value: 0.9 } },
      "scenario: entry": { latency: { value: 1500 } },
      "scenario: heap": { "bytes-per-block": { value: 8 } },
    });
  });
});
