/**
 * A process of our own that lets stopped processes go on if this process ends before it did so itself, in whatever way: it waits for the end of a pipe that only this
 * process holds. It is in a session of its own, so that Ctrl-C and the end of the terminal do not reach it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { MslError } from "@memslice/msl";

/**
 * Run by `node -e`, so that it works from any bundle. Each line that it is sent is a process that is going to be stopped: its pid, its start time in clock ticks,
 * and the file of the freezer, or nothing for a process that is stopped by a signal. They go on in the reverse order. A pid that was given to another
 * process is left alone.
 */
const PROGRAM = `
const { readFileSync, writeFileSync } = require("node:fs");
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => {});
let told = "";
process.stdin.setEncoding("utf8").on("data", (text) => { told += text; });
process.stdin.on("close", () => {
  const lines = told.split("\\n").slice(0, -1).map((line) => JSON.parse(line));
  if (lines.at(-1) !== "thawed") for (const line of lines.reverse()) thaw(line);
  process.exit();
});
process.stdout.write("ready");
function thaw([pid, ticks, freezer]) {
  try {
    // Others may be in the control group of a process that has ended.
    if (freezer) return writeFileSync(freezer, "0");
    const stat = readFileSync("/proc/" + pid + "/stat", "latin1");
    if (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] === ticks) process.kill(pid, "SIGCONT");
  } catch {}
}
`;

export interface WatchedProcess {
  readonly pid: number;
  readonly startTicks: bigint;
  /** The file cgroup.freeze; undefined for a process that is stopped by a signal. */
  readonly freezer: string | undefined;
}

export class Watchdog {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it watches. Throws `source` if it does not start. */
  static async start(signal: AbortSignal | undefined): Promise<Watchdog> {
    const child = spawn(process.execPath, ["-e", PROGRAM], {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
      env: {},
    });
    // The pipe breaks if it is killed; the target is then thawed by this process alone.
    child.stdin?.on("error", () => {});
    try {
      if (!child.stdout) throw new Error("it has no output");
      const ended = once(child, "exit").then(() => {
        throw new Error("it ended at once");
      });
      await Promise.race([once(child.stdout, "data", signal ? { signal } : {}), ended]);
      ended.catch(() => {});
    } catch (cause) {
      child.kill("SIGKILL");
      if (signal?.aborted) throw new MslError("aborted", "The operation was cancelled", { cause: signal.reason });
      const message = `The process is not stopped: the program that would let it go on if this one is killed did not start: ${String(cause)}`;
      throw new MslError("source", message, { cause });
    }
    // It must not keep this process from ending: its end is what the watchdog waits for.
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as { unref?: () => void } | null)?.unref?.();
    return new Watchdog(child);
  }

  /** Resolves when it knows a process, which is to be stopped only then. */
  async watch({ pid, startTicks, freezer }: WatchedProcess): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const line = `${JSON.stringify([pid, String(startTicks), freezer ?? ""])}\n`;
      this.#child.stdin?.write(line, (cause) => {
        if (!cause) resolve();
        else
          reject(
            new MslError("source", "The program that would let the process go on if this one is killed has ended", { cause }),
          );
      });
    });
  }

  /** Ends it: all processes go on. */
  dismiss(): void {
    this.#child.stdin?.end(`${JSON.stringify("thawed")}\n`);
  }
}
