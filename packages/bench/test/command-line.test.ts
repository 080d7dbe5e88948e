import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { FIXTURES } from "../src/captures/fixtures.js";

const MAIN = new URL("../dist/measurements/main.js", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "memslice-command-"));
afterAll(() => rmSync(folder, { recursive: true }));

function bench(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", env: { ...process.env, INIT_CWD: folder } });
}

describe("the bench command", () => {
  it.each([
    [["nothing"], 'There is no scenario "nothing".'],
    [["verify", "--docs", "--quick"], "--docs takes what was measured in full"],
    [["kernels", "--docs", "--instructions"], "--docs takes times"],
    [["--nonsense"], "Unknown option"],
    [["small", "--only", "nothing"], 'None of the scenarios has a part "nothing".'],
    [["size", "--only", "slice"], 'None of the scenarios has a part "slice".'],
    [["small", "--only", "slice", "--docs"], "--docs takes whole scenarios"],
    [["compare", "one.json"], "Runs are compared in pairs"],
  ])("the bench command ends with status 2 and a reason for the arguments %j", (args, reason) => {
    const { status, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(reason);
    expect(stderr).toMatch(/^bench \[SCENARIO\.\.\.\]/m);
  });

  it("the bench command prints the findings of a scenario and writes them to the JSON files", { timeout: 120_000 }, () => {
    const files = ["json", "smaller", "bigger", "bmf"].flatMap((option) => [`--${option}`, `${option}.out`]);
    const { status, stdout } = bench("size", "--quick", ...files);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^size: [\s\S]*^ {2}core\.wasm, gzipped: /m);
    expect(stdout).toMatch(/^Nothing is worse than its bar\.\n$/m);
    const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
    const { scenarios } = read("json.out");
    expect(scenarios).toMatchObject([
      { name: "size", findings: expect.arrayContaining([expect.objectContaining({ kind: "figure" })]) },
    ]);
    // Every finding of this scenario is a size with a title of its own.
    const sizes = scenarios[0].findings.length;
    expect(read("smaller.out")).toHaveLength(sizes);
    expect(read("bigger.out")).toEqual([]);
    expect(Object.keys(read("bmf.out"))).toHaveLength(sizes);
  });

  it("the bench command runs only the parts that --only names", { timeout: 120_000 }, () => {
    const { status, stdout } = bench("small", "--quick", "--only", "slice", "--json", "slice.json");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^small, part slice$/m);
    const { scenarios } = JSON.parse(readFileSync(join(folder, "slice.json"), "utf8"));
    expect(scenarios).toMatchObject([{ name: "small", findings: [{ kind: "comparison" }, { kind: "figure", unit: "us" }] }]);
  });

  it("the bench command ends with status 1 and names the scenario whose process failed", () => {
    const { status, stderr } = bench("samples", "--samples", join(FIXTURES, "nowhere"));
    expect(status).toBe(1);
    expect(stderr).toMatch(/There are no captures/);
    expect(stderr).toMatch(/The scenario samples ended with status 1/);
  });
});
