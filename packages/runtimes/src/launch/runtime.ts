/** A runtime as the tests use it: how to start it, and the results of its run. */
import type { CheckResult, Facility } from "../checks/check.js";
import type { EvidenceServer } from "./evidence-server.js";
import type { Installation } from "./installation.js";

export interface Runtime {
  /** Head of its column in docs/runtimes.md. */
  readonly name: string;
  readonly facilities: readonly Facility[];
  /** The executable, or undefined if it is not installed. */
  readonly program: string | undefined;
  /** Starts the runtime, runs the checks in it, and ends it. Throws an `Error` with the runtime's output if the run does not finish. */
  run(program: string, ground: Ground): Promise<CheckResult[]>;
}

/** Shared by all runtimes. */
export interface Ground {
  readonly installation: Installation;
  readonly server: EvidenceServer;
}

/** A complete run takes seconds, on a busy machine tens of seconds. */
export const RUN_TIMEOUT_MS = 120_000;
