/**
 * The importer of ELF cores, 32 and 64 bit, both byte orders: those that kernels write for a process that crashed, and those of gcore and
 * generate-core-file of gdb. Notes of Linux are read; the memory of cores of other systems is imported without threads and modules.
 */

import type { CodeOf, OS_TYPE, WritableProcessIdentity } from "@memslice/msl";
import { counted } from "@memslice/msl/work";
import { DumpMemory } from "../dump/dump-memory.js";
import type { DumpNotes } from "../dump/dump-notes.js";
import { DumpRegions } from "../dump/dump-regions.js";
import { moduleEntry } from "../dump/module-entry.js";
import { nextSlice } from "../dump/next-slice.js";
import { storedText } from "../dump/stored-text.js";
import type { Importer, ImporterInput } from "../import/importer.js";
import { elfImageAt } from "../linux/elf-image.js";
import { type MappedModule, modulesIn } from "../linux/mapped-modules.js";
import { RegionType, regionTypeOf } from "../linux/region-type.js";
import { type CoreFacts, coreFacts, isXstate } from "./core-facts.js";
import { AuxType } from "./core-notes.js";
import { CORE_REGISTERS } from "./core-registers.js";
import { type CoreHeader, coreHeader, notePlaces, readSegments } from "./core-segments.js";
import { CoreThreads, threadsWithRoles } from "./core-threads.js";
import { ELF_MACHINES, EM_X86_64 } from "./elf-structures.js";
import { tellAuxv, tellFiles } from "./facts-without-field.js";
import type { FileTable } from "./file-table.js";
import { NoteReader } from "./note-reader.js";

const UNKNOWN = 0xffff;
const DEFAULT_PAGE_SIZE = 4096;
const PAGE_SIZE_MOST = 2 ** 20;

/** Reads program headers, notes and the headers of modules. Throws `not-importable` for a file that is no core. */
export const importElfCore: Importer = async (input) => {
  const { source, options, notes } = input;
  const { signal } = options;
  const header = await coreHeader(source, notes, signal);
  const ranges = await notePlaces(source, header, notes, signal);
  const reader = new NoteReader(source, signal);
  const facts = await coreFacts(reader, { ...header, ranges }, notes, options, signal);
  const { files, auxv, identity, xsave, losses } = facts;
  const { pageSize: stated, assumed } = pageSizeOf(auxv, options.pageSize);
  const regions = new DumpRegions(options.regionLimit, header.programs.count);
  regions.unmapped = facts.unmapped;
  const { cut, pageSize } = await readSegments(source, header, { regions, pageSize: stated, notes, signal });
  const memory = await DumpMemory.of(source, regions, signal);
  const modules = files && (await modulesOf(files, facts, memory, regions, notes));
  await describeRegions({ regions, cut, memory }, facts, modules ?? [], input);
  const archType = archOf(header, input);
  const registers = CORE_REGISTERS.get(archType);
  if (!registers && facts.threads.length > 0)
    notes.lose(`the registers of ${counted(facts.threads.length, "threads")}: those of this architecture are not known`);
  const threads = registers ? threadsWithRoles(facts.threads, { ...header, registers }, notes) : [];
  if (registers) losses.unknownSets(facts.threads, registers, isXstate);
  await losses.tell(notes, facts, await nextSlice(signal));
  tellAuxv(auxv, notes);
  if (files) await tellFiles(files, modules ?? [], notes, signal);
  const [osType, pid] = [osOf(facts, input), pidOf(facts, input)];
  if (assumed !== undefined) notes.assume(assumed);
  return {
    ...{ sourceFormat: "ELF core", osType, archType, timestampNs: 0n, pid, pageSize },
    identity: identity || modules ? await identityOf(facts, modules ?? [], memory, notes) : undefined,
    modules: modules?.map(({ base, end, path, buildId }) => moduleEntry({ base, size: end - base, path, buildId })),
    threads: registers && threads.length > 0 ? new CoreThreads(threads, reader, { ...header, registers, xsave }) : [],
    regions,
  };
};

