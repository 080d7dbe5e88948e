/** The processes that this one sees, by the names of the folders of /proc. */
import { readdirSync } from "node:fs";
import { unreadable } from "./proc-file.js";
import { type ProcessStat, processStat } from "./process-stat.js";

/** Process ids, ascending. Throws `source` if /proc cannot be listed. */
export function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^[1-9][0-9]*$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (cause) {
    throw unreadable("/proc", cause);
  }
}

/** The stat file of a process; undefined if the process has ended. */
export function processStatIfAny(pid: number): ProcessStat | undefined {
  try {
    return processStat(pid);
  } catch {
    return undefined;
  }
}

/** The processes from the parent of this one upwards. */
export function ancestorsOf(pid: number): number[] {
  const ancestors: number[] = [];
  for (let stat = processStatIfAny(pid); stat && stat.parentPid > 0; stat = processStatIfAny(stat.parentPid)) {
    // Parents that end while they are looked at can be replaced by a process that was seen before.
    if (ancestors.includes(stat.parentPid)) break;
    ancestors.push(stat.parentPid);
  }
  return ancestors;
}
