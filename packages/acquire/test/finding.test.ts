/** Processes by their name: which are found, which are never meant, hostile names, and waiting for one. */
import { spawn } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BytesSink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire, findProcesses, nameFinding, waitForProcess } from "../src/index.js";
import { CAN_CAPTURE, Targets } from "./support/target.js";

const pidsOf = (name: string) => findProcesses(name).processes.map(({ pid }) => pid);

describe.runIf(CAN_CAPTURE)("processes by their name", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it.each(["msl one) S 1 (x", "(", ")", "msl\ntwo", "msl\u001b[31mred", "msl \t blank ", "msl-löwe", "msl-\\nx"])(
    "finds the process whose name is %j, and describes it as it is",
    async (name) => {
      const target = await targets.start("named", name);
      const { processes } = findProcesses(name);
      expect(processes.map(({ pid }) => pid)).toEqual([target.pid]);
      expect(processes[0]).toMatchObject({
        name,
        parentPid: process.pid,
        uid: process.getuid?.(),
        commandLine: expect.stringContaining(name),
      });
      expect(processes[0]?.exePath).toBe(join(targets.folder, "named"));
      target.end();
    },
  );

  it("compares whole names, upper and lower case, and nothing is a pattern", async () => {
    const target = await targets.start("named", "msl-Exact.1");
    expect(pidsOf("msl-Exact.1")).toEqual([target.pid]);
    for (const other of ["msl-exact.1", "msl-Exact", "msl-Exact.", "msl-Exact.?", "*", "msl-Exact.11"])
      expect(pidsOf(other)).toEqual([]);
    target.end();
  });

  it("finds a program by the name of its file, which may be longer than the name that the kernel keeps", async () => {
    const [long, kept] = ["a-program-with-a-long-name", "a-program-with-"];
    copyFileSync(targets.program("named"), join(targets.folder, long));
    const child = spawn(join(targets.folder, long), [], { stdio: ["ignore", "pipe", "ignore"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect([pidsOf(long), pidsOf(kept)]).toEqual([[child.pid], [child.pid]]);
    child.kill("SIGKILL");
  });

  it("never means the process that searches, nor the ones that started it", () => {
    const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8").slice(0, -1);
    for (const [pid, reason] of [
      [process.pid, "own"],
      [process.ppid, "ancestor"],
    ] as const) {
      const { processes, passedOver } = findProcesses(nameOf(pid));
      expect(processes.map((one) => one.pid)).not.toContain(pid);
      expect(passedOver.find((one) => one.process.pid === pid)?.reason).toBe(reason);
    }
  });

  it("says that a name means several processes, or none, with a stable code", async () => {
    const all = await Promise.all([targets.start("named", "msl-twice"), targets.start("named", "msl-twice")]);
    const found = findProcesses("msl-twice");
    expect(found.processes.map(({ pid }) => pid)).toEqual(all.map(({ pid }) => pid).sort((a, b) => a - b));
    expect(nameFinding("msl-twice", found)).toMatchObject({ code: "ambiguous-name", blocks: true });
    for (const target of all) target.end();
    const none = findProcesses("a-name-that-nobody-has");
    expect(nameFinding("a-name-that-nobody-has", none)).toMatchObject({
      code: "no-such-process",
      remedy: expect.stringMatching(/15 bytes/),
    });
  });

  it("passes over a process that has ended and whose parent has not noticed", async () => {
    const shell = spawn("sh", ["-c", `'${targets.program("named")}' msl-zombie 1 & exec sleep 100`], { stdio: "ignore" });
    const reasons = () => findProcesses("msl-zombie").passedOver.map(({ reason }) => reason);
    while (reasons().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect([reasons(), pidsOf("msl-zombie")]).toEqual([["zombie"], []]);
    shell.kill("SIGKILL");
  });

  it("refuses names that nothing can have", async () => {
    expect(() => findProcesses("")).toThrow(expect.objectContaining({ code: "usage" }));
    await expect(waitForProcess("x", { timeoutMs: Number.NaN })).rejects.toMatchObject({ code: "usage" });
  });

  it("waits for a process, reports one that was gone at once, and returns the one that stays", async () => {
    const gone: number[] = [];
    const waiting = waitForProcess("msl-late", { timeoutMs: 20_000, onGone: (pid) => gone.push(pid) });
    // Its parent never notices its end: it stays in /proc, without memory.
    const shell = spawn("sh", ["-c", `'${targets.program("named")}' msl-late 1 & exec sleep 100`], { stdio: "ignore" });
    while (gone.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const target = await targets.start("named", "msl-late");
    expect((await waiting).processes.map(({ pid }) => pid)).toEqual([target.pid]);
    expect(gone).toHaveLength(1);
    expect(gone).not.toContain(target.pid);
    target.end();
    shell.kill("SIGKILL");
  });

  it("finds a process that gets its name long after its start", async () => {
    const [before, after] = ["named", "exec-later"].map((name) => join(targets.folder, name));
    copyFileSync(targets.program("named"), after ?? "");
    const shell = spawn("sh", ["-c", `sleep 1.5; exec '${after}'`], { stdio: "ignore" });
    expect(before).not.toBe(after);
    expect((await waitForProcess("exec-later", { timeoutMs: 20_000 })).processes.map(({ pid }) => pid)).toEqual([shell.pid]);
    shell.kill("SIGKILL");
  });

  it("ends waiting when the time is over, and when it is cancelled", async () => {
    expect((await waitForProcess("a-name-that-nobody-has", { timeoutMs: 30 })).processes).toEqual([]);
    const abort = new AbortController();
    const waiting = waitForProcess("a-name-that-nobody-has", { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "aborted" });
  });

  it("does not capture a process that got the pid of the one that was found", async () => {
    const target = await targets.start("named", "msl-found");
    const { startTicks = 0n } = findProcesses("msl-found").processes[0] ?? {};
    const sink = new BytesSink();
    await expect(acquire(target.pid, sink, { startTicks: startTicks + 1n })).rejects.toMatchObject({ code: "source" });
    expect(sink.bytes()).toHaveLength(0);
    expect((await acquire(target.pid, new BytesSink(), { startTicks })).complete).toBe(true);
    target.end();
  });
});
