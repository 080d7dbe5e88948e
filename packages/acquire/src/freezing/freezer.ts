/** The freezer of control groups (cgroup v2): it stops a process without a signal that the process or its parent could notice. */
import { accessSync, constants, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decoded, procTextIfAny } from "../proc/proc-file.js";

/**
 * The file cgroup.freeze of the process's control group. undefined if there is none, if it may not be written, if it is in use, and if the group has any other
 * process than this one: the others must not be stopped.
 */
export function freezerOf(pid: number): string | undefined {
  const group = groupOf(pid);
  const root = mountOfGroups();
  if (group === undefined || group === "/" || root === undefined) return undefined;
  const folder = join(root, group);
  const freezer = join(folder, "cgroup.freeze");
  const isAlone = procTextIfAny(join(folder, "cgroup.procs"))?.trim() === String(pid) && !hasGroups(folder);
  return isAlone && procTextIfAny(freezer)?.trim() === "0" && isWritable(freezer) ? freezer : undefined;
}

/** The path of the process's control group. The kernel lets a name have every byte but a line feed. */
function groupOf(pid: number): string | undefined {
  const lines = decoded(procTextIfAny(`/proc/${pid}/cgroup`) ?? "").split("\n");
  return lines.find((line) => line.startsWith("0::/"))?.slice("0::".length);
}

export function setFrozen(freezer: string, isFrozen: boolean): void {
  writeFileSync(freezer, isFrozen ? "1" : "0");
}

/** Whether all processes of the group have stopped. */
export function isFrozen(freezer: string): boolean {
  return /^frozen 1$/m.test(procTextIfAny(join(freezer, "..", "cgroup.events")) ?? "");
}

/** Where the file system of control groups is mounted, as this process sees it. */
function mountOfGroups(): string | undefined {
  for (const line of (procTextIfAny("/proc/self/mountinfo") ?? "").split("\n")) {
    const [mount, type] = line.split(" - ");
    if (type?.startsWith("cgroup2 ")) return mount?.split(" ")[4];
  }
  return undefined;
}

function hasGroups(folder: string): boolean {
  try {
    return readdirSync(folder, { withFileTypes: true }).some((entry) => entry.isDirectory());
  } catch {
    return true;
  }
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
