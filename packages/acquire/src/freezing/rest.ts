/** Whether a process runs that is to be stopped, and whether it has run since it had come to rest. */
import { procText } from "../proc/proc-file.js";
import { processThreads } from "../proc/process-threads.js";
import { frozenBy, isFrozen } from "./freezer.js";

/** Letters of states in which a thread does not run: stopped by a signal or a tracer, ended. */
const STILL = new Set(["T", "t", "Z", "X"]);
const ENDED = new Set(["Z", "X"]);
/** Lines of /proc/PID/task/TID/status: how often a thread gave up its processor, and how often it lost it. */
const SWITCHES = /^(?:non)?voluntary_ctxt_switches:.*$/gm;

/** Whether no thread of the process runs. Throws `source` if it has ended. */
export function isStill(pid: number): boolean {
  return processThreads(pid).every(({ state }) => STILL.has(state));
}

/** A thread of a process that runs, in words; undefined if none does. Throws `source` if the process has ended. */
export function runningThread(pid: number): string | undefined {
  const thread = processThreads(pid).find(({ state }) => !STILL.has(state));
  return thread && `Thread ${thread.tid} of process ${pid} (state ${thread.state})`;
}

/** How a process that does not run is watched. */
export interface Standstill {
  readonly pid: number;
  /** Whether no thread has run since the last call. Throws `source` if the process has ended. */
  isReached(): boolean;
  /** Whether the process has run since. */
  readonly isBroken: boolean;
}

/**
 * The rest of a process that was stopped before by the freezer of a control group, such as a container that is paused. Threads that were let go on and stopped again in
 * between are not noticed. undefined if the process is not stopped in this way.
 */
export function restInGroup(pid: number): Standstill | undefined {
  const freezer = frozenBy(pid);
  if (freezer === undefined) return undefined;
  return {
    pid,
    isReached: () => true,
    get isBroken() {
      return !isFrozen(freezer);
    },
  };
}

/**
 * The rest of a process that a signal or a tracer has stopped. The kernel counts how often each thread was taken from a processor. A thread that is let go on, and is
 * stopped again before anybody looks, has been taken from one once more; signals do not wake it. Not for the freezer of a control group, in which signals do.
 */
export class Rest implements Standstill {
  readonly pid: number;
  #switches: string | undefined;
  #isReached = false;

  constructor(pid: number) {
    this.pid = pid;
  }

  /**
   * Whether no thread has run since the last call. True for good once it was true; the first call returns false. To be called while the process is still, some time
   * apart: a thread is seen as stopped a moment before it is taken from its processor. Throws `source` if the process has ended.
   */
  isReached(): boolean {
    if (this.#isReached) return true;
    const before = this.#switches;
    this.#switches = switchesOf(this.pid);
    this.#isReached = this.#switches === before;
    return this.#isReached;
  }

  /** Whether a thread runs, has run since the rest was reached, or the rest was never reached. False if the process has ended. */
  get isBroken(): boolean {
    try {
      const states = processThreads(this.pid).map(({ state }) => state);
      if (states.every((state) => ENDED.has(state))) return false;
      return !states.every((state) => STILL.has(state)) || !this.#isReached || switchesOf(this.pid) !== this.#switches;
    } catch {
      return false;
    }
  }
}

/** The context switches of each thread. Throws `source` if the process, or one of the threads, has ended. */
function switchesOf(pid: number): string {
  return processThreads(pid)
    .map(({ tid }) => [tid, ...(procText(`/proc/${pid}/task/${tid}/status`).match(SWITCHES) ?? [])].join(" "))
    .join("\n");
}
