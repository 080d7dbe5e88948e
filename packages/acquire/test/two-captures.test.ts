/** Two captures of one process at the same time, both with the process stopped. */
import type { Sink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { freezeProcess } from "../src/freezing/freeze.js";
import { ProcessFiles } from "../src/proc/process-files.js";
import { captured } from "./support/captured.js";
import { ControlGroup, canMakeGroups } from "./support/control-groups.js";
import { CAN_CAPTURE, stateOf, type Target, Targets } from "./support/target.js";
import { until } from "./support/tree.js";

/** A capture that stops its process and waits, with its buffers full, until it is released. */
function heldCapture({ pid }: Target) {
  let release = () => {};
  let isStarted = false;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const sink: Sink = {
    keepsBytes: false,
    write: () => {
      isStarted = true;
      return released;
    },
  };
  return { report: acquire(pid, sink, { freeze: true }), release, isStarted: () => isStarted };
}

describe.runIf(CAN_CAPTURE)("a process that two captures stop", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  const ways = [{ method: "signal" }, ...(canMakeGroups() ? [{ method: "cgroup" }] : [])] as const;

  it.each(ways)(
    "stays stopped until the first one ends, and the second one tells whether it went on: $method",
    async ({ method }) => {
      const target = await targets.start("large", "64", "64");
      const group = method === "cgroup" ? new ControlGroup(`msl-test-${target.pid}`) : undefined;
      group?.take(target.pid);
      const isStopped = () => group?.isFrozen ?? stateOf(target.pid) === "T";
      const first = heldCapture(target);
      await until(first.isStarted);
      expect(isStopped()).toBe(true);
      const within = await captured(target.pid, { freeze: true });
      expect(within.report).toMatchObject({ complete: true, freeze: { method: "before", stoppedMs: 0, wentOn: false } });
      expect(isStopped()).toBe(true);
      const second = heldCapture(target);
      await until(second.isStarted);
      first.release();
      expect(await first.report).toMatchObject({ complete: true, freeze: { method, wentOn: false } });
      await until(() => !isStopped());
      second.release();
      expect(await second.report).toMatchObject({ complete: false, freeze: { method: "before", wentOn: true } });
      expect(isStopped()).toBe(false);
      if (group) await group.remove();
      else target.end();
    },
  );

  it.each(ways)("is stopped again if it was let go on before it had stopped: $method", async ({ method }) => {
    const target = await targets.start("large", "1", "1");
    const group = method === "cgroup" ? new ControlGroup(`msl-test-${target.pid}`) : undefined;
    group?.take(target.pid);
    const files = new ProcessFiles(target.pid);
    const letGo = () => {
      if (group) group.freeze = "0";
      else process.kill(target.pid, "SIGCONT");
    };
    // The end of another capture, between this one's order and its look.
    const meanwhile = setInterval(letGo, 1);
    setTimeout(() => clearInterval(meanwhile), 1000);
    const frozen = await freezeProcess(files, undefined);
    clearInterval(meanwhile);
    expect((await frozen.thaw()).method).toBe(method);
    files.close();
    await until(() => (group ? !group.isFrozen : stateOf(target.pid) !== "T"));
    if (group) await group.remove();
    else target.end();
  });
});
