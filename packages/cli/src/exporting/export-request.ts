/** One call of `msl export`: what every target gets, and what it answers. */
import type { ExportedMemory, ExportNote } from "@memslice/convert";
import type { Capture, MemoryRange, Sink } from "@memslice/msl";
import type { Options } from "../options.js";
import type { Progress } from "../terminal/progress.js";

export interface ExportRequest {
  readonly capture: Capture;
  /** The name of the capture, for documents. */
  readonly file: string;
  /** The ranges of --range; undefined without it. */
  readonly ranges: readonly MemoryRange[] | undefined;
  readonly options: Options;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The result of an export, as the command reports it. Members that a format does not have are absent. */
export interface ExportResult {
  /** Bytes of the output. */
  readonly size: bigint;
  readonly memory?: ExportedMemory;
  readonly segments?: number;
  readonly threads?: number;
  readonly modules?: number;
  /** Lines of a key log. */
  readonly lines?: number;
  readonly notes: readonly ExportNote[];
  readonly complete: boolean;
}

/** A format that `msl export` writes: into one file, or into a folder. */
export type ExportTargetEntry = {
  /** In words, for the report. */
  readonly words: string;
  /** The options that this target has, beside those of all targets. */
  readonly options: readonly string[];
} & (
  | { readonly kind: "file"; readonly write: (request: ExportRequest, sink: Sink) => Promise<ExportResult> }
  | { readonly kind: "folder"; readonly write: (request: ExportRequest, folder: string) => Promise<ExportResult> }
);
