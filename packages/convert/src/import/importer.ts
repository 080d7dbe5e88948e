/** The interface of an importer, and the table of all: a format that is added needs its detection, and its row here. */
import { MslError, type Source } from "@memslice/msl";
import type { DetectedFormat, FormatName } from "../detect-format.js";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { ProcessDump } from "../dump/process-dump.js";
import type { ImportableFormat, ImportOptions } from "./import-options.js";

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

const IMPORTERS: Readonly<Partial<Record<ImportableFormat, () => Promise<Importer>>>> = {
  minidump: async () => (await import("../minidump/import-minidump.js")).importMinidump,
  "elf-core": async () => (await import("../elf/import-elf-core.js")).importElfCore,
  "mach-o-core": async () => (await import("../mach/import-mach-core.js")).importMachCore,
  raw: async () => (await import("../raw/import-raw.js")).importRaw,
};

const PHYSICAL =
  "holds the physical memory of a machine, and a capture the memory of one process; volatility3 finds processes in such an image and writes the memory of one (windows.memmap --dump, linux.proc.Maps --dump)";
const NO_IMPORTER = "has no importer yet";

/** Why a format cannot be imported, in words that follow the name of the format. */
const REFUSALS: Readonly<Partial<Record<FormatName, string>>> = {
  msl: "is a capture already; msl transcode rewrites captures",
  lime: PHYSICAL,
  avml: PHYSICAL,
  "elf-other": "is a program or a library and holds no memory of a process; a core has the type ET_CORE",
  "mach-o-other": "is a program or a library and holds no memory of a process; a core has the type MH_CORE",
};

/** The importer of a format. Throws `not-importable` for formats that hold no memory of a process. */
export async function importerOf({ format, words }: DetectedFormat): Promise<Importer> {
  const load = IMPORTERS[format as ImportableFormat];
  if (load) return load();
  throw new MslError(
    "not-importable",
    `The file cannot be imported: a file in the format ${words} ${REFUSALS[format] ?? NO_IMPORTER}`,
  );
}
