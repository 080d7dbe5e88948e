/** What a child process is told to run, and what it tells while it runs. */
import type { Finding } from "./campaign.js";
import type { Counts } from "./tallies.js";

export interface BatchPlan {
  readonly captures: string;
  readonly seed: number;
  /** The first run, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** No run begins later, in milliseconds since 1970. */
  readonly deadline: number;
}

/** A run that took more than others of what can be told from inside: worth a process of its own to measure it. */
export interface HeavyRun {
  readonly run: number;
  /** Bytes by which the peak of the process rose. */
  readonly rise: number;
}

export type BatchMessage =
  | { readonly kind: "starting"; readonly run: number }
  | { readonly kind: "finding"; readonly finding: Finding }
  | {
      readonly kind: "done";
      /** The run after the last one that ran. */
      readonly next: number;
      readonly counts: Counts;
      readonly heavy: readonly HeavyRun[];
      /** Peak of the whole process, in bytes. */
      readonly peak: number;
    };