/** Owners of notes by system; those of Linux are CORE and LINUX. */
const SYSTEMS: readonly (readonly [RegExp, number, string])[] = [
  [/^FreeBSD/, 5, "FreeBSD"],
  [/^NetBSD/, 6, "NetBSD"],
  [/^OpenBSD/, 7, "OpenBSD"],
  [/^QNX/, 8, "QNX"],
];
const LINUX = 1;

function osOf({ owners }: CoreFacts, { options, notes }: ImporterInput): CodeOf<typeof OS_TYPE> {
  const all = [...owners];
  const other = SYSTEMS.find(([pattern]) => all.some((owner) => pattern.test(owner)));
  if (other) notes.lose(`threads, modules and identity: notes of ${other[2]} are not read`);
  if (options.os !== undefined) return options.os;
  if (other) return other[1];
  if (owners.has("CORE") || owners.has("LINUX")) return LINUX;
  notes.assume("operating system unknown");
  return UNKNOWN;
}

function archOf({ machine, bits }: CoreHeader, { options, notes }: ImporterInput): number {
  const found = ELF_MACHINES.find((one) => one.machine === machine && one.bits === bits);
  if (machine === EM_X86_64 && bits === 32)
    notes.assume("the process has pointers of 32 bits (x32): the capture says x86_64, whose registers it has");
  if (found) return found.archType;
  if (typeof options.arch === "number") return options.arch;
  notes.assume(`architecture unknown: e_machine is ${machine}, in a file of ${bits} bits`);
  return UNKNOWN;
}

/** Bytes of a page, and the sentence about it unless the core says it. */
function pageSizeOf(
  auxv: CoreFacts["auxv"],
  given = DEFAULT_PAGE_SIZE,
): { readonly pageSize: number; readonly assumed: string | undefined } {
  const entry = auxv.get(AuxType.PageSize) ?? 0n;
  const stated = Number(entry);
  if (stated >= 1024 && stated <= PAGE_SIZE_MOST && Number.isInteger(Math.log2(stated)))
    return { pageSize: stated, assumed: undefined };
  return { pageSize: given, assumed: entry === 0n ? `page size ${given}` : `page size ${given}: AT_PAGESZ says ${entry}` };
}

function pidOf({ identity, threads }: CoreFacts, { options, notes }: ImporterInput): number {
  const pid = identity?.pid ?? options.pid;
  if (pid !== undefined) return pid;
  const first = threads[0]?.id;
  if (first !== undefined) notes.assume(`process id ${first}, that of the first thread`);
  return first ?? 0;
}

async function identityOf(
  facts: CoreFacts,
  modules: readonly MappedModule[],
  memory: DumpMemory,
  notes: DumpNotes,
): Promise<WritableProcessIdentity> {
  const { identity, auxv } = facts;
  const entry = auxv.get(AuxType.Entry) ?? auxv.get(AuxType.Phdr);
  const program = entry === undefined ? undefined : modules.find(({ base, end }) => entry >= base && entry < end);
  if (identity?.argsFull) notes.lose("the command line has 80 bytes, all that a core holds, and may have been longer");
  return {
    ...{ ppid: identity?.ppid ?? 0, sessionId: identity?.sid ?? 0, startTimeNs: 0n },
    exePath: program?.path ?? (await pathOfStart(auxv.get(AuxType.ExecFn), memory, notes)),
    cmdLine: identity ? storedText(identity.args, "the command line", notes) : "",
  };
}

/** Bytes of a path (limits.h, PATH_MAX). */
const PATH_MOST = 4096;

/** The path that the process was started by, which the kernel puts into its stack; empty if the core does not have it. */
async function pathOfStart(address: bigint | undefined, memory: DumpMemory, notes: DumpNotes): Promise<string> {
  const bytes = address === undefined ? undefined : await memory.read(address, PATH_MOST);
  if (!bytes?.includes(0) || bytes[0] === 0) return "";
  notes.assume("the path of the program is the one that it was started by (AT_EXECFN)");
  return storedText(bytes, "the path of the program", notes);
}

