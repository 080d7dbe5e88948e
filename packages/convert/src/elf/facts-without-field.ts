/** What the auxiliary vector and the table of mapped files of a core say that a capture has no field for, in a sentence each. */
import { counted, TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { MappedModule } from "../linux/mapped-modules.js";
import { AuxType } from "./core-notes.js";
import type { FileTable } from "./file-table.js";

/** Types of entries (linux/auxvec.h, asm/auxvec.h). */
const AUX_NAMES: Readonly<Record<number, string>> = {
  ...{ 2: "EXECFD", 3: "PHDR", 4: "PHENT", 5: "PHNUM", 6: "PAGESZ", 7: "BASE", 8: "FLAGS", 9: "ENTRY", 10: "NOTELF", 11: "UID" },
  ...{ 12: "EUID", 13: "GID", 14: "EGID", 15: "PLATFORM", 16: "HWCAP", 17: "CLKTCK", 23: "SECURE", 24: "BASE_PLATFORM" },
  ...{ 25: "RANDOM", 26: "HWCAP2", 27: "RSEQ_FEATURE_SIZE", 28: "RSEQ_ALIGN", 29: "HWCAP3", 30: "HWCAP4", 31: "EXECFN" },
  ...{ 32: "SYSINFO", 33: "SYSINFO_EHDR", 51: "MINSIGSTKSZ" },
};
/** Entries whose values are numbers to count with: the others are addresses and bits. */
const DECIMAL: ReadonlySet<number> = new Set([2, 4, 5, 11, 12, 13, 14, 17, 23, 27, 28, 51]);
/** Entries whose values the capture has: the page size, and the base of the module `[vdso]`. */
const KEPT: ReadonlySet<number> = new Set([AuxType.PageSize, AuxType.SysinfoEhdr]);
/** The most entries that are reported with their values; Linux writes about twenty. */
const ENTRIES_MOST = 32;

/** Tells the entries of NT_AUXV. */
export function tellAuxv(auxv: ReadonlyMap<number, bigint>, notes: DumpNotes): void {
  const entries = [...auxv].filter(([type]) => !KEPT.has(type));
  if (entries.length === 0) return;
  const texts = entries.slice(0, ENTRIES_MOST).map(([type, value]) => {
    const name = AUX_NAMES[type];
    return `${name === undefined ? `type ${type}` : `AT_${name}`} ${DECIMAL.has(type) ? value : `0x${value.toString(16)}`}`;
  });
  const more = entries.length - texts.length;
  notes.lose(`NT_AUXV, ${entries.length} entries: ${texts.join(", ")}${more > 0 ? `, and ${more} more` : ""}`);
}

/** The most paths that are reported, and characters of each. */
const PATHS_MOST = 6;
const PATH_CHARACTERS_MOST = 80;
/** The most different paths that are counted; of more mappings only the number is reported. */
const DISTINCT_MOST = 65_536;
const UNITS_PER_MAPPING = 8;

const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

/** Tells the paths of mappings in NT_FILE that no module has: data files, memfd, deleted files, System V segments. */
export async function tellFiles(
  files: FileTable,
  modules: readonly MappedModule[],
  notes: DumpNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const slice = new TimeSlice(signal);
  const named = new Set(modules.map(({ path }) => path));
  const paths = new Set<string>();
  let [mappings, offsets] = [0, 0];
  for (let index = 0; index < files.length; index++) {
    if (slice.isSpent(UNITS_PER_MAPPING)) await slice.renew();
    const { pathBytes, offset } = files.mapping(index);
    const path = lenient.decode(pathBytes);
    if (named.has(path)) {
      if (offset !== 0n) offsets++;
      continue;
    }
    mappings++;
    if (paths.size < DISTINCT_MOST) paths.add(path);
  }
  if (mappings > 0) {
    const first = [...paths].slice(0, PATHS_MOST).map((path) => JSON.stringify(shortened(path)));
    const more = paths.size - first.length;
    const distinct = paths.size === DISTINCT_MOST ? `${paths.size} or more files` : counted(paths.size, "files");
    const count = `${distinct} that ${paths.size === 1 ? "is no module" : "are no modules"} (${counted(mappings, "mappings")})`;
    notes.lose(`the paths of ${count}: ${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`);
  }
  if (offsets > 0) notes.lose(`the offsets of ${counted(offsets, "mappings")} of modules in their files`);
}

/** The end of a path says most. */
function shortened(path: string): string {
  return path.length > PATH_CHARACTERS_MOST ? `…${path.slice(1 - PATH_CHARACTERS_MOST)}` : path;
}
