/** What a Module Entry says beside address and path: version, digest of the file on disk, and the lines of /proc/PID/maps as native blob. */
import type { WritableModuleEntry } from "@memslice/msl";
import { missingFrom } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import type { ModuleReport } from "../report.js";
import { type ElfFacts, elfFacts } from "./elf-facts.js";
import type { FileFacts, KnownFiles } from "./file-facts.js";
import type { LoadedModule } from "./modules.js";

export interface DescribedModule {
  readonly entry: WritableModuleEntry;
  readonly report: ModuleReport;
}

interface FactsOptions {
  readonly known: KnownFiles;
  /** Size of a page of the system, in bytes. */
  readonly pageBytes: bigint;
}

/** Throws `aborted`. A file that cannot be read has no digest. */
export async function describeModule(files: ProcessFiles, module: LoadedModule, options: FactsOptions): Promise<DescribedModule> {
  const [first] = module.mappings;
  const onDisk = first && (await options.known.ofMapping(files.pid, first));
  const { buildId, version, digest: diskHash }: FileFacts = onDisk ?? factsInMemory(files, module, options.pageBytes);
  const { baseAddr, moduleSize, deleted } = module;
  const shown = pathText(module);
  return {
    entry: {
      ...{ baseAddr, moduleSize, path: shown, nativeBlob: blobOf(module, buildId) },
      ...(version !== undefined && { version }),
      ...(diskHash && { diskHash }),
    },
    report: {
      ...{ path: module.path, baseAddr, moduleSize, deleted },
      ...(buildId !== undefined && { buildId }),
      ...(version !== undefined && { version }),
      ...(diskHash && { diskHash: Buffer.from(diskHash).toString("hex") }),
    },
  };
}

/** The path as the kernel shows it: a file that was deleted is marked. */
export function pathText({ path, deleted }: LoadedModule): string {
  return `${path}${deleted ? " (deleted)" : ""}`;
}

/** The lines of the mappings, each with its line feed, then the build id on a line of its own, and a NUL. */
function blobOf({ mappings }: LoadedModule, buildId: string | undefined): Uint8Array {
  const lines = mappings.map(({ line }) => `${line}\n`).join("");
  return new TextEncoder().encode(`${lines}${buildId === undefined ? "" : `build-id ${buildId}\n`}\0`);
}

/**
 * Where there is no file on disk: the first mapping has the ELF header and, as linkers write them, the notes. Pages that are not in memory are not read.
 */
function factsInMemory(files: ProcessFiles, module: LoadedModule, pageBytes: bigint): ElfFacts {
  const size = module.mappings[0] ? module.mappings[0].end - module.mappings[0].start : 0n;
  return elfFacts((offset, length) => {
    const bytes = new Uint8Array(length);
    if (offset + BigInt(length) > size || !areThere(files, module.baseAddr + offset, length, pageBytes)) return undefined;
    return files.memoryNow(module.baseAddr + offset, bytes).bytes === length ? bytes : undefined;
  });
}

function areThere(files: ProcessFiles, address: bigint, length: number, pageBytes: bigint): boolean {
  for (let page = address - (address % pageBytes); page < address + BigInt(length); page += pageBytes) {
    if (missingFrom(files, page, 1, pageBytes) > 0) return false;
  }
  return true;
}
