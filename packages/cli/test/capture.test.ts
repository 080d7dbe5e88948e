/** `msl capture`: the file that it writes, what it refuses, and what it leaves when it is interrupted. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IS_ROOT, NOBODY, newOutput as outputIn, scratchFolder, stateOf } from "./live-processes.js";
import { MAIN, msl, mslBeside } from "./run-msl.js";

const scratch = scratchFolder("capture");
/** A process with so much memory that capturing it takes a while. */
const LARGE =
  "const all = []; for (let i = 0; i < 24; i++) all.push(Buffer.alloc(2 ** 24, i + 1)); console.log(1); setInterval(() => all, 1e6);";
const newOutput = () => outputIn(scratch);

describe.runIf(process.platform === "linux")("msl capture", () => {
  let small: ChildProcess;
  let large: ChildProcess;
  const pid = () => String(small.pid);
  const largePid = () => Number(large.pid);
  beforeAll(async () => {
    small = spawn("sleep", ["600"], { stdio: "ignore" });
    large = spawn(process.execPath, ["-e", LARGE], { stdio: ["ignore", "pipe", "ignore"] });
    if (large.stdout) await once(large.stdout, "data");
  });
  afterAll(() => {
    small.kill("SIGKILL");
    large.kill("SIGKILL");
  });

  it("writes a file that only its owner can read, verifies and lints, and reports its digest also in the case log", async () => {
    const [out, log] = [newOutput(), join(scratch, "case.jsonl")];
    const { status, stdout } = msl(["capture", pid(), "-o", out, "--hash", "sha256", "--log", log, "--json"]);
    expect(status).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schema: "msl.capture/1", file: out, pid: Number(pid()), complete: true, consistent: true });
    expect(report.digest).toBe(createHash("sha256").update(readFileSync(out)).digest("hex"));
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const [line = "", ...others] = readFileSync(log, "utf8").trimEnd().split("\n");
    expect([JSON.parse(line).digest, others]).toEqual([report.digest, []]);
    expect(msl(["verify", out]).status).toBe(0);
    expect(msl(["lint", out, "--level", "error"]).status).toBe(0);
    const capture = await openCapture(out, { strict: true });
    expect(capture.header).toMatchObject({ pid: Number(pid()), osTypeName: "Linux" });
    expect((await capture.modules()).map(({ path }) => path)).toContain(report.exePath);
    await capture.close();
  });

  it("never replaces a file without --force", () => {
    const out = newOutput();
    writeFileSync(out, "evidence", { mode: 0o644 });
    expect(msl(["capture", pid(), "-o", out])).toMatchObject({ status: 2, stderr: expect.stringContaining("exists already") });
    expect(readFileSync(out, "utf8")).toBe("evidence");
    expect(msl(["capture", pid(), "-o", out, "--force"]).status).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
  });

  it("writes to standard output, and the report to standard error", async () => {
    const { status, stdout, stderr } = await mslBeside(["capture", pid(), "-o", "-", "--json"]);
    expect([status, stdout.slice(0, 8)]).toEqual([0, "MEMSLICE"]);
    expect(JSON.parse(stderr)).toMatchObject({ schema: "msl.capture/1", file: "-" });
  });

  it("encrypts, and compresses", () => {
    const [out, key] = [newOutput(), join(scratch, "key")];
    writeFileSync(key, "ab".repeat(32));
    const { status, stdout } = msl(["capture", pid(), "-o", out, "--out-key-file", key, "--compression", "zstd", "--json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).sha256).toBe(createHash("sha256").update(readFileSync(out)).digest("hex"));
    expect(msl(["verify", out, "--key-file", key])).toMatchObject({ status: 0 });
  });

  it.each([
    [["999999999"], 5, /There is no process 999999999/, "no-such-process"],
    [["2"], 5, /is a thread of the kernel|There is no process 2/, undefined],
  ] as const)(
    "%j: says with status 5 why it cannot be captured, with a stable code, and writes nothing",
    (words, status, reason, code) => {
      const out = newOutput();
      const result = msl(["capture", ...words, "-o", out, "--json"]);
      expect([result.status, existsSync(out)]).toEqual([status, false]);
      expect(result.stderr).toMatch(reason);
      const { error, findings } = JSON.parse(result.stdout);
      expect(error.code).toBe("not-permitted");
      if (code) expect(findings[0]).toMatchObject({ code, blocks: true });
    },
  );

  it.runIf(IS_ROOT)("says which user may capture the process of another one", async () => {
    const out = newOutput();
    const result = await mslBeside(["capture", pid(), "-o", out, "--json"], { user: NOBODY });
    expect([result.status, existsSync(out)]).toEqual([5, false]);
    expect(JSON.parse(result.stdout).findings[0]).toMatchObject({ code: "other-user", remedy: "run it as user 0, or as root" });
  });

  it("a process that has ended, and one that captures itself, are refused", async () => {
    const shell = spawn("sh", ["-c", "sleep 0 & exec sleep 100"], { stdio: "ignore" });
    const children = () => readFileSync(`/proc/${shell.pid}/task/${shell.pid}/children`, "utf8").trim();
    while (children() === "" || stateOf(Number(children())) !== "Z") await new Promise((resolve) => setTimeout(resolve, 10));
    expect(JSON.parse(msl(["capture", children(), "--check", "--json"]).stdout).findings[0]).toMatchObject({ code: "zombie" });
    shell.kill("SIGKILL");
  });

  it.each([
    [["capture"], /needs one PID/],
    [["capture", "sh"], /is no process id/],
    [["capture", "1", "--retries", "x"], /--retries takes/],
    [["capture", "1", "--protection", "q"], /--protection takes/],
    [["capture", "1", "--max-region", "big"], /--max-region takes a size/],
    [["capture", "1", "--max-size", "big"], /--max-size takes a size/],
    [["capture", "1", "--ranges", "10-5"], /is empty/],
  ] as const)("%j is wrong usage", (words, reason) => {
    const out = newOutput();
    const result = msl([...words.map((word) => (word === "1" ? pid() : word)), "-o", out]);
    expect([result.status, existsSync(out)]).toEqual([2, false]);
    expect(result.stderr).toMatch(reason);
  });

  it("refuses before it writes what would be larger than --max-size", () => {
    const out = newOutput();
    const result = msl(["capture", String(largePid()), "-o", out, "--max-size", "1MiB"]);
    expect([result.status, existsSync(out)]).toEqual([3, false]);
    expect(result.stderr).toMatch(/--max-size allows 1.00 MiB/);
  });

  it("leaves an earlier file as it is when the capture never begins, also with --force and --discard-partial", () => {
    const out = newOutput();
    writeFileSync(out, "evidence", { mode: 0o640 });
    for (const words of [[], ["--discard-partial"]]) {
      const result = msl(["capture", String(largePid()), "-o", out, "--force", "--max-size", "1MiB", ...words]);
      expect(result.status).toBe(3);
      expect(readFileSync(out, "utf8")).toBe("evidence");
      expect(statSync(out).mode & 0o777).toBe(0o640);
    }
  });

  it("refuses a case log that is the new capture or another one, by whatever name, before anything is touched", () => {
    const [out, link] = [newOutput(), join(scratch, "log-link")];
    symlinkSync(out, link);
    for (const log of [out, link, join(out, "..", ".", out.slice(out.lastIndexOf("/") + 1))]) {
      const result = msl(["capture", pid(), "-o", out, "--log", log]);
      expect([result.status, existsSync(out)]).toEqual([2, false]);
      expect(result.stderr).toContain("name another file with --log");
    }
    const [earlier, other] = [newOutput(), newOutput()];
    writeFileSync(earlier, "MEMSLICE, evidence");
    linkSync(earlier, other);
    for (const words of [
      ["-o", earlier, "--log", other, "--force"],
      ["-o", out, "--log", earlier],
    ]) {
      expect(msl(["capture", pid(), ...words]).status).toBe(2);
      expect([readFileSync(earlier, "utf8"), existsSync(out)]).toEqual(["MEMSLICE, evidence", false]);
    }
  });

  it("finds a case log that cannot be opened before the process is read", () => {
    const out = newOutput();
    const result = msl(["capture", pid(), "-o", out, "--log", join(out, "case.jsonl")]);
    expect([result.status, existsSync(out)]).toEqual([2, false]);
    expect(result.stderr).toContain("case.jsonl cannot be written");
  });

  it.runIf(existsSync("/dev/full"))("prints the report also if the case log fails at the end, and ends with 4", () => {
    const out = newOutput();
    const { status, stdout, stderr } = msl(["capture", pid(), "-o", out, "--log", "/dev/full", "--json"]);
    expect([status, JSON.parse(stdout).complete, existsSync(out)]).toEqual([4, true, true]);
    expect(stderr).toContain("/dev/full cannot be written");
  });

  it("captures a program whose name has a carriage return, and prints the name escaped", async () => {
    const program = join(mkdtempSync(join(scratch, "names-")), "sl\reep");
    copyFileSync("/bin/sleep", program);
    chmodSync(program, 0o755);
    const child = spawn(program, ["600"], { stdio: "ignore" });
    try {
      await once(child, "spawn");
      const { status, stdout, stderr } = msl(["capture", String(child.pid), "-o", newOutput()]);
      expect([status, stderr]).toEqual([0, ""]);
      expect(stdout).not.toContain("\r");
      expect(stdout).toMatch(/sl\\(?:r|x0d|u000d|u\{d\})eep/i);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s leaves a capture that can be read and says that it has no end, and a process that runs",
    async (signal) => {
      const out = newOutput();
      const child = spawn(process.execPath, [MAIN, "capture", String(largePid()), "-o", out, "--freeze"], { stdio: "ignore" });
      const ended = once(child, "exit");
      while ((existsSync(out) ? statSync(out).size : 0) < 10_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill(signal);
      expect((await ended)[0]).toBe(signal === "SIGINT" ? 130 : 143);
      expect(JSON.parse(msl(["verify", out, "--json"]).stdout)).toMatchObject({
        outcome: "incomplete",
        verdict: expect.stringMatching(/chain-ok\+no-eoc/),
      });
      const capture = await openCapture(out);
      expect((await capture.memory.extent()).captured).toBeGreaterThan(4_000_000n);
      await capture.close();
      while (stateOf(largePid()) === "T") await new Promise((resolve) => setTimeout(resolve, 10));
    },
  );

  it("--discard-partial removes what an interrupted capture has written", async () => {
    const out = newOutput();
    const child = spawn(process.execPath, [MAIN, "capture", String(largePid()), "-o", out, "--discard-partial"], {
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    while ((existsSync(out) ? statSync(out).size : 0) < 10_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    expect(readdirSync(join(out, ".."))).toEqual([]);
  });

  it("a capture that was killed can be read up to its last complete block", async () => {
    const out = newOutput();
    const child = spawn(process.execPath, [MAIN, "capture", String(largePid()), "-o", out], { stdio: "ignore" });
    const ended = once(child, "exit");
    while ((existsSync(out) ? statSync(out).size : 0) < 50_000_000) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    await ended;
    const capture = await openCapture(out);
    expect((await capture.verify()).verdict).toMatch(/chain-ok\+no-eoc/);
    expect((await capture.memory.extent()).captured).toBeGreaterThan(30_000_000n);
    await capture.close();
  });
});
