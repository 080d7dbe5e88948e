/** One look at the processes below a process, by the parents that /proc tells. */
import { processIds, processStatIfAny } from "../proc/process-ids.js";
import type { ProcessStat } from "../proc/process-stat.js";
import { hasEnded } from "../proc/process-threads.js";

/** A process of a tree. */
export interface TreeMember {
  readonly stat: ProcessStat;
  /** Steps from the root, which has 0. */
  readonly depth: number;
}

/**
 * Processes and all below them, parents before their children; a root that is below another one is listed once. A process whose parent has ended belongs to another
 * parent, and is not below the first one any more. The kernel shows processes one by one: those that begin or end meanwhile may be missing, and so are roots that
 * have ended. This process is listed, but not those that it has started.
 */
export function lookAtTree(...roots: readonly number[]): TreeMember[] {
  const children = new Map<number, ProcessStat[]>();
  const members: TreeMember[] = [];
  const seen = new Set<number>();
  for (const pid of processIds()) {
    const stat = processStatIfAny(pid);
    if (!stat || stat.parentPid === process.pid) continue;
    const siblings = children.get(stat.parentPid);
    if (siblings) siblings.push(stat);
    else children.set(stat.parentPid, [stat]);
  }
  for (const root of roots) {
    const stat = processStatIfAny(root);
    if (!stat || seen.has(root)) continue;
    seen.add(root);
    members.push({ stat, depth: 0 });
  }
  // The list grows while it is gone through.
  for (const { stat: parent, depth } of members) {
    for (const child of children.get(parent.pid) ?? []) {
      // A pid can be seen twice if it was given anew between two files.
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      members.push({ stat: child, depth: depth + 1 });
    }
  }
  return members;
}

/** Names a process for as long as the system runs, also if its pid is given to another one. */
export function keyOf({ pid, startTicks }: Pick<ProcessStat, "pid" | "startTicks">): string {
  return `${pid} ${startTicks}`;
}

/** Whether the process is still there, and has not ended. */
export function isAlive({ pid, startTicks }: Pick<ProcessStat, "pid" | "startTicks">): boolean {
  const stat = processStatIfAny(pid);
  return stat !== undefined && stat.startTicks === startTicks && !hasEnded(stat);
}
