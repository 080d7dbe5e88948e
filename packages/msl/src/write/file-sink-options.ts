import type { Source } from "../source/source.js";
import type { Sink } from "./sink.js";

/**
 * When the system is told to bring written bytes to the disk. `block`: behind every block, so that a power failure costs one block at
 * most; `end`: when the file is closed; `never`: when the system likes. A process that is killed loses no complete block in any case.
 */
export type SyncPolicy = "block" | "end" | "never";

export interface FileSinkOptions {
  /** Default `end`. */
  readonly sync?: SyncPolicy;
  /** Replaces a file that exists; by default it is refused. */
  readonly overwrite?: boolean;
  /** Permission bits of a file that is created, less those of the process's umask. Default 0o666. */
  readonly mode?: number;
}

/** An unfinished capture that can be read, and be continued behind its last complete block. */
export interface ResumableFile {
  /** The bytes that are there. */
  readonly source: Source;
  /** Cuts off everything from `offset` on and returns a sink whose bytes follow there. Called once, before anything is written. */
  readonly append: (offset: number) => Promise<Sink> | Sink;
}
