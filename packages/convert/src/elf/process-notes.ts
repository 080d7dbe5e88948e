/** The notes about the process in an ELF core, from what a capture says about it: NT_PRPSINFO, NT_AUXV and NT_FILE. */
import { BlockType, type Capture, codeNumber, type Module, OS_TYPE } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import type { ExportNotes } from "../export/export-report.js";
import type { StatedIdentity } from "../export/fields-without-place.js";
import { SignalsOfNote } from "../own/thread-signals.js";
import {
  AuxType,
  CoreNote,
  encodeFileNote,
  encodeNote,
  encodeWords,
  type FileMapping,
  FNAME_BYTES,
  PRPSINFO,
  PSARGS_BYTES,
} from "./core-notes.js";
import { imageAt, type LoadedImage, mappingsOf } from "./loaded-images.js";
import type { CoreForm, ProcessIds } from "./thread-notes.js";

/** Page size of NT_FILE and of AT_PAGESZ where the capture has pages of another size only for its own storage. */
const PAGE = 4096n;
/** Bytes of NT_FILE. Kernels refuse to write more than 4 MiB. */
const FILE_NOTE_MOST = 4 * 1024 * 1024;
/** Modules whose headers are looked at. */
const MODULES_MOST = 65_536;

/** A module, and its image as far as captured memory shows it. */
interface LoadedModule {
  readonly module: Module;
  readonly image: LoadedImage | undefined;
}

/** What is known about the process. */
export interface ProcessFacts extends ProcessIds {
  readonly identity: StatedIdentity | undefined;
  /** Separates the names of a path. */
  readonly separator: "/" | "\\";
  /** Signals of threads, which a capture tells in the Note of its import. */
  readonly signals: SignalsOfNote;
  /** ThreadState of the first thread, whose id is that of the process; 0 unknown. */
  readonly state: number;
  /** Undefined if the capture does not say it. */
  readonly user: { readonly uid: number } | undefined;
  readonly exePath: string;
  readonly cmdLine: string;
  readonly modules: readonly LoadedModule[];
}

/** Reads Process Identity, the row of the process in the Process Table, modules, and the ELF headers of modules. Throws what reading throws. */
export async function processFacts(capture: Capture, notes: ExportNotes, signal: AbortSignal | undefined): Promise<ProcessFacts> {
  const identity = await firstOf(capture, BlockType.ProcessIdentity, "ProcessIdentity", signal);
  const table = await firstOf(capture, BlockType.ProcessTable, "ProcessTable", signal);
  const provenance = await firstOf(capture, BlockType.ImportProvenance, "ImportProvenance", signal);
  const main = (await capture.threads(signal)).find(({ id }) => id === BigInt(capture.header.pid));
  const row = table?.entries.find(({ isTarget }) => isTarget);
  const all = await capture.modules(signal);
  if (all.length > MODULES_MOST)
    notes.add("left out", "NT_FILE", `Modules behind the first ${MODULES_MOST} are not listed: the capture names ${all.length}`);
  const modules: LoadedModule[] = [];
  const slice = new TimeSlice(signal);
  for (const module of all.slice(0, MODULES_MOST)) {
    if (slice.isSpent(64)) await slice.renew();
    modules.push({ module, image: await imageAt(capture.memory, module.baseAddr, signal) });
  }
  return {
    ...{ identity, signals: new SignalsOfNote(provenance?.note ?? ""), state: main?.state ?? 0 },
    separator: capture.header.osType === codeNumber(OS_TYPE, "Windows") ? "\\" : "/",
    pid: capture.header.pid,
    ppid: identity?.ppid ?? 0,
    sid: identity?.sessionId ?? 0,
    user: row && { uid: row.uid },
    exePath: identity?.exePath ?? "",
    cmdLine: identity?.cmdLine ?? row?.cmdLine ?? "",
    modules: modules.sort((a, b) => (a.module.baseAddr < b.module.baseAddr ? -1 : 1)),
  };
}

