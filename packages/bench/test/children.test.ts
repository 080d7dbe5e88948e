/** Processes that say that they are done and then end with a failure. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runBatch } from "../src/fuzzer/run-batch.js";
import { noCounts } from "../src/fuzzer/tallies.js";
import { runScenario } from "../src/measurements/harness/run-scenario.js";
import { examineAll } from "../src/measurements/scenarios/samples.js";

const PLAN = { captures: "", seed: 1, first: 10, end: 20, deadline: 0 };
const DONE = { kind: "done", next: 20, counts: noCounts(), heavy: [], peak: 1 };
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-children-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that sends the messages and ends with the status. */
function program(status: number, ...messages: readonly object[]): string {
  const path = join(folder, `child-${status}-${messages.length}-${Math.random()}.mjs`);
  const sent = messages.map((message) => `await new Promise((done) => process.send(${JSON.stringify(message)}, done));`);
  writeFileSync(path, `${sent.join("\n")}\nprocess.exit(${status});`);
  return path;
}

it("a batch of the fuzzer whose process fails is a finding, whatever it said before", async () => {
  expect(await runBatch(PLAN, program(0, DONE))).toMatchObject({ findings: [], next: 20, done: { next: 20 } });
  const failed = await runBatch(PLAN, program(3, { kind: "starting", run: 19 }, DONE));
  expect(failed).toMatchObject({ findings: [{ run: 19, what: "The process died: exit status 3" }], next: 20 });
  expect(failed.done).toBeUndefined();
  expect(await runBatch(PLAN, program(7))).toMatchObject({ findings: [{ run: 10 }], next: 11 });
});

it("a scenario whose process fails has no record, whatever it said before", async () => {
  const record = { name: "x", summary: "", findings: [], peakBytes: 1 };
  const options = { quick: true, instructions: false, samples: undefined };
  expect(await runScenario("x", options, program(0, record))).toEqual(record);
  await expect(runScenario("x", options, program(1, record))).rejects.toThrow("The scenario x ended with status 1");
  expect(await runScenario("x", options, program(4))).toBe("cannot-measure");
});

it("samples whose process fails behind the last one are not all read", async () => {
  const finding = { kind: "capture", title: "a.msl", outcome: "read", faults: [], recorded: false, bytes: 0 };
  const all = async (status: number) => {
    const outcomes: string[] = [];
    const child = program(status, { starting: "a.msl" }, { finding });
    for await (const { outcome } of examineAll({ folder, paths: ["a.msl"], quick: true }, child)) outcomes.push(outcome);
    return outcomes;
  };
  expect(await all(0)).toEqual(["read"]);
  expect(await all(9)).toEqual(["read", "wrong"]);
});
