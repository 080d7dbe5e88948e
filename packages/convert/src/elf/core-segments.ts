/** The program headers of a core: PT_LOAD become regions, PT_NOTE the places of its notes. Nothing a header says is taken without a check. */
import { MslError, type Source } from "@memslice/msl";
import { counted, TimeSlice } from "@memslice/msl/work";
import { CutBytes } from "../dump/cut-bytes.js";
import type { DumpNotes } from "../dump/dump-notes.js";
import type { DumpRegions } from "../dump/dump-regions.js";
import { ExactPages } from "../dump/exact-pages.js";
import type { StructureOrder } from "../structures/structure.js";
import { ELF, type ElfBits, identityOf, PN_XNUM, ProgramFlag, PT_LOAD, PT_NOTE } from "./elf-structures.js";

/** The header of a core, and where its program headers are. */
export interface CoreHeader {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  readonly machine: number;
  readonly programs: { readonly offset: number; readonly count: number; readonly stride: number };
}

/** Segments of notes that are read: cores have one. */
const NOTE_SEGMENTS_MOST = 1024;
/** Program headers read and decoded at once: in less than a millisecond, and gone before the garbage collector would move them. */
const HEADERS_AT_ONCE = 512;
const WORK_OF_HEADER = 4;

/** Throws `not-importable` for a file that is no core, or whose program headers have another size than the ABI says. */
export async function coreHeader(source: Source, notes: DumpNotes, signal: AbortSignal | undefined): Promise<CoreHeader> {
  const head = await source.read(0, Math.min(ELF[64].header.size, source.size), signal);
  const identity = identityOf(head);
  if (!identity || head.length < ELF[identity.bits].header.size) {
    throw new MslError(
      "not-importable",
      `The file has ${source.size} bytes and no whole ELF header of a known class and byte order`,
    );
  }
  const { bits, order } = identity;
  const { header, program } = ELF[bits];
  const { type, machine, phoff, shoff, phnum, phentsize } = header.decode(head, 0, order);
  if (type !== ET_CORE) throw new MslError("not-importable", `e_type is ${type}, expected ${ET_CORE} (ET_CORE) of a core`);
  const stated = phnum === PN_XNUM ? await extendedCount(source, bits, order, shoff, signal) : phnum;
  if (stated > 0 && phentsize < program.size) {
    throw new MslError(
      "not-importable",
      `e_phentsize is ${phentsize}, expected ${program.size} bytes; the header of the core is damaged`,
    );
  }
  const offset = phoff < BigInt(source.size) ? Number(phoff) : source.size;
  const count = Math.min(stated, phentsize === 0 ? 0 : Math.floor((source.size - offset) / phentsize));
  if (count < stated)
    notes.damage(`${stated - count} of ${stated} program headers are behind the end of the core, with all that they describe`);
  if (phnum === PN_XNUM && shoff === 0n)
    notes.damage("the core says that it has more program headers than it says where to find the number of");
  return { bits, order, machine, programs: { offset, count, stride: phentsize } };
}

const ET_CORE = 4;

/** sh_info of section header 0; e_phnum itself if the file has none. */
async function extendedCount(
  source: Source,
  bits: ElfBits,
  order: StructureOrder,
  shoff: bigint,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { section } = ELF[bits];
  if (shoff === 0n || shoff + BigInt(section.size) > BigInt(source.size)) return PN_XNUM;
  return section.decode(await source.read(Number(shoff), section.size, signal), 0, order).info;
}

/** A program header, and the bytes that it describes as far as the file has them. */
type ProgramHeader = ReturnType<(typeof ELF)[ElfBits]["program"]["decode"]>;