async function modulesOf(
  files: FileTable,
  { auxv }: CoreFacts,
  memory: DumpMemory,
  regions: DumpRegions,
  notes: DumpNotes,
): Promise<MappedModule[]> {
  const ranges = function* () {
    for (let index = 0; index < files.length; index++) {
      const { start, end, offset, pathBytes } = files.mapping(index);
      const row = memory.rowAt(start);
      const executable = row >= 0 && (regions.region(row).protection & 4) !== 0;
      yield { start, end, offset, executable, path: storedText(pathBytes, "the path of a mapped file", notes) };
    }
  };
  const modules: MappedModule[] = [];
  for await (const module of modulesIn(ranges(), (address, length) => memory.read(address, length))) modules.push(module);
  const unseen = modules.filter(({ seen }) => !seen).length;
  if (unseen > 0)
    notes.assume(`${counted(unseen, "modules")} without headers in the core, assumed by executable mappings of files`);
  const vdso = auxv.get(AuxType.SysinfoEhdr);
  const row = vdso === undefined ? -1 : memory.rowAt(vdso);
  const image = vdso === undefined ? undefined : await elfImageAt(vdso, (address, length) => memory.read(address, length));
  if (vdso !== undefined && row >= 0 && image) {
    const { start, size } = regions.region(row);
    modules.push({ base: vdso, end: start + size, path: "[vdso]", buildId: image.buildId, seen: true });
  }
  return modules.sort((a, b) => (a.base < b.base ? -1 : a.base > b.base ? 1 : 0));
}

/** AT_RANDOM points to 16 bytes in the stack of the first thread (getauxval(3)). */
const AT_RANDOM = 25;

interface CoreMemory {
  readonly regions: DumpRegions;
  /** Rows whose bytes the core should have had: what it lacks of them was not left out on purpose. */
  readonly cut: ReadonlySet<number>;
  readonly memory: DumpMemory;
}

/** Sets the kind of each region, and the state of pages of mapped files that were left out of the core. */
async function describeRegions(
  { regions, cut, memory }: CoreMemory,
  { files, auxv }: CoreFacts,
  modules: readonly MappedModule[],
  { notes, options }: ImporterInput,
): Promise<void> {
  const slice = await nextSlice(options.signal);
  const images = modules.filter(({ path }) => path !== "[vdso]");
  for (let row = 0; row < regions.length; row++) {
    if (slice.isSpent(8)) await slice.renew();
    const start = regions.startOf(row);
    const index = files?.indexOf(start) ?? -1;
    if (!files || index < 0) {
      if (files) regions.describe(row, { type: RegionType.Anonymous });
      continue;
    }
    const path = storedText(files.mapping(index).pathBytes, "the path of a mapped file", notes);
    const isImage = moduleAt(images, start) !== undefined;
    const type = isImage ? RegionType.Image : regionTypeOf({ path, inode: 0n });
    regions.describe(row, { type, absent: cut.has(row) ? "failed" : "unmapped" });
  }
  mark(memory, regions, auxv.get(AT_RANDOM), RegionType.Stack);
  mark(memory, regions, auxv.get(AuxType.SysinfoEhdr), RegionType.Image);
}

/** The module that has the address. */
function moduleAt(modules: readonly MappedModule[], address: bigint): MappedModule | undefined {
  let [low, high] = [0, modules.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((modules[middle]?.base ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  const module = modules[low - 1];
  return module && address < module.end ? module : undefined;
}

function mark(memory: DumpMemory, regions: DumpRegions, address: bigint | undefined, type: number): void {
  const row = address === undefined ? -1 : memory.rowAt(address);
  if (row >= 0) regions.describe(row, { type });
}
