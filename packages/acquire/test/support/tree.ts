/** Trees of processes to capture: those of the target `tree`. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Target } from "./target.js";

const PACKAGE = join(import.meta.dirname, "..", "..", "dist", "index.js");
/** Opens a tree, says so, and never ends it. */
const HOLD = `
import { openProcessTree } from ${JSON.stringify(PACKAGE)};
await openProcessTree(Number(process.argv[1]), { freeze: true });
process.stdout.write("frozen");
setInterval(() => {}, 1e6);
`;
/** Words of the target `tree`. */
export const BRANCHES = ["left:root", "right:root", "deep:left", "deeper:deep"];

/** The pids of a target by the names that it has given to its processes. */
export const pidsOf = (target: Target) =>
  new Map([...target.planted.values()].map(({ name, address }) => [name, Number(address)]));
/** Pids below a process, by another way than that of the package. */
export function childrenOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = existsSync(path) ? readFileSync(path, "utf8").split(" ").filter(Boolean).map(Number) : [];
  return [...children, ...children.flatMap(childrenOf)];
}

/** Waits until something is so, for some seconds. */
export async function until(isReached: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !isReached(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(isReached()).toBe(true);
}

/** Starts a process that stops a tree and waits to be killed. */
export async function holderOf(root: number): Promise<ChildProcess> {
  const holder = spawn(process.execPath, ["--input-type=module", "-e", HOLD, String(root)], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: join(import.meta.dirname, "..", ".."),
  });
  await new Promise((resolve) => holder.stdout.once("data", resolve));
  return holder;
}
