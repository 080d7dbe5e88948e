/** A runtime as the tests see it from outside: how to start it, what it has, and what came out. */
import type { CheckResult, Facility } from "../checks/check.js";
import type { EvidenceServer } from "./evidence-server.js";
import type { Installation } from "./installation.js";

export interface Runtime {
  /** As the head of a column in docs/runtimes.md. */
  readonly name: string;
  readonly facilities: readonly Facility[];
  /** The program to start, or undefined if it is not on this machine. */
  readonly program: string | undefined;
  /** Starts the runtime, runs the list in it, ends it. Throws what the runtime said if it did not come to the end. */
  run(program: string, ground: Ground): Promise<CheckResult[]>;
}

/** What all runtimes work on. */
export interface Ground {
  readonly installation: Installation;
  readonly server: EvidenceServer;
}

/** A whole run takes seconds; on a busy machine tens of them. */
export const RUN_TIMEOUT_MS = 120_000;
