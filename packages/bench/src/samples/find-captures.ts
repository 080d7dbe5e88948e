import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { CaptureFinding } from "../measurements/harness/findings.js";

/**
 * Finds every *.msl in a folder and its subfolders; returns sorted paths relative to the folder. Folders that cannot be listed are
 * skipped.
 */
export function findCaptures(folder: string): string[] {
  return listed(folder, "").sort();
}

/** Symbolic links are not followed: they may form cycles. */
function listed(folder: string, below: string): string[] {
  return entriesOf(join(folder, below)).flatMap((entry) => {
    const path = join(below, entry.name);
    if (entry.isDirectory()) return listed(folder, path);
    return /\.msl$/i.test(entry.name) && !entry.isSymbolicLink() ? [path] : [];
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

export interface ExaminePlan {
  readonly folder: string;
  /** Relative to the folder, in the order of examination. */
  readonly paths: readonly string[];
  readonly quick: boolean;
}

export type ExamineMessage = { readonly starting: string } | { readonly finding: CaptureFinding };
