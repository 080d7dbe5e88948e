/** Files that are being written and are of no use until they are complete: they go when the process ends before. */
import { rmSync } from "node:fs";

const unfinished = new Set<string>();

export function noteUnfinished(path: string): void {
  unfinished.add(path);
}

/** The file is complete, or has another name. */
export function noteFinished(path: string): void {
  unfinished.delete(path);
}

export function removeUnfinishedFiles(): void {
  for (const path of unfinished) rmSync(path, { force: true });
  unfinished.clear();
}