/** The program headers of one type in the order of the file. */
async function* programHeaders(
  source: Source,
  { bits, order, programs }: CoreHeader,
  wanted: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProgramHeader[], void, undefined> {
  const { program } = ELF[bits];
  const { type } = program.fields;
  const slice = new TimeSlice(signal);
  for (let first = 0; first < programs.count; first += HEADERS_AT_ONCE) {
    const count = Math.min(HEADERS_AT_ONCE, programs.count - first);
    const table = await source.read(programs.offset + first * programs.stride, count * programs.stride, signal);
    if (slice.isSpent(WORK_OF_HEADER * count)) await slice.renew();
    const view = new DataView(table.buffer, table.byteOffset, table.length);
    const found: ProgramHeader[] = [];
    for (let at = 0; at + program.size <= table.length; at += programs.stride) {
      if (type.get(view, at + type.at, order === "little") === wanted) found.push(program.decode(table, at, order));
    }
    yield found;
  }
}

/** What the file has of the bytes of a segment: where they begin, and their number. */
function bytesInFile({ offset, filesz }: ProgramHeader, fileSize: bigint): { readonly from: bigint; readonly there: bigint } {
  const from = offset < fileSize ? offset : fileSize;
  return { from, there: filesz < fileSize - from ? filesz : fileSize - from };
}

/** Bytes of the file: `from` to `to - 1`. */
interface NotePlace {
  readonly from: number;
  readonly to: number;
}

/** The places of the notes; none has bytes of another. Throws `aborted`. */
export async function notePlaces(
  source: Source,
  header: CoreHeader,
  notes: DumpNotes,
  signal: AbortSignal | undefined,
): Promise<NotePlace[]> {
  const places: NotePlace[] = [];
  for await (const programs of programHeaders(source, header, PT_NOTE, signal)) {
    for (const program of programs) {
      const { from, there } = bytesInFile(program, BigInt(source.size));
      if (there < program.filesz) notes.damage(`the notes end ${program.filesz - there} bytes behind the end of the core`);
      if (places.length < NOTE_SEGMENTS_MOST && there > 0n) places.push({ from: Number(from), to: Number(from + there) });
      else if (there > 0n) notes.damage(`a segment of notes behind the first ${NOTE_SEGMENTS_MOST}`);
    }
  }
  return withoutSharedBytes(places, notes);
}

/** The places as they are if none has bytes of another; otherwise in the order of the file, each byte in the place that begins first. */
function withoutSharedBytes(places: readonly NotePlace[], notes: DumpNotes): NotePlace[] {
  const kept: NotePlace[] = [];
  let [end, shared] = [0, 0];
  for (const { from, to } of places.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    if (from < end) shared++;
    if (to > end) kept.push({ from: Math.max(from, end), to });
    end = Math.max(end, to);
  }
  if (shared === 0) return [...places];
  notes.damage(`${counted(shared, "segments")} of notes with bytes of others: no byte is read twice`);
  return kept;
}

/** Facts of the program headers that the report needs. */
interface Faults {
  readonly bytes: CutBytes;
  wrapped: number;
  larger: number;
}

/** What becomes of PT_LOAD. */
interface LoadInput {
  readonly regions: DumpRegions;
  /** Bytes of a page of the machine. */
  readonly pageSize: number;
  readonly notes: DumpNotes;
  readonly signal: AbortSignal | undefined;
}

/** The segments of a core. */
interface Segments {
  /** The rows of regions that pass the end of the file. */
  readonly cut: ReadonlySet<number>;
  /** The page size in which all segments are whole, bytes: that of the machine at most, and that one if they are in none. */
  readonly pageSize: number;
}

/** Adds a region for each PT_LOAD. Throws `limit` and `aborted`. */
export async function readSegments(
  source: Source,
  header: CoreHeader,
  { regions, pageSize, notes, signal }: LoadInput,
): Promise<Segments> {
  const slice = new TimeSlice(signal);
  const faults: Faults = { bytes: new CutBytes(), wrapped: 0, larger: 0 };
  const cut = new Set<number>();
  const pages = new ExactPages(pageSize);
  for await (const programs of programHeaders(source, header, PT_LOAD, signal)) {
    for (const program of programs) {
      if (slice.isSpent(WORK_OF_HEADER)) await slice.renew();
      const { flags, vaddr, filesz, memsz } = program;
      if (memsz === 0n && filesz === 0n) continue;
      pages.add(vaddr | filesz | memsz);
      const { from, there } = bytesInFile(program, BigInt(source.size));
      if (filesz > memsz) faults.larger++;
      const room = addressRoom(vaddr, header.bits);
      const wanted = memsz > filesz ? memsz : filesz;
      const length = wanted < room ? wanted : room;
      if (length < wanted) faults.wrapped++;
      const stated = filesz < length ? filesz : length;
      const held = faults.bytes.take(there, stated, pageSize);
      if (held < stated) cut.add(regions.length);
      // What a capture had is stated of segments without bytes alone: the bytes that a core lacks otherwise are failed.
      regions.add({ start: vaddr, size: length, protection: protectionOf(flags), type: 0, absent: "failed" }, filesz === 0n);
      if (held > 0n) regions.addExtent({ address: vaddr, offset: Number(from), length: Number(held) });
    }
  }
  tell(faults, notes);
  return { cut, pageSize: pages.sizeFor(pageSize, notes) };
}

/** Bytes from an address to the end of the address space. */
function addressRoom(vaddr: bigint, bits: ElfBits): bigint {
  return (1n << BigInt(bits)) - vaddr;
}

function protectionOf(flags: number): number {
  return (flags & ProgramFlag.Read ? 1 : 0) | (flags & ProgramFlag.Write ? 2 : 0) | (flags & ProgramFlag.Execute ? 4 : 0);
}

function tell({ bytes, wrapped, larger }: Faults, notes: DumpNotes): void {
  bytes.tell(notes, "core", "segments");
  if (wrapped > 0)
    notes.damage(`${counted(wrapped, "segments")} past the end of the address space: what is behind it was left out`);
  if (larger > 0)
    notes.assume(`${counted(larger, "segments")} with more bytes in the core than in memory: all bytes are taken as memory`);
}