/** pr_state and pr_sname by ThreadState: the letters of Linux for running, sleeping, stopped, and waiting without an end (fs/binfmt_elf.c). */
const SNAMES: Readonly<Record<number, readonly [state: number, sname: number]>> = {
  1: [0, 0x52],
  2: [1, 0x53],
  3: [3, 0x54],
  4: [2, 0x44],
};

/** NT_PRPSINFO. Names are cut to the bytes that the structure has. */
export function psInfoNote(facts: ProcessFacts, { bits, order }: CoreForm, ugid16: boolean, notes: ExportNotes): Uint8Array {
  const layout = PRPSINFO[bits === 64 ? 136 : ugid16 ? 124 : 128];
  const name = facts.exePath.slice(facts.exePath.lastIndexOf(facts.separator) + 1);
  const [state = 0, sname = 0] = SNAMES[facts.state] ?? [];
  const unknown = `${facts.user ? "" : "user, "}group, process group, nice value and flags`;
  notes.add("assumed", "NT_PRPSINFO", `The capture does not say ${unknown} of the process: they are 0`);
  const fname = cut(name, FNAME_BYTES);
  if (facts.exePath !== "" && (fname.isCut || name !== facts.exePath))
    notes.add(
      "no place",
      "ExePath",
      `The path of the program; the core holds the first ${FNAME_BYTES - 1} bytes of its name, and the paths of modules`,
    );
  const psargs = cut(facts.cmdLine.replaceAll("\0", " "), PSARGS_BYTES);
  if (psargs.isCut)
    notes.add(
      "no place",
      "NT_PRPSINFO",
      `The command line has ${psargs.length} bytes; the core holds the first ${PSARGS_BYTES - 1}`,
    );
  const descriptor = layout.encode(
    {
      ...{ state, sname, uid: facts.user?.uid ?? 0 },
      ...{ pid: facts.pid, ppid: facts.ppid, pgrp: 0, sid: facts.sid },
      fname: fname.bytes,
      psargs: psargs.bytes,
    },
    order,
  );
  return encodeNote("CORE", CoreNote.PrPsInfo, descriptor, order);
}

/** UTF-8 in `size` bytes, the last of which is NUL. */
function cut(text: string, size: number) {
  const all = new TextEncoder().encode(text);
  const bytes = new Uint8Array(size);
  bytes.set(all.subarray(0, size - 1));
  return { bytes, length: all.length, isCut: all.length >= size };
}

/**
 * NT_AUXV, as far as captured ELF headers tell its values: debuggers relocate a program by AT_PHDR and AT_ENTRY. Undefined if they do not tell which module is the
 * program. The capture has no auxiliary vector of its own.
 */
export function auxvNote(facts: ProcessFacts, form: CoreForm, notes: ExportNotes): Uint8Array | undefined {
  const program = programOf(facts);
  if (!program?.image || program.image.bits !== form.bits) {
    notes.add(
      "no place",
      "NT_AUXV",
      "No auxiliary vector: the ELF header of the program was not captured, or no module is the program",
    );
    return undefined;
  }
  const { base, entry, headers, interpreter } = program.image;
  const linker = interpreter === undefined ? undefined : moduleNamed(facts, fileName(interpreter));
  const vdso = facts.modules.find(({ module, image }) => module.path === "[vdso]" && image);
  const words = [
    [AuxType.Phdr, headers.address],
    [AuxType.Phent, BigInt(headers.size)],
    [AuxType.Phnum, BigInt(headers.count)],
    [AuxType.PageSize, PAGE],
    ...(linker ? [[AuxType.Base, linker.module.baseAddr] as const] : []),
    [AuxType.Entry, entry],
    ...(vdso ? [[AuxType.SysinfoEhdr, vdso.module.baseAddr] as const] : []),
    [AuxType.Null, 0n],
  ] as const;
  notes.add(
    "derived",
    "NT_AUXV",
    `The auxiliary vector has ${words.length - 1} entries, computed from the ELF header at 0x${base.toString(16)}; a vector of the kernel has about twenty`,
  );
  const values = words.flatMap(([type, value]) => [BigInt(type), value]);
  return encodeNote("CORE", CoreNote.AuxV, encodeWords(values, form.bits, form.order), form.order);
}

