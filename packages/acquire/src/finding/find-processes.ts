/** Finds processes by name: what `msl capture --name` means. */
import { basename } from "node:path";
import { MslError } from "@memslice/msl";
import { executablePath } from "../identity/process-identity.js";
import { userNames } from "../identity/user-names.js";
import { ancestorsOf, processIds, processStatIfAny } from "../proc/process-ids.js";
import { bootTimeNs, type ProcessStat } from "../proc/process-stat.js";
import { hasEnded } from "../proc/process-threads.js";
import { describeProcess, type ProcessDescription } from "./process-description.js";

/**
 * Why a process that has the name is not meant by it: `own`: it is the one that searches; `ancestor`: it started the one that searches, such as `sudo` or a
 * shell; `zombie`: it has ended; `kernel-thread`: it has no memory of its own.
 */
export type PassedOverReason = "own" | "ancestor" | "zombie" | "kernel-thread";

/** A process that has the name, and is not meant by it. */
export interface PassedOverProcess {
  readonly process: ProcessDescription;
  readonly reason: PassedOverReason;
}

/** The result of `findProcesses`, by process id. */
export interface FoundProcesses {
  readonly processes: readonly ProcessDescription[];
  readonly passedOver: readonly PassedOverProcess[];
}

/**
 * The processes with a name: the name that the kernel keeps (/proc/PID/comm, at most 15 bytes), or the last part of the path of the program (/proc/PID/exe), where
 * it may be read. Both are compared exactly, upper and lower case are different, and nothing in the name is a pattern. Processes that end while they are
 * looked at are in neither list.
 *
 * Throws `usage` for an empty name and on other systems than Linux; `source` if /proc cannot be listed.
 */
export function findProcesses(name: string): FoundProcesses {
  requireSearch(name);
  const ancestors = new Set(ancestorsOf(process.pid));
  const [users, bootNs] = [userNames(), bootTimeNs()];
  const processes: ProcessDescription[] = [];
  const passedOver: PassedOverProcess[] = [];
  for (const pid of processIds()) {
    const stat = processStatIfAny(pid);
    if (!stat || !isNamed(stat, name)) continue;
    const described = describedIfAny(stat, users, bootNs);
    if (!described) continue;
    const reason = reasonAgainst(stat, ancestors);
    if (reason) passedOver.push({ process: described, reason });
    else processes.push(described);
  }
  return { processes, passedOver };
}

/** The process with an id; undefined if there is none. One that has ended is described until its parent has noticed. */
export function processById(pid: number): ProcessDescription | undefined {
  const stat = processStatIfAny(pid);
  return stat && describedIfAny(stat, userNames(), bootTimeNs());
}

/** Throws `usage`. */
export function requireSearch(name: string): void {
  if (typeof name !== "string" || name === "") throw new MslError("usage", "The name of a process is empty");
  if (process.platform === "linux") return;
  throw new MslError("usage", `Processes can be found on Linux only, and this is ${process.platform}`);
}

/** Whether the process has the name, for the kernel or by the file of its program. */
export function isNamed({ pid, name: kept }: ProcessStat, name: string): boolean {
  return kept === name || basename(executablePath(pid) ?? "") === name;
}

function reasonAgainst(stat: ProcessStat, ancestors: ReadonlySet<number>): PassedOverReason | undefined {
  const { pid, isKernelThread } = stat;
  if (pid === process.pid) return "own";
  if (isKernelThread) return "kernel-thread";
  if (hasEnded(stat)) return "zombie";
  return ancestors.has(pid) ? "ancestor" : undefined;
}

function describedIfAny(stat: ProcessStat, users: ReadonlyMap<number, string>, bootNs: bigint): ProcessDescription | undefined {
  try {
    return describeProcess(stat, users, bootNs);
  } catch (error) {
    if (error instanceof MslError && error.code === "source") return undefined;
    throw error;
  }
}
