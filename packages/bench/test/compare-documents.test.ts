import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BenchDocument, benchDocument } from "../src/measurements/harness/document.js";
import { environment } from "../src/measurements/harness/environment.js";
import type { Finding } from "../src/measurements/harness/findings.js";
import { conclude } from "../src/measurements/regression/command.js";
import { compareDocuments } from "../src/measurements/regression/compare-documents.js";

const MAIN = fileURLToPath(new URL("../dist/measurements/main.js", import.meta.url));
const PLACE = environment();

function comparison(title: string, median: number, peer = "peer 1.2.3", repeats = true): Finding {
  return {
    kind: "comparison",
    title,
    work: { amount: 1, unit: "bytes" },
    rounds: 9,
    processes: 9,
    repeats,
    entries: [
      { name: "memslice", ours: true },
      { name: peer, ours: false, ratio: { median, low: 0.98 * median, high: 1.02 * median, supported: true } },
    ],
  };
}

const instructions = (value: number): Finding => ({ kind: "figure", title: "count", value, unit: "", repeatsWithin: 0.01 });

function document(findings: readonly Finding[], place: object = {}): BenchDocument {
  const scenario = { name: "kernels", summary: "", findings, peakBytes: 1 };
  return benchDocument({ ...PLACE, ...place }, true, [scenario]);
}

function status(base: readonly Finding[], ...heads: (readonly Finding[])[]): number {
  return conclude(heads.map((head) => compareDocuments(document(base), document(head)))).status;
}

describe("compareDocuments", () => {
  it("compareDocuments judges ratios and figures that repeat between runs", () => {
    const base = [comparison("hash", 2.7), instructions(100)];
    expect(status(base, base)).toBe(0);
    expect(status(base, [comparison("hash", 2.7 / 1.2), instructions(100)])).toBe(1);
    expect(status(base, [comparison("hash", 2.7), instructions(110)])).toBe(1);
    expect(status(base, [comparison("hash", 3.2), instructions(90)])).toBe(0);
  });

  it("compareDocuments does not judge findings that differ between runs of one build", () => {
    const single = (median: number) => comparison("open", median, "peer 1.2.3", false);
    const { compared } = compareDocuments(document([single(2)]), document([single(1)]));
    expect(compared).toEqual([]);
    expect(status([comparison("hash", 2), single(2)], [comparison("hash", 2), single(1)])).toBe(0);
    const plain: Finding = { kind: "figure", title: "heap", value: 1, unit: "bytes" };
    expect(status([comparison("hash", 2), plain], [comparison("hash", 2), { ...plain, value: 9 }])).toBe(0);
  });

  it("compareDocuments lists findings that are missing, new, or measured against another version of a peer", () => {
    const base = [comparison("a", 2), comparison("b", 2), comparison("c", 2)];
    const head = [comparison("a", 2), comparison("c", 1, "peer 1.3.0"), comparison("d", 2)];
    const result = compareDocuments(document(base), document(head));
    expect(result.compared.map(({ name }) => name)).toEqual(["kernels: a, against peer"]);
    expect(result.notCompared).toEqual([
      "kernels: b, against peer is missing in the head",
      "kernels: c, against peer has another peer: peer 1.2.3 in the base, peer 1.3.0 in the head",
      "kernels: d, against peer is new in the head",
    ]);
    expect(conclude([result]).status).toBe(3);
    expect(status([comparison("a", 2)], [comparison("a", 2), comparison("d", 2)])).toBe(0);
  });

  it.each(["cpu", "cores", "platform", "runtime", "v8"])(
    "compareDocuments compares nothing if %s differs between base and head",
    (name) => {
      const findings = [comparison("hash", 2)];
      const result = compareDocuments(document(findings), document([comparison("hash", 1)], { [name]: "another" }));
      expect(result).toMatchObject({ compared: [], obstacles: [expect.stringContaining(`${name}: `)] });
      expect(conclude([result])).toMatchObject({ status: 3 });
    },
  );

  it("compareDocuments judges several pairs of runs by the majority of them", () => {
    const [same, slow] = [2.7, 2.2].map((median) => [comparison("hash", median)]);
    if (!same || !slow) throw new Error("two");
    expect(status(same, slow, same, same)).toBe(0);
    expect(status(same, slow, same, slow)).toBe(1);
    expect(status(same, slow, same)).toBe(3);
  });

  it("compareDocuments ends with status 3 if there is nothing to compare", () => {
    expect(status([], [])).toBe(3);
  });
});

describe("bench compare", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "memslice-compare-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function file(name: string, content: unknown): string {
    const path = join(folder, name);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }
  const bench = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8" });

  it("bench compare ends with status 0, 1 or 3 and prints the reason", () => {
    const base = file("base.json", document([comparison("hash", 2.7)]));
    const slow = file("slow.json", document([comparison("hash", 2.2)]));
    const other = file("other.json", document([comparison("hash", 2.2)], { cpu: "another" }));
    expect(bench("compare", base, base)).toMatchObject({ status: 0, stdout: expect.stringContaining("Nothing became slower") });
    expect(bench("compare", base, slow)).toMatchObject({ status: 1, stdout: expect.stringContaining("SLOWER") });
    expect(bench("compare", base, other)).toMatchObject({ status: 3, stdout: expect.stringContaining("NOT COMPARED: cpu") });
  });

  it.each([
    ["no JSON", "{", /cannot be read/],
    ["another document", { schema: "msl.info/1" }, /no msl\.bench\/1 document/],
    ["no scenarios", { schema: "msl.bench/1", environment: {} }, /no list of scenarios|no environment/],
    ["a ratio of zero", { ...document([comparison("hash", 0)]) }, /scenario kernels has a finding that cannot be read/],
    ["a finding without a title", { ...document([{ kind: "figure" } as Finding]) }, /cannot be read/],
  ])("bench compare refuses %s", (_, content, message) => {
    const wrong = file("wrong.json", content);
    expect(bench("compare", wrong, wrong)).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  });

  it("bench compare ends with status 2 unless files come in pairs", () => {
    expect(bench("compare", file("base.json", document([])))).toMatchObject({ status: 2 });
    expect(bench("compare")).toMatchObject({ status: 2 });
  });
});
