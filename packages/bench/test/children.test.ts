/** Child processes that report that they are done and then end with a failure. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runDumps } from "../src/fuzzer/dumps/run-dumps.js";
import { runBatch } from "../src/fuzzer/run-batch.js";
import { noCounts } from "../src/fuzzer/tallies.js";
import { runParts, runScenario } from "../src/measurements/harness/run-scenario.js";
import { examineAll } from "../src/measurements/scenarios/samples.js";

const PLAN = { captures: "", seed: 1, first: 10, end: 20, deadline: 0 };
const DONE = { kind: "done", next: 20, counts: noCounts(), heavy: [], peak: 1 };
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-children-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a program that sends the messages and ends with the status. */
function program(status: number, ...messages: readonly object[]): string {
  const path = join(folder, `child-${status}-${messages.length}-${Math.random()}.mjs`);
  const sent = messages.map((message) => `await new Promise((done) => process.send(${JSON.stringify(message)}, done));`);
  writeFileSync(path, `${sent.join("\n")}\nprocess.exit(${status});`);
  return path;
}

it("runBatch reports a finding for a process that fails after it has reported 'done'", async () => {
  expect(await runBatch(PLAN, program(0, DONE))).toMatchObject({ findings: [], next: 20, done: { next: 20 } });
  const failed = await runBatch(PLAN, program(3, { kind: "starting", run: 19 }, DONE));
  expect(failed).toMatchObject({ findings: [{ run: 19, what: "The process died: exit status 3" }], next: 20 });
  expect(failed.done).toBeUndefined();
  expect(await runBatch(PLAN, program(7))).toMatchObject({ findings: [{ run: 10 }], next: 11 });
});

it("runDumps takes a process that dies, by a crash or a full heap, for a finding about its run, keeps its dump and goes on", async () => {
  const batch = join(folder, "dying.mjs");
  writeFileSync(
    batch,
    `const { first, end } = JSON.parse(process.argv[2]);
const send = (message) => new Promise((done) => process.send(message, done));
for (let run = first; run < end; run++) {
  await send({ kind: "starting", run });
  if (run === 3) process.kill(process.pid, "SIGKILL");
  if (run === 5) for (const all = []; ; ) all.push(Array(1e6).fill(run));
}
await send({ kind: "done", next: end, counts: { outcomes: { limit: 1 }, mutators: {} }, heavy: [], peak: 1 });
process.disconnect();`,
  );
  const lines: string[] = [];
  const kept = join(folder, "kept");
  const runs = { seed: 1, first: 0, end: 8, deadline: Number.MAX_SAFE_INTEGER, memory: undefined, kept, batch };
  expect(await runDumps(runs, (line) => lines.push(line))).toBe(1);
  expect(readdirSync(kept)).toEqual(["dump-seed-1-run-3", "dump-seed-1-run-5"]);
  expect(lines.filter((line) => line.includes("The process died"))).toHaveLength(2);
  expect(lines.slice(-2)).toEqual(["limit: 1", "seed 1: 8 runs, 2 findings"]);
}, 60_000);

it("runScenario throws for a process that fails after it has sent its record", async () => {
  const record = { name: "x", summary: "", findings: [], peakBytes: 1 };
  const options = { quick: true, instructions: false, samples: undefined };
  expect(await runScenario("x", options, program(0, record))).toEqual(record);
  await expect(runScenario("x", options, program(1, record))).rejects.toThrow("The scenario x ended with status 1");
  expect(await runScenario("x", options, program(4))).toBe("cannot-measure");
});

it("runParts runs each part in a process of its own, and joins the findings in the order of the parts", async () => {
  const figure = (title: string) => ({ kind: "figure", title, value: 1, unit: "us" });
  const sending = `
const { part } = JSON.parse(process.argv[3]);
const findings = [{ ...${JSON.stringify(figure(""))}, title: part + " in " + process.pid }];
process.send({ name: process.argv[2], summary: "s", findings, peakBytes: part === "b" ? 20 : 10 }, () => process.exit(0));`;
  const path = join(folder, "parts.mjs");
  writeFileSync(path, sending);
  const options = { quick: true, instructions: false, samples: undefined };
  const record = await runParts("x", ["a", "b", "c"], options, path);
  if (record === "cannot-measure") throw new Error("not measured");
  expect(record).toMatchObject({ name: "x", summary: "s", peakBytes: 20 });
  const [parts, processes] = [0, 1].map((at) => record.findings.map(({ title }) => title.split(" in ")[at]));
  expect(parts).toEqual(["a", "b", "c"]);
  expect(new Set(processes).size).toBe(3);
  expect(await runParts("x", ["a", "b"], options, program(4))).toBe("cannot-measure");
});

it("examineAll reports the last sample as wrong if the process fails after examining it", async () => {
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
