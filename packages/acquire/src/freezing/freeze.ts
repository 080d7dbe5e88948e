/** Stops a process while its memory is read, and lets it go on in every case (docs/decisions/0024-live-processes.md). */
import { MslError } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import type { ProcessFiles } from "../proc/process-files.js";
import type { FreezeReport } from "../report.js";
import { freezerOf, isFrozen, setFrozen } from "./freezer.js";
import { isStill, Rest, restInGroup, runningThread, type Standstill } from "./rest.js";
import { Watchdog } from "./watchdog.js";

/** A process that does not run. */
export interface Frozen {
  /** Lets it go on, unless it was stopped before. Calls after the first one only return the report. */
  thaw(): Promise<FreezeReport>;
}

/** A process, which may have ended since it was looked at. */
export type LiveProcess = Pick<ProcessFiles, "pid" | "startTicks" | "isAlive">;

/** A thread that waits for a device or a child of vfork stops when it is done. */
export const STOP_WITHIN_MS = 5000;
const POLL_MS = 1;
/** Another capture of the process may let it go on between the order to stop and the stop. */
const ORDER_EVERY_MS = 100;

/** Throws `source` if not all threads stop within five seconds; the process then goes on. Throws `aborted`. */
export async function freezeProcess(live: LiveProcess, signal: AbortSignal | undefined): Promise<Frozen> {
  const rest = new Rest(live.pid);
  // If somebody else lets it go on meanwhile, it is stopped here.
  while (isStill(live.pid)) {
    if (rest.isReached()) return { thaw: async () => stoppedBefore(rest) };
    await onceMore(signal);
  }
  const inGroup = restInGroup(live.pid);
  if (inGroup) return { thaw: async () => stoppedBefore(inGroup) };
  const freezer = freezerOf(live.pid);
  const watchdog = await Watchdog.start(signal);
  let stopped: StoppedProcess;
  try {
    await watchdog.watch({ pid: live.pid, startTicks: live.startTicks, freezer });
    stopped = new StoppedProcess(live, freezer);
  } catch (error) {
    watchdog.dismiss();
    throw error;
  }
  const thaw = async () => {
    const report = stopped.thaw();
    watchdog.dismiss();
    return report;
  };
  try {
    await untilStill(stopped, signal);
    return { thaw };
  } catch (error) {
    await thaw();
    throw error;
  }
}

/** The report, at this moment, of a process that was stopped by somebody else, such as another capture, who may let it go on at any time. */
export function stoppedBefore(rest: Standstill): FreezeReport {
  return { method: "before", stoppedMs: 0, wentOn: rest.isBroken };
}

/** Waits before the next look at a process that is to stop. Throws `aborted`. */
export async function onceMore(signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

async function untilStill(stopped: StoppedProcess, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const running = stopped.running();
    if (running === undefined && stopped.isAtRest()) return;
    throwIfAborted(signal);
    if (stopped.stoppedMs > STOP_WITHIN_MS) {
      const reason = "it waits in the kernel, for a device, a file system or a child; capture it without stopping it";
      throw new MslError("source", `${running ?? "The process"} did not stop within ${STOP_WITHIN_MS / 1000} s: ${reason}`);
    }
    stopped.remind();
    await onceMore(signal);
  }
}

/** A process that was told to stop. Something else has to watch that it goes on if this process is killed. */
export class StoppedProcess {
  readonly #rest: Rest | undefined;
  readonly #live: LiveProcess;
  readonly #freezer: string | undefined;
  readonly #since = performance.now();
  #orderedAt = this.#since;
  /** How it was stopped, when it was about to go on. */
  #concluded: Omit<FreezeReport, "stoppedMs"> | undefined;
  #report: FreezeReport | undefined;

  /** `freezer`: the result of `freezerOf`. Throws `source` with the system's reason if the process cannot be stopped. */
  constructor(live: LiveProcess, freezer: string | undefined) {
    this.#live = live;
    this.#freezer = freezer;
    this.#rest = freezer === undefined ? new Rest(live.pid) : undefined;
    try {
      this.#set(true);
    } catch (cause) {
      throw new MslError("source", `Process ${live.pid} cannot be stopped: ${(cause as Error).message}`, { cause });
    }
  }

  /** Tells a process that still runs to stop once more, if some time has gone by. */
  remind(): void {
    if (performance.now() - this.#orderedAt < ORDER_EVERY_MS) return;
    this.#orderedAt = performance.now();
    try {
      this.#set(true);
    } catch {
      // The process has ended: the next look tells.
    }
  }

  /** Milliseconds since it was told to stop or, when it goes on again, for which it was stopped. */
  get stoppedMs(): number {
    return this.#report?.stoppedMs ?? performance.now() - this.#since;
  }

  /** How it is stopped, so far. */
  get report(): FreezeReport {
    if (this.#report) return this.#report;
    const method = this.#freezer === undefined ? "signal" : "cgroup";
    return { ...(this.#concluded ?? { method, wentOn: this.#wentOn }), stoppedMs: this.stoppedMs };
  }

  /** Looks whether it has gone on, for the last time: processes that have one freezer go on together. */
  conclude(): void {
    const { method, wentOn } = this.report;
    this.#concluded = { method, wentOn };
  }

  /** Lets it go on. Calls after the first one only return the report. */
  thaw(): FreezeReport {
    if (this.#report) return this.#report;
    if (!this.#concluded) this.conclude();
    try {
      this.#set(false);
    } catch {
      // The process has ended: nothing is stopped.
    }
    this.#report = this.report;
    return this.#report;
  }

  /** A thread that still runs, in words; undefined if none does. Throws `source` if the process has ended. */
  running(): string | undefined {
    const { pid } = this.#live;
    if (this.#freezer !== undefined) return isFrozen(this.#freezer) ? undefined : `The control group of process ${pid}`;
    return runningThread(pid);
  }

  /** Whether it has come to rest, when none of its threads runs. Throws `source` if the process has ended. */
  isAtRest(): boolean {
    return this.#rest?.isReached() ?? true;
  }

  get #wentOn(): boolean {
    if (this.#rest) return this.#rest.isBroken;
    try {
      return this.running() !== undefined;
    } catch {
      // It has ended.
      return false;
    }
  }

  #set(isStopped: boolean): void {
    if (this.#freezer !== undefined) setFrozen(this.#freezer, isStopped);
    // The pid may have been given to another process, which must not get the signal.
    else if (this.#live.isAlive) process.kill(this.#live.pid, isStopped ? "SIGSTOP" : "SIGCONT");
  }
}