/** The module that Process Identity names, or else the first image that has a dynamic linker: of libraries, libc.so has one too. */
function programOf(facts: ProcessFacts): LoadedModule | undefined {
  const named = facts.modules.find(({ module, image }) => image && module.path === facts.exePath);
  return named ?? facts.modules.find(({ image }) => image?.interpreter !== undefined);
}

function moduleNamed({ modules }: ProcessFacts, name: string): LoadedModule | undefined {
  return modules.find(({ module }) => fileName(module.path) === name);
}

const fileName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** NT_FILE, and how many modules it names. Undefined if there are none. Readers take bytes of holes from these files, so that offsets in files must be true. */
export function fileNote(
  facts: ProcessFacts,
  { bits, order }: CoreForm,
  notes: ExportNotes,
): { bytes: Uint8Array; modules: number } | undefined {
  const mappings: FileMapping[] = [];
  let [size, modules, at] = [2 * (bits / 8), 0, 0n];
  const most = 1n << BigInt(bits);
  for (const { module, image } of facts.modules) {
    const { baseAddr, moduleSize, path } = module;
    // [vdso] and the like are no files.
    if (path === "" || path.startsWith("[")) continue;
    const end = baseAddr + moduleSize < most ? baseAddr + moduleSize : most;
    const own = image ? mappingsOf(image, path, end) : headerOf(module, end);
    const bytes = own.length * (3 * (bits / 8) + new TextEncoder().encode(path).length + 1);
    const fits = own.length > 0 && own.every(({ start, end: stop }) => start >= at && stop <= most) && baseAddr % PAGE === 0n;
    if (!fits)
      notes.add(
        "left out",
        "NT_FILE",
        `Module at 0x${baseAddr.toString(16)} is not listed: it has no pages, or shares addresses with another one`,
      );
    else if (size + bytes > FILE_NOTE_MOST)
      notes.add("left out", "NT_FILE", "Modules are not listed behind the first 4 MiB of their list");
    else {
      if (!image)
        notes.add(
          "assumed",
          "NT_FILE",
          `Of module at 0x${baseAddr.toString(16)} the first page alone is listed: its ELF header was not captured, so that offsets in its file are unknown`,
        );
      mappings.push(...own);
      [size, modules, at] = [size + bytes, modules + 1, own.at(-1)?.end ?? at];
    }
  }
  if (modules === 0) return undefined;
  return { bytes: encodeNote("CORE", CoreNote.File, encodeFileNote(mappings, PAGE, bits, order), order), modules };
}

/** The first page of a module, which is the first page of its file. */
function headerOf({ baseAddr, moduleSize, path }: Module, end: bigint): FileMapping[] {
  if (moduleSize === 0n || baseAddr >= end) return [];
  return [{ start: baseAddr, end: baseAddr + PAGE < end ? baseAddr + PAGE : end, offset: 0n, path }];
}

type PayloadOf<K> = Extract<
  NonNullable<Awaited<ReturnType<ReturnType<Capture["blocks"]["at"]>["decode"]>>["payload"]>,
  { kind: K }
>;

/** The first block of a kind that can be decoded. */
async function firstOf<K extends "ProcessIdentity" | "ProcessTable" | "ImportProvenance">(
  capture: Capture,
  type: number,
  kind: K,
  signal: AbortSignal | undefined,
): Promise<PayloadOf<K> | undefined> {
  for (const block of capture.blocks.ofType(type)) {
    const { payload } = await block.decode(signal);
    if (payload?.kind === kind) return payload as PayloadOf<K>;
    break;
  }
  return undefined;
}
