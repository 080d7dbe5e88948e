/** A process whose main thread has ended before the others: the kernel calls it a zombie, and its memory stands under its other threads. */
import { setTimeout as delay } from "node:timers/promises";
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire, findProcesses, openProcessTree, preflight, waitForProcess } from "../src/index.js";
import { CAN_CAPTURE, stateOf, type Target, Targets } from "./support/target.js";

describe.runIf(CAN_CAPTURE)("a process whose main thread has ended", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  async function started(name = "main-thread"): Promise<Target> {
    const target = await targets.start("main-thread", name);
    while (stateOf(target.pid) !== "Z") await delay(5);
    return target;
  }

  it("is captured with its memory, program and modules, stopped or not", async () => {
    const target = await started();
    expect(preflight(target.pid)).toMatchObject({ permitted: true, findings: [{ code: "main-thread-ended", blocks: false }] });
    for (const freeze of [false, true]) {
      const sink = new BytesSink();
      const report = await acquire(target.pid, sink, { freeze });
      expect(report).toMatchObject({ targetEnded: false, complete: true, exePath: targets.program("main-thread") });
      expect(report.freeze?.method).toBe(freeze ? "signal" : undefined);
      expect(report.modules.length).toBeGreaterThan(1);
      expect(report.processThreads.map(({ state }) => state)).toEqual(["Z", freeze ? "T" : "S"]);
      const capture = await openCapture(sink.bytes(), { strict: true });
      const text = new Uint8Array(10);
      await capture.memory.readInto(text, target.planted.get("page")?.address ?? 0n);
      expect(new TextDecoder().decode(text)).toBe("still here");
    }
    target.end();
  });

  it("has its descriptors and its program in the tables of an investigation", async () => {
    const target = await started();
    const sink = new BytesSink();
    await acquire(target.pid, sink, { investigation: { operator: "A", hostname: "h" } });
    const capture = await openCapture(sink.bytes());
    const own: unknown[] = [];
    for await (const batch of capture.decodeAll())
      for (const { result } of batch) {
        const { payload } = result;
        if (payload?.kind !== "HandleTable" && payload?.kind !== "ProcessTable") continue;
        for (const row of payload.entries) if (row.pid === target.pid) own.push("fd" in row ? row.fd : row.exeName);
      }
    expect(own).toEqual(expect.arrayContaining([targets.program("main-thread"), 0, 1, 2]));
    target.end();
  });

  it("is found by its name, waited for, and no process that has ended", async () => {
    const target = await started("msl-threads");
    expect(findProcesses("msl-threads")).toMatchObject({ processes: [{ pid: target.pid }], passedOver: [] });
    expect((await waitForProcess("msl-threads", { timeoutMs: 0 })).processes.map(({ pid }) => pid)).toEqual([target.pid]);
    target.end();
  });

  it("is stopped as a tree, and goes on", async () => {
    const target = await started();
    const thread = Number(preflight(target.pid).findings[0]?.found.match(/thread (\d+)$/)?.[1]);
    const tree = await openProcessTree(target.pid, { freeze: true });
    expect(stateOf(thread)).toBe("T");
    const { freezes, notStopped, ended } = tree.end();
    expect([[...freezes.keys()], notStopped.size, ended]).toEqual([[target.pid], 0, []]);
    for (let i = 0; i < 500 && stateOf(thread) === "T"; i++) await delay(10);
    expect(stateOf(thread)).toBe("S");
    target.end();
  });
});
