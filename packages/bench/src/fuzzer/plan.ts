/** The plan of a child process, and its messages. */
import type { Finding } from "./campaign.js";
import type { Counts } from "./tallies.js";

export interface BatchPlan {
  /** The folder of the samples. */
  readonly captures: string;
  readonly seed: number;
  /** The first run; `end` is the run after the last one. */
  readonly first: number;
  readonly end: number;
  /** No run starts after this time, in milliseconds since 1970. */
  readonly deadline: number;
}

/** A run during which the peak of its process rose more than in other runs; it is measured again in a separate process. */
export interface HeavyRun {
  readonly run: number;
  /** Bytes by which the peak of the process rose. */
  readonly rise: number;
}

/** `Reached`: what the runs of a batch have reached. */
export type BatchMessage<Reached = Counts> =
  | { readonly kind: "starting"; readonly run: number }
  | { readonly kind: "finding"; readonly finding: Finding }
  | {
      readonly kind: "done";
      /** The next run to start. */
      readonly next: number;
      readonly counts: Reached;
      readonly heavy: readonly HeavyRun[];
      /** Peak of the whole process, in bytes. */
      readonly peak: number;
    };
