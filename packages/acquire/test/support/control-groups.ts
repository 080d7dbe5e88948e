/** Control groups of version 2 that tests make, where they may. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A control group of a test. */
export class ControlGroup {
  readonly folder: string;

  /** `name`: below the root of all groups, or below another group. */
  constructor(name: string, above = groups() ?? "") {
    this.folder = join(above, name);
    mkdirSync(this.folder);
  }

  take(...pids: readonly number[]): void {
    for (const pid of pids) writeFileSync(join(this.folder, "cgroup.procs"), String(pid));
  }

  get isFrozen(): boolean {
    return readFileSync(join(this.folder, "cgroup.events"), "utf8").includes("frozen 1");
  }

  /** What was asked for: 0 or 1. */
  get freeze(): string {
    return readFileSync(join(this.folder, "cgroup.freeze"), "utf8").trim();
  }

  set freeze(value: "0" | "1") {
    writeFileSync(join(this.folder, "cgroup.freeze"), value);
  }

  /** Ends all processes of the group, and removes it. */
  async remove(): Promise<void> {
    writeFileSync(join(this.folder, "cgroup.kill"), "1");
    while (readFileSync(join(this.folder, "cgroup.events"), "utf8").includes("populated 1"))
      await new Promise((resolve) => setTimeout(resolve, 1));
    rmdirSync(this.folder);
  }
}

/** Where control groups of version 2 are mounted. */
function groups(): string | undefined {
  const mount = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .find((line) => / - cgroup2 /.test(line));
  return mount?.split(" ")[4];
}

/** Whether this process may make control groups that can be frozen. */
export function canMakeGroups(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const root = groups();
  if (root === undefined || !existsSync(join(root, "cgroup.procs"))) return false;
  const trial = join(root, `msl-trial-${process.pid}`);
  try {
    mkdirSync(trial);
    const isThere = existsSync(join(trial, "cgroup.freeze")) && existsSync(join(trial, "cgroup.kill"));
    rmdirSync(trial);
    return isThere;
  } catch {
    return false;
  }
}
