/** The interface of an importer. */
import type { Source } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { ProcessDump } from "../dump/process-dump.js";
import type { ImportOptions } from "./import-options.js";

/** The options that importers read, with their defaults. */
interface ImporterOptions
  extends Pick<ImportOptions, "maps" | "arch" | "os" | "pid" | "signal">,
    Required<Pick<ImportOptions, "base" | "regionLimit" | "tableLimit">> {
  /** Undefined if the caller did not say. */
  readonly pageSize?: number | undefined;
}

/** What an importer is given. */
export interface ImporterInput {
  /** The dump. Closed by the caller. */
  readonly source: Source;
  readonly options: ImporterOptions;
  readonly notes: DumpNotes;
}

/** Reads the tables of a dump, and no memory. Throws `not-importable`, `limit`, `source` and `aborted`. */
export type Importer = (input: ImporterInput) => Promise<ProcessDump>;
