/** Processes that are stopped by the freezers of their control groups: one alone, trees, and those that somebody else has stopped. */
import { BytesSink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { openProcessTree } from "../src/index.js";
import { captured } from "./support/captured.js";
import { ControlGroup, canMakeGroups } from "./support/control-groups.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";
import { BRANCHES, holderOf, pidsOf, until } from "./support/tree.js";

describe.runIf(CAN_CAPTURE && canMakeGroups())("a process in a control group", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("is stopped by the freezer of the group if it is alone in it, and by a signal otherwise", async () => {
    const target = await targets.start("large", "16", "16");
    const group = new ControlGroup(`msl-test-${target.pid}`);
    group.take(target.pid);
    const { report } = await captured(target.pid, { freeze: true });
    expect(report).toMatchObject({ complete: true, consistent: true, freeze: { method: "cgroup" } });
    expect(group.freeze).toBe("0");
    const other = await targets.start("large", "16", "16");
    group.take(other.pid);
    expect((await captured(target.pid, { freeze: true })).report.freeze?.method).toBe("signal");
    await group.remove();
  });

  it("that was paused by its freezer stays paused, and is reported as stopped before", async () => {
    const target = await targets.start("large", "16", "16");
    const group = new ControlGroup(`msl-test-${target.pid}`);
    group.take(target.pid);
    group.freeze = "1";
    await until(() => group.isFrozen);
    const { report } = await captured(target.pid, { freeze: true });
    expect(report).toMatchObject({ complete: true, freeze: { method: "before", stoppedMs: 0, wentOn: false } });
    expect(group.isFrozen).toBe(true);
    const onProgress = () => {
      group.freeze = "0";
    };
    const { report: interrupted } = await captured(target.pid, { freeze: true, onProgress });
    expect(interrupted).toMatchObject({ complete: false, freeze: { method: "before", wentOn: true } });
    await group.remove();
  });

  it("is stopped with its tree by one freezer if the group has none but processes of the tree", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const pids = pidsOf(target);
    const group = new ControlGroup(`msl-test-${target.pid}`);
    const below = new ControlGroup("below", group.folder);
    group.take(...[...pids].filter(([name]) => name !== "deeper").map(([, pid]) => pid));
    below.take(pids.get("deeper") ?? 0);
    const tree = await openProcessTree(target.pid, { freeze: true });
    expect([group.freeze, below.freeze, group.isFrozen, below.isFrozen]).toEqual(["1", "0", true, true]);
    const report = await tree.acquire(target.pid, new BytesSink());
    expect(report).toMatchObject({ complete: true, freeze: { method: "cgroup", wentOn: false } });
    expect(group.isFrozen).toBe(true);
    const { freezes, notStopped } = tree.end();
    expect([...freezes.values()].map(({ method, wentOn }) => [method, wentOn])).toEqual([...pids].map(() => ["cgroup", false]));
    expect(notStopped.size).toBe(0);
    await until(() => !group.isFrozen && !below.isFrozen);
    await below.remove();
    await group.remove();
  });

  it("is stopped with its tree by a signal if the group has another process, which goes on running", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const other = await targets.start("large", "1", "1");
    const group = new ControlGroup(`msl-test-${target.pid}`);
    group.take(...pidsOf(target).values(), other.pid);
    const tree = await openProcessTree(target.pid, { freeze: true });
    expect([group.freeze, stateOf(target.pid), stateOf(other.pid)]).toEqual(["0", "T", "S"]);
    const { freezes } = tree.end();
    expect(new Set([...freezes.values()].map(({ method }) => method))).toEqual(new Set(["signal"]));
    await group.remove();
  });

  it("goes on with its tree when the capturing process is killed, even if the processes that were stopped have ended", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const group = new ControlGroup(`msl-test-${target.pid}`);
    group.take(...pidsOf(target).values());
    const capturing = await holderOf(target.pid);
    expect(group.isFrozen).toBe(true);
    const other = await targets.start("large", "1", "1");
    group.take(other.pid);
    for (const pid of pidsOf(target).values()) process.kill(pid, "SIGKILL");
    capturing.kill("SIGKILL");
    await until(() => group.freeze === "0" && !group.isFrozen);
    await group.remove();
  });
});
