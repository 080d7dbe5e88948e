/** What the notes of a core say about its process: identity, auxiliary vector, mapped files, threads, and the signal it ended with. */
import { TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { UnmappedRuns } from "../own/unmapped-runs.js";
import type { StructureOrder } from "../structures/structure.js";
import { CoreLosses } from "./core-losses.js";
import { CoreNote, LinuxNote, PRPSINFO, PRSTATUS_HEAD, PSARGS_BYTES } from "./core-notes.js";
import type { CoreThread } from "./core-threads.js";
import { type ElfBits, word } from "./elf-structures.js";
import { FileTable } from "./file-table.js";
import type { NoteReader, PlacedNote } from "./note-reader.js";
import { OwnNotes } from "./own-notes.js";
import { SIGINFO_SIZE } from "./signals.js";
import { statedLayout, XSAVE_HEAD, type XsaveLayout, xsaveHead } from "./xsave-area.js";

/** NT_PRPSINFO. */
interface CoreIdentity {
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
  /** The command line, up to its NUL, and whether it fills its field: then it may have been cut. */
  readonly args: Uint8Array;
  readonly argsFull: boolean;
}

export interface CoreFacts {
  readonly identity: CoreIdentity | undefined;
  /** Type and value; the first entry of each type. */
  readonly auxv: ReadonlyMap<number, bigint>;
  readonly files: FileTable | undefined;
  readonly threads: readonly CoreThread[];
  /** Owners of notes, such as `CORE` and `FreeBSD`. */
  readonly owners: ReadonlySet<string>;
  /** NT_X86_XSAVE_LAYOUT. */
  readonly xsave: XsaveLayout | undefined;
  /** What the notes say that has no place. */
  readonly losses: CoreLosses;
  /** Which absent pages were unmapped, in cores that were exported by us. */
  readonly unmapped: UnmappedRuns | undefined;
}

/** Bytes of NT_X86_XSAVE_LAYOUT that are read: processors have fewer than twenty components. */
const LAYOUT_MOST = 1024;
/** Entries of an auxiliary vector that are read; Linux writes about twenty. */
const AUXV_MOST = 1024;
/** Notes of a thread that are kept: kernels write fewer than ten. */
const SETS_MOST = 32;
/** The most owners that are named; hostile notes have very many. */
const OWNERS_MOST = 16;

/** e_machine of processors on which Linux numbers signals, or orders siginfo_t, in another way (asm/siginfo.h, asm/signal.h): SPARC, MIPS, PA-RISC, Alpha. */
const OTHER_SIGNALS: ReadonlySet<number> = new Set([2, 8, 15, 18, 43, 0x9026]);

const BLANK = 0x20;

/** Where notes are, and how their words are stored. */
export interface NotePlaces {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  /** e_machine. */
  readonly machine: number;
  readonly ranges: readonly { readonly from: number; readonly to: number }[];
}

/** Bounds of what is held. */
interface FactLimits {
  /** The most threads. */
  readonly regionLimit: number;
  /** Bytes of the largest note that is held. */
  readonly tableLimit: number;
}

/** Reads all notes. Notes that are damaged or too large are reported to `notes`; nothing is thrown but errors of the source and `aborted`. */
export async function coreFacts(
  reader: NoteReader,
  { bits, order, machine, ranges }: NotePlaces,
  notes: DumpNotes,
  limits: FactLimits,
  signal: AbortSignal | undefined,
): Promise<CoreFacts> {
  const damaged = (sentence: string) => notes.damage(sentence);
  const slice = new TimeSlice(signal);
  const threads: CoreThread[] = [];
  /** The thread that the notes belong to; undefined behind one that cannot be read or is left out. */
  let thread: CoreThread | undefined;
  const owners = new Set<string>();
  let identity: CoreIdentity | undefined;
  let auxv = new Map<number, bigint>();
  let files: FileTable | undefined;
  let xsave: XsaveLayout | undefined;
  const losses = new CoreLosses();
  const own = new OwnNotes(reader, order, damaged);
  for (const range of ranges) {
    for await (const note of reader.notes(range, order, damaged)) {
      if (slice.isSpent(4)) await slice.renew();
      const { name, type, offset, length } = note;
      if (owners.size < OWNERS_MOST) owners.add(name);
      if (OwnNotes.has(note)) await own.take(note, thread, limits.tableLimit);
      else if (name === "CORE" && type === CoreNote.PrStatus) {
        thread = await threadOf(reader, note, { bits, order }, losses);
        if (!thread) damaged(`NT_PRSTATUS at offset ${offset} has ${length} bytes and no registers`);
        else if (threads.length < limits.regionLimit) threads.push(thread);
        else {
          damaged(`more than ${limits.regionLimit} threads: the others are left out (option regionLimit)`);
          thread = undefined;
        }
      } else if (name === "CORE" && type === CoreNote.PrPsInfo && !identity)
        identity = await identityOf(reader, note, order, losses, notes);
      else if (name === "CORE" && type === CoreNote.AuxV && auxv.size === 0)
        auxv = auxvOf(await reader.read(offset, Math.min(length, (AUXV_MOST * bits) / 4)), bits, order);
      else if (name === "CORE" && type === CoreNote.File && !files) {
        if (length > limits.tableLimit) damaged(`NT_FILE has ${length} bytes and was not read (option tableLimit)`);
        else files = await FileTable.read((await reader.read(offset, length)).slice(), bits, order, damaged, signal);
      } else if (name === "CORE" && type === CoreNote.SigInfo && !OTHER_SIGNALS.has(machine))
        losses.signal(await reader.read(offset, Math.min(length, SIGINFO_SIZE)), thread?.id ?? 0, { bits, order });
      else if (name === "LINUX" && type === LinuxNote.X86XsaveLayout && !xsave && length <= LAYOUT_MOST)
        xsave = statedLayout(await reader.read(offset, length), order);
      else if (isRegisters(note) && thread && thread.sets.length < SETS_MOST && (!isXstate(note) || length >= XSAVE_HEAD)) {
        thread.sets.push(note);
        if (isXstate(note)) losses.area(xsaveHead(await reader.read(offset, XSAVE_HEAD)), length);
      } else losses.note(note);
    }
  }
  return { identity, auxv, files, threads, owners, xsave, losses, unmapped: own.unmapped };
}

/** NT_X86_XSTATE. */
export function isXstate({ name, type }: PlacedNote): boolean {
  return name === "LINUX" && type === LinuxNote.X86Xstate;
}

function isRegisters({ name, type }: PlacedNote): boolean {
  if (name === "CORE") return type === CoreNote.FpRegSet;
  return name === "LINUX" && (type === LinuxNote.X86Xstate || type === LinuxNote.ArmVfp || type === LinuxNote.PrXfpReg);
}

async function threadOf(
  reader: NoteReader,
  note: PlacedNote,
  { bits, order }: Pick<NotePlaces, "bits" | "order">,
  losses: CoreLosses,
): Promise<CoreThread | undefined> {
  const head = PRSTATUS_HEAD[bits];
  if (note.length <= head.size) return undefined;
  const status = head.decode(await reader.read(note.offset, head.size), 0, order);
  const { pid, cursig } = status;
  losses.status(status);
  return { id: pid, signal: cursig, status: note, sets: [] };
}

async function identityOf(
  reader: NoteReader,
  { offset, length }: PlacedNote,
  order: StructureOrder,
  losses: CoreLosses,
  notes: DumpNotes,
): Promise<CoreIdentity | undefined> {
  const layout = Object.entries(PRPSINFO).find(([size]) => Number(size) === length)?.[1];
  if (!layout) {
    notes.damage(`NT_PRPSINFO has ${length} bytes, expected ${Object.keys(PRPSINFO).join(", ")}`);
    return undefined;
  }
  const info = layout.decode(await reader.read(offset, length), 0, order);
  const { pid, ppid, sid, fname, psargs } = info;
  const nul = psargs.indexOf(0);
  const stated = nul < 0 ? psargs : psargs.subarray(0, nul);
  const argsFull = stated.length >= PSARGS_BYTES - 1;
  // Linux writes each NUL of the arguments as a blank, that behind the last one too (fs/binfmt_elf.c, fill_psinfo).
  const args = !argsFull && stated.at(-1) === BLANK ? stated.subarray(0, -1) : stated;
  losses.process(info, args.length > 0 ? nameOf(fname) : undefined, notes);
  // Without arguments, the name of the program stands for the command line.
  return { pid, ppid, sid, args: args.length > 0 ? args : fname, argsFull };
}

/** The name of the program, up to its NUL. */
function nameOf(fname: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fname).split("\0", 1)[0] ?? "";
}

function auxvOf(bytes: Uint8Array, bits: ElfBits, order: StructureOrder): Map<number, bigint> {
  const entries = new Map<number, bigint>();
  const words = decodeWords(bytes, bits, order);
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [type = 0n, value = 0n] = words.slice(at, at + 2);
    if (type === 0n) break;
    if (type < 0x1_0000n && !entries.has(Number(type))) entries.set(Number(type), value);
  }
  return entries;
}

/** The words of the class that the bytes have. */
function decodeWords(bytes: Uint8Array, bits: ElfBits, order: StructureOrder): bigint[] {
  const { get, size } = word(bits)(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => get(view, index * size, order === "little"));
}
