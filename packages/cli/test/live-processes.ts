/** Processes that tests of `msl capture` start, and folders for what it writes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A user without rights. */
export const NOBODY = 65_534;
export const IS_ROOT = process.getuid?.() === 0;

/** A folder that is removed when the tests of the file are done. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `msl-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A name of a file or folder that is not there, in a new folder of `scratch`. */
export function newOutput(scratch: string, name = "new.msl"): string {
  return join(mkdtempSync(join(scratch, "out-")), name);
}

/** The letter of the state of a process: T for one that was stopped. */
export function stateOf(pid: number): string | undefined {
  return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
}

/** The pids of the children of a process. */
export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}
