import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { FIXTURES } from "../src/captures/fixtures.js";
import { compare } from "../src/measurements/harness/compare.js";
import { benchDocument } from "../src/measurements/harness/document.js";
import { environment } from "../src/measurements/harness/environment.js";
import type { Finding } from "../src/measurements/harness/findings.js";
import { examine } from "../src/samples/examine.js";

const SCHEMA = JSON.parse(readFileSync(new URL("../../../docs/json/bench.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ allErrors: true }).compile(SCHEMA);
const PACE = { rounds: 6, attempts: 1, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 };

/** Sentences about the violations of the schema. */
function misfits(findings: readonly unknown[]): string[] {
  const scenarios = [{ name: "s", summary: "", findings: findings as Finding[], peakBytes: 1 }];
  const document = JSON.parse(JSON.stringify(benchDocument(environment(), true, scenarios)));
  return validate(document) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

async function comparison(): Promise<Finding> {
  const run = () => {
    for (let i = 0; i < 1e5; i++) Math.sqrt(i);
    return 1;
  };
  const wrong = { name: "wrong", run: () => 2 };
  const elsewhere = { name: "elsewhere", run, elsewhere: { time: async () => 1, peak: async () => 5 } };
  return compare(
    {
      title: "t",
      work: { amount: 1, unit: "bytes" },
      ours: { name: "ours", run },
      peers: [{ name: "peer", run, bar: { atLeast: 1 } }, wrong, elsewhere],
      check: (result) => (result === 1 ? undefined : "is wrong"),
    },
    PACE,
  );
}

const FIGURE = { kind: "figure", title: "t", value: 1, unit: "u", bar: { atMost: 2 }, others: [{ name: "o", value: 2 }] };

describe("docs/json/bench.schema.json", () => {
  it("the schema of measurements accepts the document of a real measurement", async () => {
    const captures = await Promise.all(["ms-zstd-mixed", "x-bad-magic"].map((name) => examine(FIXTURES, `${name}.msl`, true)));
    expect(misfits([await comparison(), FIGURE, { ...FIGURE, repeatsWithin: 0.01 }, ...captures])).toEqual([]);
  });

  it("the schema of measurements refuses missing, additional and wrong properties", async () => {
    const findings = [await comparison(), FIGURE, await examine(FIXTURES, "lm-basic.msl", true)] as unknown as Record<
      string,
      unknown
    >[];
    for (const finding of findings) {
      expect(misfits([{ ...finding, more: 1 }])).not.toEqual([]);
      expect(misfits([{ ...finding, title: 1 }])).not.toEqual([]);
      const { title: _, ...rest } = finding;
      expect(misfits([rest])).not.toEqual([]);
    }
    expect(misfits([{ ...FIGURE, bar: {} }])).not.toEqual([]);
  });
});

describe("environment", () => {
  it("the environment of a document names the versions of our packages and of every peer, and the build of the core", () => {
    const { packages, core } = environment();
    expect(packages).toMatchObject({
      "@memslice/core-wasm": "0.0.0",
      "hash-wasm": "4.13.0",
      "zstd-codec": "0.1.5",
      "lz4-wasm": "0.9.2",
    });
    expect(core).toMatch(/^[0-9a-f]{64}$/);
  });
});
