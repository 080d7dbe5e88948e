/** `msl capture --tree`: a folder with a capture for each process, and a report with a row for each. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { childrenOf, IS_ROOT, NOBODY, newOutput, scratchFolder, stateOf } from "./live-processes.js";
import { MAIN, msl, mslBeside } from "./run-msl.js";

const scratch = scratchFolder("tree");
const newFolder = () => newOutput(scratch, "case");

interface Row {
  readonly pid: number;
  readonly name: string;
  readonly file?: string;
  readonly error?: { readonly code: string };
  readonly capture?: { readonly dumpUuid: string; readonly digest: string; readonly complete: boolean; readonly freeze?: object };
}

/** A shell with two children, all of a process group of their own. */
async function family(
  script = "sleep 600 & sleep 601 & wait",
  children = 2,
  user: SpawnOptions = {},
): Promise<ChildProcess & { readonly pid: number }> {
  const shell = spawn("sh", ["-c", script], { stdio: "ignore", detached: true, ...user });
  while (childrenOf(shell.pid ?? 0).length < children) await new Promise((resolve) => setTimeout(resolve, 5));
  return shell as ChildProcess & { readonly pid: number };
}
const end = ({ pid }: { readonly pid: number }) => process.kill(-pid, "SIGKILL");

describe.runIf(process.platform === "linux")("msl capture --tree", () => {
  it("writes a capture for each process, which only the owner can read, and the same report to the folder, the log and standard output", async () => {
    const shell = await family();
    const [folder, log] = [newFolder(), join(scratch, "case.jsonl")];
    const { status, stdout, stderr } = msl([
      "capture",
      String(shell.pid),
      "--tree",
      "-o",
      folder,
      "--freeze",
      "--hash",
      "sha256",
      "--log",
      log,
      "--json",
    ]);
    const pids = [shell.pid, ...childrenOf(shell.pid)];
    expect(pids.map(stateOf)).not.toContain("T");
    end(shell);
    expect([status, stderr]).toEqual([0, ""]);
    const report = JSON.parse(stdout);
    expect(misfits("capture", report)).toEqual([]);
    const rows: Row[] = report.processes;
    expect([report.pid, report.complete, rows.map(({ pid }) => pid)]).toEqual([shell.pid, true, pids]);
    expect(readdirSync(folder).sort()).toEqual(["captures.json", ...rows.map(({ file = "" }) => file)].sort());
    expect([
      statSync(folder).mode & 0o777,
      ...readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777),
    ]).toEqual([0o700, 0o600, 0o600, 0o600, 0o600]);
    expect(JSON.parse(readFileSync(join(folder, "captures.json"), "utf8"))).toEqual(report);
    const { time: _, ...logged } = JSON.parse(readFileSync(log, "utf8"));
    expect(logged).toEqual(report);
    for (const { pid, name, file = "", capture } of rows) {
      expect([file, capture?.complete]).toEqual([`${pid}-${name}.msl`, true]);
      expect(
        createHash("sha256")
          .update(readFileSync(join(folder, file)))
          .digest("hex"),
      ).toBe(capture?.digest);
      expect(msl(["verify", join(folder, file)]).status).toBe(0);
      const opened = await openCapture(join(folder, file), { strict: true });
      expect([opened.header.pid, opened.header.dumpUuid]).toEqual([pid, capture?.dumpUuid]);
      await opened.close();
    }
  });

  it.runIf(IS_ROOT)("has a row for a process that may not be read, says why, and captures the others", async () => {
    // The kernel lets nobody read the process of a program that its user may execute and not read.
    const closed = join(scratch, "closed");
    copyFileSync("/bin/sleep", closed);
    chmodSync(closed, 0o711);
    chmodSync(scratch, 0o755);
    const shell = await family(`sleep 600 & ${closed} 601 & wait`, 2, { uid: NOBODY, gid: NOBODY });
    const folder = newFolder();
    chmodSync(join(folder, ".."), 0o777);
    const isClosed = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith(closed);
    while (!childrenOf(shell.pid).some(isClosed)) await new Promise((resolve) => setTimeout(resolve, 5));
    const words = ["capture", String(shell.pid), "--tree", "-o", folder, "--freeze", "--json"];
    const { status, stdout } = await mslBeside(words, { user: NOBODY });
    end(shell);
    const report = JSON.parse(stdout);
    expect([misfits("capture", report), status, report.complete]).toEqual([[], 4, false]);
    const rows: (Row & { readonly findings: readonly object[] })[] = report.processes;
    expect(rows.map(({ capture, error }) => capture?.complete ?? error?.code).sort()).toEqual(
      [true, true, "not-permitted"].sort(),
    );
    const refused = rows.find(({ error }) => error);
    expect(refused).toMatchObject({ name: "closed", findings: [{ code: "not-dumpable", blocks: true }] });
    expect(refused?.file).toBeUndefined();
    expect(readdirSync(folder).sort()).toEqual(["captures.json", ...rows.flatMap(({ file }) => file ?? [])].sort());
  });

  it("makes names of files that stay in the folder, and prints hostile names without terminal escapes", async () => {
    const script = 'process.title = "../\\u001b[31mx\\n"; console.log(1); setInterval(() => {}, 1e6);';
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    await once(child.stdout, "data");
    const folder = newFolder();
    const { status, stdout } = msl(["capture", String(child.pid), "--tree", "-o", folder]);
    child.kill("SIGKILL");
    expect([status, readdirSync(join(folder, "..")), readdirSync(folder)]).toEqual([
      0,
      ["case"],
      [`${child.pid}-..___31mx_.msl`, "captures.json"],
    ]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("../\\u{1b}[31mx\\u{a}");
  });

  it("has a row for a process that cannot be captured, and ends with 4", async () => {
    const shell = await family("sleep 600 & sleep 0 & exec sleep 601");
    const gone = () => childrenOf(shell.pid).find((pid) => stateOf(pid) === "Z");
    while (gone() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    const folder = newFolder();
    const { status, stdout } = msl(["capture", String(shell.pid), "--tree", "-o", folder, "--json"]);
    const report = JSON.parse(stdout);
    expect([status, report.complete, misfits("capture", report)]).toEqual([4, false, []]);
    const row = (report.processes as Row[]).find(({ pid }) => pid === gone());
    expect(row).toMatchObject({ error: { code: "not-permitted" }, findings: [{ code: "zombie" }] });
    expect(row).not.toHaveProperty("file");
    expect((report.processes as Row[]).filter(({ capture }) => capture)).toHaveLength(2);
    const check = msl(["capture", String(shell.pid), "--tree", "--check", "--json"]);
    const { processes, ...checked } = JSON.parse(check.stdout);
    expect([check.status, misfits("capture", { ...checked, processes }), checked.permitted]).toEqual([4, [], false]);
    expect(processes.map(({ pid, findings }: { pid: number; findings: object[] }) => [pid, findings.length])).toEqual(
      [shell.pid, ...childrenOf(shell.pid)].map((pid) => [pid, pid === gone() ? 1 : 0]),
    );
    end(shell);
  });

  it("writes into a folder that is not empty only with --force, and replaces only files of the same names", async () => {
    const shell = await family();
    const folder = newFolder();
    mkdirSync(folder);
    const [kept, replaced] = [join(folder, "notes.txt"), join(folder, `${shell.pid}-sh.msl`)];
    writeFileSync(kept, "evidence");
    symlinkSync(kept, replaced);
    const refused = msl(["capture", String(shell.pid), "--tree", "-o", folder]);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("is not empty; --force")]);
    expect(msl(["capture", String(shell.pid), "--tree", "-o", folder, "--force"]).status).toBe(0);
    end(shell);
    expect(readFileSync(kept, "utf8")).toBe("evidence");
    expect(readFileSync(replaced).subarray(0, 8).toString()).toBe("MEMSLICE");
  });

  it("stays within --max-size with all captures together, and says which are missing", async () => {
    const shell = await family();
    const folder = newFolder();
    const { status, stdout } = msl(["capture", String(shell.pid), "--tree", "-o", folder, "--max-size", "3MiB", "--json"]);
    end(shell);
    const files = readdirSync(folder).filter((name) => name.endsWith(".msl"));
    expect([status, files.length < 3]).toEqual([4, true]);
    expect(files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(3 * 2 ** 20);
    expect((JSON.parse(stdout).processes as Row[]).flatMap(({ error }) => error?.code ?? [])).toContain("limit");
  });

  it("encrypts every capture", async () => {
    const shell = await family();
    const [folder, key] = [newFolder(), join(scratch, "key")];
    writeFileSync(key, "ab".repeat(32));
    const { status } = msl(["capture", String(shell.pid), "--tree", "-o", folder, "--out-key-file", key]);
    end(shell);
    expect(status).toBe(0);
    const files = readdirSync(folder).filter((name) => name.endsWith(".msl"));
    expect(files).toHaveLength(3);
    for (const file of files) expect(msl(["verify", join(folder, file), "--key-file", key]).status).toBe(0);
  });

  it("an investigation counts all targets", async () => {
    const shell = await family();
    const folder = newFolder();
    const who = ["--investigation", "--operator", "A. Examiner", "--host", "lab", "--no-encrypt"];
    const { status } = await mslBeside(["capture", String(shell.pid), "--tree", "-o", folder, ...who]);
    const [file = ""] = readdirSync(folder);
    end(shell);
    expect([0, 4]).toContain(status);
    expect(JSON.parse(msl(["system", join(folder, file), "--json"]).stdout)).toMatchObject({ systems: [{ targetCount: 3 }] });
  });

  it("Ctrl-C lets all processes go on, keeps finished captures and says in captures.json which are missing", async () => {
    const large =
      "const all = []; for (let i = 0; i < 24; i++) all.push(Buffer.alloc(2 ** 24, i + 1)); console.log(1); setInterval(() => all, 1e6);";
    const parent = spawn("sh", ["-c", `sleep 600 & exec '${process.execPath}' -e '${large}'`], {
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
    });
    await once(parent.stdout, "data");
    const pid = parent.pid ?? 0;
    const folder = newFolder();
    const child = spawn(process.execPath, [MAIN, "capture", String(pid), "--tree", "-o", folder, "--freeze"], {
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    const size = () =>
      Math.max(0, ...(existsSync(folder) ? readdirSync(folder) : []).map((name) => statSync(join(folder, name)).size));
    while (size() < 10_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
    const pids = [pid, ...childrenOf(pid)];
    expect(pids.map(stateOf)).toEqual(["T", "T"]);
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    while (pids.some((one) => stateOf(one) === "T")) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill(-pid, "SIGKILL");
    const report = JSON.parse(readFileSync(join(folder, "captures.json"), "utf8"));
    expect((report.processes as Row[]).map(({ capture, error }) => capture?.complete ?? error?.code)).toEqual(["aborted", true]);
    expect(msl(["verify", join(folder, report.processes[0].file)]).status).toBe(4);
  });

  it.each([
    [["1", "--tree", "-o", "-"], /name a folder/],
    [["1", "--tree", "--repeat", "2", "--every", "1", "-o", "OUT"], /exclude each other/],
    [["PARENT", "--tree", "--freeze", "-o", "OUT"], /is in the tree/],
    [["1", "--tree", "-o", "OUT", "--log", "OUT/case.jsonl"], /in the folder of the new captures|cannot be written/],
  ])("%j is wrong usage", async (words, reason) => {
    const shell = await family();
    const folder = newFolder();
    const known: Record<string, string> = { "1": String(shell.pid), PARENT: String(process.pid), OUT: folder };
    const result = msl(["capture", ...words.map((word) => known[word] ?? word.replace("OUT", folder))]);
    end(shell);
    expect([result.status, existsSync(folder)]).toEqual([2, false]);
    expect(result.stderr).toMatch(reason);
  });
});
