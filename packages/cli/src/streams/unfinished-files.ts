/** The files and folders that are being written: an unfinished one is removed when a signal ends the process. */
import { rmSync } from "node:fs";

const unfinished = new Set<string>();

export function noteUnfinished(path: string): void {
  unfinished.add(path);
}

/** Forgets a file or folder that is complete, has been renamed or has been removed. */
export function noteFinished(path: string): void {
  unfinished.delete(path);
}

export function removeUnfinishedFiles(): void {
  for (const path of unfinished) rmSync(path, { force: true, recursive: true });
  unfinished.clear();
}
