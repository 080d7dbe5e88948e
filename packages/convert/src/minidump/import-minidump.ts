/** Minidumps: of Windows, and those that Breakpad and Crashpad write on other systems (sources of the structures: structures.ts). */
import { codeNumber, MslError, OS_TYPE } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { ProcessDump } from "../dump/process-dump.js";
import type { Importer } from "../import/importer.js";
import { RUNS_BYTES_MOST, UnmappedRuns } from "../own/unmapped-runs.js";
import { readHandles } from "./dump-handles.js";
import { readMemory } from "./dump-memory.js";
import { readModules, tellUnloadedModules } from "./dump-modules.js";
import { type DumpedSystem, readComments, readProcess, readSystem } from "./dump-system.js";
import { readThreads } from "./dump-threads.js";
import { isLinux } from "./exceptions.js";
import { describeKinds } from "./linux-kinds.js";
import { MinidumpFile } from "./minidump-file.js";
import { StreamType } from "./structures.js";
import { MinidumpTexts } from "./texts.js";

const NANOSECONDS = 1_000_000_000n;
const UNKNOWN = 0xffff;

/** The process of a minidump. Throws `not-importable`, `limit`, `source` and `aborted`. */
export const importMinidump: Importer = async ({ source, options, notes }) => {
  const { signal, regionLimit } = options;
  const file = await opened(source, notes, signal);
  const texts = new MinidumpTexts(file, notes);
  const system = await readSystem(file, texts, notes);
  const dumped = await readProcess(file, notes);
  const isWindows = system.osType === codeNumber(OS_TYPE, "Windows");
  const modules = await readModules(file, texts, notes);
  await tellUnloadedModules(file, texts, notes);
  const { processor } = system;
  const threads = await readThreads({
    ...{ file, texts, notes, processor, isWindows, signal },
    hasSignals: isLinux(system.osType),
  });
  const comments = await readComments(file);
  if (comments !== "") notes.lose(`comment of the dump: ${JSON.stringify(comments.replace(/\s+/g, " ").trim())}`);
  const unmapped = await readUnmapped(file, notes);
  const memory = await readMemory(file, notes, {
    pageSize: options.pageSize ?? PAGE_SIZE,
    regionLimit,
    unmapped,
    signal,
  });
  const { regions, pageSize } = memory;
  if (!isWindows) await describeKinds(memory, modules ?? [], notes, signal);
  const pid = dumped.pid || options.pid || 0;
  return {
    sourceFormat: /\bprocdump/i.test(comments) ? "ProcDump" : "Windows Minidump",
    osType: system.osType === UNKNOWN ? (options.os ?? UNKNOWN) : system.osType,
    archType: system.archType === UNKNOWN ? (options.arch ?? UNKNOWN) : system.archType,
    ...{ pid, pageSize, regions, threads, modules },
    timestampNs: BigInt(file.timeDateStamp) * NANOSECONDS,
    // By convention the first module is the program.
    identity: {
      ...{ ppid: dumped.ppid, sessionId: 0, startTimeNs: dumped.startTimeNs },
      ...{ exePath: modules?.[0]?.path ?? "", cmdLine: dumped.cmdLine },
    },
    system: await systemOf(file, texts, pid, system, notes),
  };
};

/** Pages of x86, x86_64, ARM and ARM64 in Windows. */
const PAGE_SIZE = 4096;

async function opened(...[source, notes, signal]: Parameters<typeof MinidumpFile.open>): Promise<MinidumpFile> {
  try {
    return await MinidumpFile.open(source, notes, signal);
  } catch (error) {
    if (!(error instanceof MslError) || (error.code !== "bad-header" && error.code !== "truncated")) throw error;
    throw new MslError("not-importable", `The file cannot be imported: ${error.message}`, { offset: 0, cause: error });
  }
}

/** The states of absent pages that an export of ours added. */
async function readUnmapped(file: MinidumpFile, notes: DumpNotes): Promise<UnmappedRuns | undefined> {
  const stream = file.stream(StreamType.memsliceUnmappedRuns);
  if (!stream) return undefined;
  const runs =
    stream.size > RUNS_BYTES_MOST ? undefined : await UnmappedRuns.decode(await file.read(stream, stream.size), "little");
  if (!runs) notes.damage("the stream of memslice about page states has no table of them: absent pages are taken for failed");
  return runs;
}

/** The System Context that handles have as their parent. Without handles, the version of the system is told in a sentence. */
async function systemOf(
  file: MinidumpFile,
  texts: MinidumpTexts,
  pid: number,
  { version, osType }: DumpedSystem,
  notes: DumpNotes,
): Promise<ProcessDump["system"]> {
  const handles = await readHandles(file, texts, { pid, hasModes: isLinux(osType) }, notes);
  if (handles.length > 0) return { context: { bootTimeNs: 0n, targetCount: 1, osDetail: version }, handles };
  if (version !== "") notes.lose(`the version of the system, ${version}, which captures of one process have no field for`);
  return undefined;
}
