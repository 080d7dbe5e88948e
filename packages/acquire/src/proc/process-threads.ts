/** The threads of a process (/proc/PID/task): names and states, and whether one of them still runs. Their registers can be read by a tracer only (ptrace), which needs native code. */
import { readdirSync } from "node:fs";
import { unreadable } from "./proc-file.js";
import { type ProcessStat, processStat } from "./process-stat.js";

/** A thread of a process, as /proc describes it. */
export interface ProcessThread {
  readonly tid: number;
  readonly name: string;
  /** The letter of the state, as in `ProcessStat`. */
  readonly state: string;
}

/** The ids of the threads. Throws `source` if the process has ended. */
function threadIds(pid: number): number[] {
  const path = `/proc/${pid}/task`;
  try {
    return readdirSync(path)
      .map(Number)
      .sort((a, b) => a - b);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The threads that have not ended while they were looked at. Throws `source` if the process has ended. */
export function processThreads(pid: number): ProcessThread[] {
  return threadIds(pid).flatMap((tid) => {
    const stat = statIfAny(pid, tid);
    return stat ? [{ tid, name: stat.name, state: stat.state }] : [];
  });
}

/** States of a thread that has ended. */
const ENDED = new Set(["Z", "X"]);

/**
 * Whether a process has ended, by its stat file: its main thread has, and no other thread runs. A main thread may end before the others (pthread_exit): the
 * kernel then calls the process a zombie as well.
 */
export function hasEnded({ pid, state }: Pick<ProcessStat, "pid" | "state">): boolean {
  return ENDED.has(state) && otherThread(pid) === undefined;
}

/**
 * The id whose folder in /proc has the memory, program, arguments and descriptors of a process: its own or, if its main thread has ended before the others, that of a
 * thread that runs. The folder of the process has none of them then.
 */
export function memoryTask(pid: number): number {
  const main = statIfAny(pid, pid);
  return main && ENDED.has(main.state) ? (otherThread(pid) ?? pid) : pid;
}

/** A thread that has not ended; undefined if there is none. */
function otherThread(pid: number): number | undefined {
  try {
    return processThreads(pid).find(({ state }) => !ENDED.has(state))?.tid;
  } catch {
    return undefined;
  }
}

function statIfAny(pid: number, tid: number): ProcessStat | undefined {
  try {
    return processStat(pid, tid);
  } catch {
    return undefined;
  }
}
