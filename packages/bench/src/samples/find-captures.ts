import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { CaptureFinding } from "../measurements/harness/findings.js";

/** Every *.msl in a folder and those in it, by path in the folder, sorted. What cannot be listed is passed over. */
export function findCaptures(folder: string): string[] {
  return listed(folder, "").sort();
}

/** Links are not followed: they may lead in circles. */
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
  /** In this order. */
  readonly paths: readonly string[];
  readonly quick: boolean;
}

export type ExamineMessage = { readonly starting: string } | { readonly finding: CaptureFinding };
