/** A check, and the description of the runtime that it gets. */
import type { RecordedValues } from "../../../bench/src/samples/recorded-values.js";

/**
 * Facilities that only some runtimes have. `workers`: all scripts of worker threads can be loaded. `shared memory`: it can be sent to
 * worker threads. `delayed timers`: nested timers take at least 4 ms. `yara`: the installed package @virustotal/yara-x can be found, and loaded by a worker.
 */
export type Facility = "files" | "workers" | "shared memory" | "delayed timers" | "yara";

export interface Environment {
  readonly msl: typeof import("@memslice/msl");
  readonly core: typeof import("@memslice/core-wasm");
  readonly analysis: typeof import("@memslice/analysis");
  readonly facilities: readonly Facility[];
  /** Number of WebAssembly modules compiled and instances made while the packages were imported. */
  readonly webAssemblyAtImport: number;
  /** Number of WebAssembly modules compiled and instances made so far. */
  webAssemblyUses(): number;
  /** Number of messages of a kind from threads so far: "done" ends a part of a verification, "stored" is a payload that a thread compressed, "looked" is memory that a thread has searched. */
  messagesHeard(kind: "done" | "stored" | "looked"): number;
  /** The names of all samples. */
  readonly samples: readonly string[];
  /** A fresh copy of a sample's bytes. */
  bytes(sample: string): Promise<Uint8Array<ArrayBuffer>>;
  expected(sample: string): Promise<RecordedValues>;
  /** The URL of a sample on a web server that answers range requests. */
  url(sample: string): string;
  /** The absolute path of a sample; only in runtimes with files. */
  path(sample: string): string;
}

export interface Check {
  /** A row of the table in docs/runtimes.md; it completes a sentence that begins with "It". */
  readonly name: string;
  /** The check runs only in runtimes with this facility. */
  readonly needs?: Facility;
  /** Throws an `Error` if the check fails. */
  readonly run: (environment: Environment) => Promise<void>;
}

export interface CheckResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "absent";
  /** The message of a failed check. */
  readonly reason?: string;
}
