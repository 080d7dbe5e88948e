/** Stops a process while its memory is read, and lets it go on in every case (docs/decisions/0025-live-processes.md). */
import { MslError } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import type { ProcessFiles } from "../proc/process-files.js";
import { processThreads } from "../proc/process-threads.js";
import type { FreezeReport } from "../report.js";
import { freezerOf, isFrozen, setFrozen } from "./freezer.js";
import { Watchdog } from "./watchdog.js";

/** A process that does not run. */
export interface Frozen {
  /** Lets it go on, unless it was stopped before. Calls after the first one only return the report. */
  thaw(): Promise<FreezeReport>;
}

/** A thread that waits for a device or a child of vfork stops when it is done. */
const STOP_WITHIN_MS = 5000;
const POLL_MS = 1;
/** Letters of states in which a thread does not run: stopped by a signal or a tracer, ended. */
const STILL = new Set(["T", "t", "Z", "X"]);

/** Throws `source` if not all threads stop within five seconds; the process then goes on. Throws `aborted`. */
export async function freezeProcess(files: ProcessFiles, signal: AbortSignal | undefined): Promise<Frozen> {
  const { pid, startTicks } = files;
  if (processThreads(pid).every(({ state }) => STILL.has(state))) {
    return { thaw: async () => ({ method: "before", stoppedMs: 0 }) };
  }
  const freezer = freezerOf(pid);
  const watchdog = await Watchdog.start({ pid, startTicks, freezer }, signal);
  const stopped = new StoppedProcess(files, freezer, watchdog);
  try {
    await stopped.untilStill(signal);
    return stopped;
  } catch (error) {
    await stopped.thaw();
    throw error;
  }
}

class StoppedProcess implements Frozen {
  readonly #files: ProcessFiles;
  readonly #freezer: string | undefined;
  readonly #watchdog: Watchdog;
  readonly #since = performance.now();
  #report: FreezeReport | undefined;

  constructor(files: ProcessFiles, freezer: string | undefined, watchdog: Watchdog) {
    this.#files = files;
    this.#freezer = freezer;
    this.#watchdog = watchdog;
    try {
      this.#set(true);
    } catch (cause) {
      watchdog.dismiss();
      throw new MslError("source", `Process ${files.pid} cannot be stopped: ${(cause as Error).message}`, { cause });
    }
  }

  async untilStill(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const running = this.#running();
      if (running === undefined) return;
      throwIfAborted(signal);
      if (performance.now() - this.#since > STOP_WITHIN_MS) {
        const reason = "it waits in the kernel, for a device, a file system or a child; capture it without stopping it";
        throw new MslError("source", `${running} did not stop within ${STOP_WITHIN_MS / 1000} s: ${reason}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async thaw(): Promise<FreezeReport> {
    if (this.#report) return this.#report;
    try {
      this.#set(false);
    } catch {
      // The process has ended: nothing is stopped.
    }
    this.#report = { method: this.#freezer === undefined ? "signal" : "cgroup", stoppedMs: performance.now() - this.#since };
    this.#watchdog.dismiss();
    return this.#report;
  }

  /** A thread that still runs, in words. */
  #running(): string | undefined {
    if (this.#freezer !== undefined)
      return isFrozen(this.#freezer) ? undefined : `The control group of process ${this.#files.pid}`;
    const thread = processThreads(this.#files.pid).find(({ state }) => !STILL.has(state));
    return thread && `Thread ${thread.tid} of process ${this.#files.pid} (state ${thread.state})`;
  }

  #set(isStopped: boolean): void {
    if (this.#freezer !== undefined) setFrozen(this.#freezer, isStopped);
    // The pid may have been given to another process, which must not get the signal.
    else if (this.#files.isAlive) process.kill(this.#files.pid, isStopped ? "SIGSTOP" : "SIGCONT");
  }
}
