/** The table of importers: a format that is added needs its detection, and its row here. */
import { MslError } from "@memslice/msl";
import type { DetectedFormat, FormatName } from "../detect-format.js";
import type { ImportableFormat } from "./import-options.js";
import type { Importer } from "./importer.js";

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
