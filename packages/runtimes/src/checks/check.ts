/** What a check is, and what it may know of the runtime that it runs in. */
import type { RecordedValues } from "../../../bench/src/samples/recorded-values.js";

/** What only some runtimes have. Shared memory: such as can be sent to worker threads. Delayed timers: 4 ms at least, once they follow each other. */
export type Facility = "files" | "shared memory" | "delayed timers";

export interface Environment {
  readonly msl: typeof import("@memslice/msl");
  readonly core: typeof import("@memslice/core-wasm");
  readonly facilities: readonly Facility[];
  /** WebAssembly modules compiled and instances made while the packages were imported. */
  readonly webAssemblyAtImport: number;
  /** The same up to now. */
  webAssemblyUses(): number;
  /** Threads that have said up to now that their part of a verification is done. */
  threadsDone(): number;
  /** The names of all samples. */
  readonly samples: readonly string[];
  /** A fresh copy of a sample's bytes. */
  bytes(sample: string): Promise<Uint8Array<ArrayBuffer>>;
  expected(sample: string): Promise<RecordedValues>;
  /** Where a web server that answers ranges has the sample. */
  url(sample: string): string;
  /** The sample's absolute path; only where there are files. */
  path(sample: string): string;
}

export interface Check {
  /** Reads on from "It ...": a row of the table in docs/runtimes.md. */
  readonly name: string;
  /** Runs only where the runtime has it. */
  readonly needs?: Facility;
  /** Throws what is wrong. */
  readonly run: (environment: Environment) => Promise<void>;
}

export interface CheckResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "absent";
  /** Of a failed check: what is wrong. */
  readonly reason?: string;
}
