/** What a Module Entry says beside address and path: version, digest of the file on disk, and the lines of /proc/PID/maps as native blob. */
import { createHash } from "node:crypto";
import { Blake3 } from "@memslice/core-wasm";
import type { WritableModuleEntry } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import type { AcquireOptions } from "../options.js";
import { eachPiece, pathOfMapping, readingFile } from "../proc/mapped-file.js";
import { missingFrom } from "../proc/page-table.js";
import type { ProcessFiles } from "../proc/process-files.js";
import type { ModuleReport } from "../report.js";
import { type ElfFacts, elfFacts } from "./elf-facts.js";
import type { LoadedModule } from "./modules.js";

type Hash = NonNullable<AcquireOptions["hashAlgo"]>;
const NODE_NAMES: Readonly<Record<Exclude<Hash, "BLAKE3">, string>> = { "SHA-256": "sha256", "SHA-512/256": "sha512-256" };

export interface DescribedModule {
  readonly entry: WritableModuleEntry;
  readonly report: ModuleReport;
}

export interface FactsOptions {
  readonly hashAlgo: Hash;
  readonly diskHashes: boolean;
  /** Size of a page of the system, in bytes. */
  readonly pageBytes: bigint;
  readonly signal: AbortSignal | undefined;
}

/** Throws `aborted`. A file that cannot be read has no digest. */
export async function describeModule(files: ProcessFiles, module: LoadedModule, options: FactsOptions): Promise<DescribedModule> {
  const [first] = module.mappings;
  const path = first && pathOfMapping(files.pid, first);
  const { buildId, version } = factsOf(files, module, path, options.pageBytes);
  const diskHash = path === undefined || !options.diskHashes ? undefined : await digestOf(path, options);
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
 * From the file on disk; where there is none, from memory: the first mapping has the ELF header and, as linkers write them, the notes. Pages that are not
 * in memory are not read.
 */
function factsOf(files: ProcessFiles, module: LoadedModule, path: string | undefined, pageBytes: bigint): ElfFacts {
  if (path !== undefined) {
    try {
      return readingFile(path, elfFacts);
    } catch {
      return {};
    }
  }
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

async function digestOf(path: string, { hashAlgo, signal }: FactsOptions): Promise<Uint8Array | undefined> {
  const hasher = hashAlgo === "BLAKE3" ? new Blake3() : createHash(NODE_NAMES[hashAlgo]);
  try {
    await eachPiece(
      path,
      (piece) => void hasher.update(piece),
      () => throwIfAborted(signal),
    );
    return new Uint8Array(hasher.digest());
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof RangeError) throw error;
    return undefined;
  } finally {
    if (hasher instanceof Blake3) hasher.release();
  }
}
