import type { CaptureFinding } from "../harness/findings.js";

export interface ExaminePlan {
  readonly folder: string;
  /** In this order. */
  readonly paths: readonly string[];
  readonly quick: boolean;
}

export type ExamineMessage = { readonly starting: string } | { readonly finding: CaptureFinding };
