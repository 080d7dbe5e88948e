/** The threads of a process (/proc/PID/task): names and states. Their registers can be read by a tracer only (ptrace), which needs native code. */
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

function statIfAny(pid: number, tid: number): ProcessStat | undefined {
  try {
    return processStat(pid, tid);
  } catch {
    return undefined;
  }
}
