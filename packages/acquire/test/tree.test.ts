/** The capture of a tree of processes: who belongs to it, how the captures are related, and that all processes are stopped together and go on together. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { openProcessTree, type ProcessTree } from "../src/index.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";
import { BRANCHES, childrenOf, holderOf, pidsOf, until } from "./support/tree.js";

const NAMES = ["root", "left", "right", "deep", "deeper"];

async function captureAll(tree: ProcessTree): Promise<Map<string, Awaited<ReturnType<typeof openCapture>>>> {
  const captures = new Map();
  for (const { pid, name, permitted } of tree.processes) {
    if (!permitted) continue;
    const sink = new BytesSink();
    await tree.acquire(pid, sink);
    const capture = await openCapture(sink.bytes(), { strict: true });
    expect((await capture.verify()).outcome).toBe("intact");
    captures.set(name, capture);
  }
  return captures;
}

async function relationsOf(capture: Awaited<ReturnType<typeof openCapture>>): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of capture.decodeAll())
    for (const { result } of batch)
      if (result.payload?.kind === "RelatedDump")
        found.push(`${result.payload.relationshipName} ${result.payload.relatedPid} ${result.payload.relatedDumpUuid}`);
  return found.sort();
}

describe.runIf(CAN_CAPTURE)("a tree of processes", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("has all processes below the root, children first, and each capture names its parent and its children", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const pids = pidsOf(target);
    const tree = await openProcessTree(target.pid);
    expect(tree.processes.map(({ name }) => name)).toEqual(["deeper", "deep", "left", "right", "root"]);
    expect(tree.processes.map(({ pid }) => pid).sort()).toEqual([target.pid, ...childrenOf(target.pid)].sort());
    const captures = await captureAll(tree);
    const changes = tree.end();
    expect([changes.appeared, changes.ended, changes.freezes.size]).toEqual([[], [], 0]);
    const uuid = (name: string) => captures.get(name)?.header.dumpUuid;
    const relation = (word: string, name: string) => `${word} ${pids.get(name)} ${uuid(name)}`;
    for (const name of NAMES) expect(captures.get(name)?.header.pid).toBe(pids.get(name));
    const related = new Map<string, string[]>();
    for (const [name, capture] of captures) related.set(name, await relationsOf(capture));
    expect(Object.fromEntries(related)).toEqual({
      root: [relation("child", "left"), relation("child", "right")].sort(),
      left: [relation("child", "deep"), relation("parent", "root")],
      right: [relation("parent", "root")],
      deep: [relation("child", "deeper"), relation("parent", "left")],
      deeper: [relation("parent", "deep")],
    });
    target.end();
  });

  it("is stopped as a whole while it is captured, and goes on as a whole", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const pids = [...pidsOf(target).values()];
    const tree = await openProcessTree(target.pid, { freeze: true });
    expect(pids.map(stateOf)).toEqual(pids.map(() => "T"));
    const [first] = tree.processes;
    const report = await tree.acquire(first?.pid ?? 0, new BytesSink());
    expect(report.freeze?.method).toBe("signal");
    expect(pids.map(stateOf)).toEqual(pids.map(() => "T"));
    const { freezes, notStopped } = tree.end();
    await until(() => pids.every((pid) => stateOf(pid) !== "T"));
    expect([...freezes.keys()].sort()).toEqual([...pids].sort());
    expect([...freezes.values()].every(({ method, stoppedMs }) => method === "signal" && stoppedMs > 0)).toBe(true);
    expect(notStopped.size).toBe(0);
    expect(tree.end()).toBe(tree.end());
    target.end();
  });

  it("that grows while it is stopped is stopped with every process that it has started", async () => {
    const target = await targets.start("tree", "forks:400");
    const tree = await openProcessTree(target.pid, { freeze: true });
    const pids = [target.pid, ...childrenOf(target.pid)];
    expect(tree.processes.map(({ pid }) => pid).sort()).toEqual([...pids].sort());
    expect(new Set(pids.map(stateOf))).toEqual(new Set("T"));
    tree.end();
    await until(() => pids.every((pid) => stateOf(pid) !== "T"));
    target.end();
  });

  it("reads the files of its modules before it is stopped, and each of them once", async () => {
    // A program of 32 MiB: the rest is behind what is loaded.
    const [small, program] = [targets.program("tree"), join(targets.folder, "tree-and-more")];
    copyFileSync(small, program);
    truncateSync(program, 32 * 1024 * 1024);
    const target = await targets.startProgram(program, ...BRANCHES);
    const bytesRead = () => Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
    const start = bytesRead();
    const tree = await openProcessTree(target.pid, { freeze: true, hashAlgo: "SHA-256" });
    const stopped = bytesRead();
    const expected = createHash("sha256").update(readFileSync(program)).digest("hex");
    const before = bytesRead();
    for (const { pid } of tree.processes) {
      const { modules } = await tree.acquire(pid, new BytesSink());
      expect(modules.find(({ path }) => path === program)?.diskHash).toBe(expected);
    }
    expect(bytesRead() - before).toBeLessThan(32 * 1024 * 1024);
    expect(stopped - start).toBeGreaterThan(32 * 1024 * 1024);
    expect(stopped - start).toBeLessThan(64 * 1024 * 1024);
    tree.end();
    target.end();
  });

  it("leaves a process stopped that was stopped before", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const deep = pidsOf(target).get("deep") ?? 0;
    process.kill(deep, "SIGSTOP");
    await until(() => stateOf(deep) === "T");
    const tree = await openProcessTree(target.pid, { freeze: true });
    const { freezes } = tree.end();
    await until(() => stateOf(target.pid) !== "T");
    expect([freezes.get(deep), stateOf(deep)]).toEqual([{ method: "before", stoppedMs: 0, wentOn: false }, "T"]);
    target.end();
  });

  it("goes on as a whole when the capturing process is killed", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const pids = [...pidsOf(target).values()];
    const capturing = await holderOf(target.pid);
    expect(pids.map(stateOf)).toEqual(pids.map(() => "T"));
    capturing.kill("SIGKILL");
    await until(() => pids.every((pid) => stateOf(pid) !== "T"));
    target.end();
  });

  it("goes on when the work is cancelled, and when a capture fails", async () => {
    const target = await targets.start("tree", ...BRANCHES);
    const pids = [...pidsOf(target).values()];
    const abort = new AbortController();
    const opening = openProcessTree(target.pid, { freeze: true, signal: abort.signal });
    abort.abort();
    await expect(opening).rejects.toMatchObject({ code: "aborted" });
    await until(() => pids.every((pid) => stateOf(pid) !== "T"));
    const tree = await openProcessTree(target.pid, { freeze: true });
    const failing = { write: () => Promise.reject(new Error("full")) };
    await expect(tree.acquire(target.pid, failing as never)).rejects.toMatchObject({ code: "sink" });
    tree.end();
    await until(() => pids.every((pid) => stateOf(pid) !== "T"));
    target.end();
  });

  it("reports processes that cannot be captured, and relates those around them", async () => {
    const target = await targets.start("tree", "gone:root", "left:root");
    const gone = pidsOf(target).get("gone") ?? 0;
    await until(() => stateOf(gone) === "Z");
    const tree = await openProcessTree(target.pid);
    expect(tree.processes.find(({ pid }) => pid === gone)).toMatchObject({ permitted: false, findings: [{ code: "zombie" }] });
    const captures = await captureAll(tree);
    expect(tree.end().ended).toEqual([]);
    const root = captures.get("root");
    expect(root && (await relationsOf(root))).toHaveLength(1);
    target.end();
  });

  it("reports processes that appear or end while it is captured", async () => {
    const shell = spawn("sh", ["-c", "sleep 100 & read x; sleep 200 & wait"], { stdio: ["pipe", "ignore", "ignore"] });
    const pid = shell.pid ?? 0;
    await until(() => childrenOf(pid).length === 1);
    const [first = 0] = childrenOf(pid);
    const tree = await openProcessTree(pid);
    process.kill(first, "SIGKILL");
    await until(() => !existsSync(`/proc/${first}`) || stateOf(first) === "Z");
    shell.stdin.write("go\n");
    // Until it has become sleep, the child has the command line of the shell, which also says "sleep 200".
    await until(() =>
      childrenOf(pid).some((child) => child !== first && readFileSync(`/proc/${child}/cmdline`, "utf8").startsWith("sleep")),
    );
    const { appeared, ended } = tree.end();
    expect(appeared.map(({ commandLine }) => commandLine)).toEqual(["sleep 200"]);
    expect(ended).toEqual([first]);
    for (const one of [pid, ...childrenOf(pid)]) process.kill(one, "SIGKILL");
  });

  it("does not stop a tree that has this program in it", async () => {
    await expect(openProcessTree(process.ppid, { freeze: true })).rejects.toMatchObject({ code: "usage" });
    const tree = await openProcessTree(process.ppid);
    expect(tree.processes.find(({ pid }) => pid === process.pid)).toMatchObject({
      permitted: false,
      findings: [{ code: "own-process" }],
    });
    tree.end();
  });
});
