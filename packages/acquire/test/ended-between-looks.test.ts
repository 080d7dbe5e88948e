/** Waiting for a process that ends after it was seen, and before it is described: its parent does not notice, so that the next looks see it too. */
import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, it, vi } from "vitest";
import { waitForProcess } from "../src/index.js";
import { processIds } from "../src/proc/process-ids.js";
import { processStat } from "../src/proc/process-stat.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";

const NAME = "msl-brief";
const named = () =>
  processIds().filter((pid) => {
    try {
      return processStat(pid).name === NAME;
    } catch {
      return false;
    }
  });

vi.mock("../src/finding/find-processes.js", async (original) => {
  const real = await original<typeof import("../src/finding/find-processes.js")>();
  const findProcesses: typeof real.findProcesses = (name) => {
    for (const pid of named()) {
      process.kill(pid, "SIGKILL");
      while (stateOf(pid) !== "Z");
    }
    return real.findProcesses(name);
  };
  return { ...real, findProcesses };
});

describe.runIf(CAN_CAPTURE)("a process that ends between two looks", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("is told once", async () => {
    const gone: number[] = [];
    const shell = spawn("sh", ["-c", `'${targets.program("named")}' ${NAME} & exec sleep 100`], { stdio: "ignore" });
    while (named().length === 0) await delay(5);
    const { processes, passedOver } = await waitForProcess(NAME, { timeoutMs: 1200, onGone: (pid) => gone.push(pid) });
    expect([processes, passedOver.map(({ reason }) => reason)]).toEqual([[], ["zombie"]]);
    expect(gone).toEqual(named());
    shell.kill("SIGKILL");
  });
});
