/** A process that is stopped while it is captured goes on afterwards, whatever happens. `MSL_KILLS` sets how often the capturing process is killed. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { BytesSink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { acquire } from "../src/acquire.js";
import { Rest } from "../src/freezing/rest.js";
import { captured } from "./support/captured.js";
import { CAN_CAPTURE, stateOf, Targets } from "./support/target.js";

const KILLS = Number(process.env["MSL_KILLS"] ?? 10);
/** The built package: the capturing process has to be one of its own, to be killed. */
const PACKAGE = join(import.meta.dirname, "..", "dist", "index.js");
const CAPTURE = `
import { acquire } from ${JSON.stringify(PACKAGE)};
import { fileSink } from "@memslice/msl";
const sink = await fileSink(process.argv[2], { overwrite: true, sync: "never" });
process.stdout.write("begun");
await acquire(Number(process.argv[1]), sink, { freeze: true });
`;

async function untilRuns(pid: number): Promise<void> {
  for (let i = 0; i < 500 && stateOf(pid) === "T"; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe.runIf(CAN_CAPTURE)("a process that is stopped while it is captured", () => {
  const targets = new Targets();
  afterAll(() => targets.remove());

  it("goes on when its capture is complete", async () => {
    const target = await targets.start("large", "64", "64");
    const { report } = await captured(target.pid, { freeze: true });
    expect(report.freeze?.method).toBe("signal");
    await untilRuns(target.pid);
    expect(stateOf(target.pid)).not.toBe("T");
    target.end();
  });

  it("goes on when the capture fails or is cancelled", async () => {
    const target = await targets.start("large", "256", "256");
    const states: string[] = [];
    const failing = { write: () => states.push(stateOf(target.pid)) > 2 && Promise.reject(new Error("full")) };
    await expect(acquire(target.pid, failing as never, { freeze: true })).rejects.toMatchObject({ code: "sink" });
    expect(states.at(-1)).toBe("T");
    await untilRuns(target.pid);
    expect(stateOf(target.pid)).not.toBe("T");
    const abort = new AbortController();
    const cancelled = acquire(target.pid, new BytesSink(), {
      freeze: true,
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(cancelled).rejects.toMatchObject({ code: "aborted" });
    await untilRuns(target.pid);
    expect(stateOf(target.pid)).not.toBe("T");
    target.end();
  });

  it("stays stopped if it was stopped before", async () => {
    const target = await targets.start("large", "16", "16");
    process.kill(target.pid, "SIGSTOP");
    while (stateOf(target.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    const { report } = await captured(target.pid, { freeze: true });
    expect(report.freeze).toEqual({ method: "before", stoppedMs: 0, wentOn: false });
    expect(stateOf(target.pid)).toBe("T");
    target.end();
  });

  it("that ran before it had come to rest is never taken for one at rest", async () => {
    const target = await targets.start("large", "16", "16");
    const rest = new Rest(target.pid);
    expect(rest.isReached()).toBe(false);
    process.kill(target.pid, "SIGSTOP");
    while (stateOf(target.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    expect(rest.isBroken).toBe(true);
    target.end();
  });

  it("that is let go on and stopped again in the middle is reported as one that went on", async () => {
    const target = await targets.start("large", "64", "64");
    let interrupted = false;
    const report = async () => {
      if (interrupted) return;
      interrupted = true;
      process.kill(target.pid, "SIGCONT");
      process.kill(target.pid, "SIGSTOP");
    };
    const { report: captureReport } = await captured(target.pid, { freeze: true, onProgress: () => void report() });
    expect(stateOf(target.pid)).not.toBe("T");
    expect(captureReport).toMatchObject({ freeze: { method: "signal", wentOn: true }, complete: false });
    expect((await captured(target.pid, { freeze: true })).report).toMatchObject({ freeze: { wentOn: false }, complete: true });
    target.end();
  });

  it("that another capture lets go on in the middle is reported as one that went on", async () => {
    const target = await targets.start("large", "64", "64");
    process.kill(target.pid, "SIGSTOP");
    while (stateOf(target.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 1));
    const going = { onProgress: () => void process.kill(target.pid, "SIGCONT") };
    const { report } = await captured(target.pid, { freeze: true, ...going });
    expect(report.freeze).toEqual({ method: "before", stoppedMs: 0, wentOn: true });
    expect(report.complete).toBe(false);
    const stopped = await captured(target.pid, { freeze: true, ...going });
    expect(stopped.report.freeze).toMatchObject({ method: "signal", wentOn: true });
    expect((await captured(target.pid, { freeze: true })).report).toMatchObject({ freeze: { wentOn: false }, complete: true });
    target.end();
  });

  it("goes on when the capturing process is killed at any moment", async () => {
    const target = await targets.start("large", "256", "256");
    let stopped = 0;
    for (let i = 0; i < KILLS; i++) {
      const words = ["--input-type=module", "-e", CAPTURE, String(target.pid), join(targets.folder, "killed.msl")];
      const capturing = spawn(process.execPath, words, {
        stdio: ["ignore", "pipe", "inherit"],
        cwd: join(import.meta.dirname, ".."),
      });
      const ended = new Promise((resolve) => capturing.once("exit", resolve));
      await new Promise((resolve) => capturing.stdout.once("data", resolve));
      // Half of the moments are those in which the process does not run.
      if (i % 2 === 0)
        while (stateOf(target.pid) !== "T" && capturing.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * (i % 2 === 0 ? 60 : 300)));
      if (stateOf(target.pid) === "T") stopped++;
      capturing.kill("SIGKILL");
      await ended;
      await untilRuns(target.pid);
      expect(stateOf(target.pid), `kill ${i}`).not.toBe("T");
    }
    expect(stopped).toBeGreaterThan(0);
    target.end();
  });
});
