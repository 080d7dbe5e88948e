/** The freezer of control groups (cgroup v2): it stops a process without a signal that the process or its parent could notice. */
import { accessSync, constants, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { decoded, procTextIfAny } from "../proc/proc-file.js";

const FREEZER = "cgroup.freeze";

/**
 * The file cgroup.freeze of the process's control group. undefined if there is none, if it may not be written, if it is in use, and if the group, or one below it, has
 * any other process than those of `together`, which are to be stopped at the same time.
 */
export function freezerOf(pid: number, together: ReadonlySet<number> = new Set([pid])): string | undefined {
  const folder = folderOf(pid);
  if (folder === undefined || !hasOnly(folder, together)) return undefined;
  const freezer = join(folder, FREEZER);
  return procTextIfAny(freezer)?.trim() === "0" && isWritable(freezer) ? freezer : undefined;
}

/** Of some freezers the one of the process's control group, or of a group around it. */
export function freezerAround(pid: number, freezers: Iterable<string>): string | undefined {
  const folder = folderOf(pid);
  return [...freezers].find((freezer) => `${folder}/`.startsWith(`${dirname(freezer)}/`));
}

/** The freezer of the control group of a process that has stopped by it, or by that of a group around it; undefined if the process was not stopped in this way. */
export function frozenBy(pid: number): string | undefined {
  const folder = folderOf(pid);
  const freezer = folder === undefined ? undefined : join(folder, FREEZER);
  return freezer !== undefined && isFrozen(freezer) ? freezer : undefined;
}

/** The folder of the process's control group; undefined for the root, which cannot be frozen, and where there are no groups of version 2. */
function folderOf(pid: number): string | undefined {
  const group = groupOf(pid);
  const root = mountOfGroups();
  return group === undefined || group === "/" || root === undefined ? undefined : join(root, group);
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

/** Whether a group and all below it have no processes but these. Processes of other pid namespaces are listed as 0. */
function hasOnly(folder: string, pids: ReadonlySet<number>): boolean {
  const listed = procTextIfAny(join(folder, "cgroup.procs"))?.trim();
  if (listed === undefined || !listed.split("\n").every((pid) => pid === "" || pids.has(Number(pid)))) return false;
  try {
    const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return below.every(({ name }) => hasOnly(join(folder, name), pids));
  } catch {
    return false;
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
