/** `msl capture --name`, with and without --wait: which process is taken, and what is said if there is none, or several. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { newOutput as outputIn, scratchFolder } from "./live-processes.js";
import { MAIN, msl } from "./run-msl.js";

const scratch = scratchFolder("by-name");
let programs = 0;

/** A program that sleeps, with a name that no other process has. */
function program(name = `msl-test-${process.pid % 1000}-${programs++}`): string {
  const path = join(mkdtempSync(join(scratch, "program-")), name);
  copyFileSync("/bin/sleep", path);
  return path;
}
const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const started = async (path: string, seconds = "600") => {
  const child = spawn(path, [seconds], { stdio: "ignore" });
  await once(child, "spawn");
  return child;
};
const newOutput = () => outputIn(scratch);

describe.runIf(process.platform === "linux")("msl capture --name", () => {
  it("captures the one process that has the name", async () => {
    const [path, out] = [program(), newOutput()];
    const child = await started(path);
    try {
      const { status, stdout } = msl(["capture", "--name", nameOf(path), "-o", out, "--json"]);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ pid: child.pid, exePath: path, complete: true });
      const capture = await openCapture(out);
      expect(capture.header.pid).toBe(child.pid);
      await capture.close();
      expect(msl(["capture", "--name", nameOf(path), "--check"])).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`${child.pid} can be`),
      });
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("captures none of several processes: it lists them, without terminal escapes, and ends with 5", async () => {
    const [path, out] = [program("msl\u001b[31m\nred"), newOutput()];
    const children = [await started(path), await started(path, "601")];
    try {
      const words = ["capture", "--name", nameOf(path), "-o", out];
      const text = msl(words);
      expect([text.status, existsSync(out)]).toEqual([5, false]);
      expect(text.stderr).not.toContain("\u001b");
      for (const { pid } of children)
        expect(text.stderr).toMatch(new RegExp(`^ +${pid}  \\S+ .*\\\\u\\{1b\\}\\[31m\\\\u\\{a\\}red 60[01]$`, "m"));
      const document = JSON.parse(msl([...words, "--json"]).stdout);
      expect(misfits("capture", document)).toEqual([]);
      expect(document.findings).toMatchObject([{ code: "ambiguous-name", blocks: true }]);
      expect(document.candidates.map(({ pid }: { pid: number }) => pid).sort()).toEqual(children.map(({ pid }) => pid).sort());
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  it("says with 5 that no process has the name, and that it never means itself", async () => {
    const out = newOutput();
    const none = msl(["capture", "--name", "a-name-that-nobody-has", "-o", out, "--json"]);
    expect([none.status, existsSync(out)]).toEqual([5, false]);
    expect(misfits("capture", JSON.parse(none.stdout))).toEqual([]);
    expect(JSON.parse(none.stdout).findings).toMatchObject([{ code: "no-such-process" }]);
    const [own, sh] = [join(scratch, "msl-own-node"), join(scratch, "msl-own-sh")];
    copyFileSync(process.execPath, own);
    copyFileSync("/bin/sh", sh);
    for (const [name, reason] of [
      ["msl-own-node", /is this program itself/],
      ["msl-own-sh", /started this program: give the PID/],
    ] as const) {
      const shell = spawn(sh, ["-c", `'${own}' '${MAIN}' capture --name ${name} -o '${out}'; exit $?`], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      shell.stderr.on("data", (text) => {
        said += String(text);
      });
      expect((await once(shell, "close"))[0]).toBe(5);
      expect(said).toMatch(reason);
    }
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [["1", "--name", "x"], /takes the place of the PID/],
    [["--name", ""], /it is empty/],
    [["1", "--wait"], /give --name/],
    [["1", "--timeout", "3"], /is for --wait/],
    [["--name", "x", "--timeout", "3"], /is for --wait/],
    [["--name", "x", "--wait", "--timeout", "soon"], /takes a time in seconds/],
  ])("%j is wrong usage", (words, reason) => {
    const out = newOutput();
    const result = msl(["capture", ...words, "-o", out]);
    expect([result.status, existsSync(out)]).toEqual([2, false]);
    expect(result.stderr).toMatch(reason);
  });

  it("waits for a process to appear, and captures it", async () => {
    const [path, out] = [program(), newOutput()];
    const words = ["capture", "--name", nameOf(path), "--wait", "--timeout", "1m", "-o", out, "--json"];
    const waiting = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    waiting.stdout.on("data", (text) => {
      said += String(text);
    });
    const ended = once(waiting, "close");
    expect(String(await once(waiting.stderr, "data"))).toContain("waiting for a process with the name");
    expect(existsSync(out)).toBe(false);
    const child = await started(path);
    const [status] = await ended;
    child.kill("SIGKILL");
    expect([status, JSON.parse(said).pid]).toEqual([0, child.pid]);
  });

  it("goes on waiting if a process ends before it could be stopped and captured", async () => {
    const [path, out] = [program(), newOutput()];
    const words = ["capture", "--name", nameOf(path), "--wait", "--timeout", "1m", "-o", out, "--freeze", "--json"];
    const waiting = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    waiting.stdout.on("data", (text) => {
      said += String(text);
    });
    const ended = once(waiting, "close");
    await once(waiting.stderr, "data");
    for (let i = 0; i < 3; i++) await once(await started(path, "0.03"), "exit");
    const child = await started(path);
    const [status] = await ended;
    child.kill("SIGKILL");
    expect([status, JSON.parse(said).pid]).toEqual([0, child.pid]);
  });

  it("ends with 5 when the time is over", () => {
    const out = newOutput();
    const result = msl(["capture", "--name", "a-name-that-nobody-has", "--wait", "--timeout", "200ms", "-o", out]);
    expect([result.status, existsSync(out)]).toEqual([5, false]);
    expect(result.stderr).toMatch(/No process has the name .*, in 0.2 s/);
  });

  it("Ctrl-C ends the waiting, and leaves nothing behind", async () => {
    const out = newOutput();
    const child = spawn(process.execPath, [MAIN, "capture", "--name", "a-name-that-nobody-has", "--wait", "-o", out], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    await once(child.stderr, "data");
    child.kill("SIGINT");
    expect((await once(child, "exit"))[0]).toBe(130);
    expect(readdirSync(join(out, ".."))).toEqual([]);
  });

  it("refuses an OUT that exists before it waits", () => {
    const out = newOutput();
    writeFileSync(out, "evidence");
    const result = msl(["capture", "--name", "a-name-that-nobody-has", "--wait", "-o", out]);
    expect([result.status, result.stderr]).toEqual([2, expect.stringContaining("exists already")]);
  });
});
