/** Where everything in an ELF core stands: computed before its first byte is written, so that the sink need only grow. */
import type { StructureOrder } from "../structures/structure.js";
import { ELF, type ElfBits, ET_CORE, EV_CURRENT, identOf, PN_XNUM, ProgramFlag, PT_LOAD, PT_NOTE } from "./elf-structures.js";

/** Memory begins at a multiple of this, and so does each range of it where its address is one. */
const ALIGNMENT = 4096n;

/** A range of addresses, as a core has it. */
export interface CoreSegment {
  readonly start: bigint;
  readonly end: bigint;
  readonly captured: boolean;
  /** Protection of MSL: 1 read, 2 write, 4 execute. */
  readonly protection: number;
}

/** Places of the parts of a core. */
export interface CoreLayout {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  readonly machine: number;
  /** EI_OSABI. */
  readonly osAbi: number;
  /** PT_LOAD and PT_NOTE. */
  readonly programs: number;
  readonly notes: { readonly offset: bigint; readonly size: number };
  /** Where memory begins. */
  readonly memory: bigint;
}

/** `segments`: number of PT_LOAD; `notesSize`: bytes of all notes. */
export function coreLayout(
  form: { readonly bits: ElfBits; readonly order: StructureOrder; readonly machine: number; readonly osAbi: number },
  segments: number,
  notesSize: number,
): CoreLayout {
  const { header, program, section } = ELF[form.bits];
  const programs = segments + (notesSize > 0 ? 1 : 0);
  const tables = header.size + (programs >= PN_XNUM ? section.size : 0) + programs * program.size;
  const notes = { offset: BigInt(Math.ceil(tables / 8) * 8), size: notesSize };
  const end = notes.offset + BigInt(notesSize);
  const { bits, order, machine, osAbi } = form;
  return { bits, order, machine, osAbi, programs, notes, memory: aligned(end) };
}

function aligned(offset: bigint): bigint {
  return ((offset + ALIGNMENT - 1n) / ALIGNMENT) * ALIGNMENT;
}

/** The ELF header, and section header 0 if there are too many program headers for the header to tell their number. */
export function coreHeader({ bits, order, machine, osAbi, programs }: CoreLayout): Uint8Array {
  const { header, program, section } = ELF[bits];
  const extended = programs >= PN_XNUM;
  const bytes = new Uint8Array(header.size + (extended ? section.size : 0));
  const phnum = extended ? PN_XNUM : programs;
  header.encodeInto(
    bytes,
    0,
    {
      ident: identOf(bits, order, osAbi),
      ...{ type: ET_CORE, machine, version: EV_CURRENT },
      phoff: BigInt(bytes.length),
      shoff: extended ? BigInt(header.size) : 0n,
      ...{ ehsize: header.size, phentsize: program.size, phnum, shentsize: extended ? section.size : 0, shnum: extended ? 1 : 0 },
    },
    order,
  );
  if (extended) section.encodeInto(bytes, header.size, { size: 1n, info: programs }, order);
  return bytes;
}

/** The program header of the notes. */
export function noteHeader({ bits, order, notes }: CoreLayout): Uint8Array {
  const values = { type: PT_NOTE, offset: notes.offset, filesz: BigInt(notes.size), align: 4n };
  return ELF[bits].program.encode(values, order);
}

/** Walks over segments in the order of the file: where the bytes of each stand. */
export class SegmentPlaces {
  #next: bigint;

  constructor({ memory }: CoreLayout) {
    this.#next = memory;
  }

  /** The offset of the first byte of the next segment; for one without bytes, the offset at which it would be. */
  place({ start, end, captured }: CoreSegment): bigint {
    const offset = start % ALIGNMENT === 0n ? aligned(this.#next) : this.#next;
    if (captured) this.#next = offset + (end - start);
    return offset;
  }

  /** Bytes of the file up to here. */
  get end(): bigint {
    return this.#next;
  }
}

/**
 * Writes the program header of a segment at `at` of `target`. A range without bytes has file size 0 and keeps its size in memory. Its physical address is its
 * address: readers of memory images take that one.
 */
export function encodeSegment(
  target: Uint8Array,
  at: number,
  segment: CoreSegment,
  offset: bigint,
  { bits, order }: CoreLayout,
): void {
  const { start, end, captured, protection } = segment;
  const size = end - start;
  const isAligned = start % ALIGNMENT === 0n && offset % ALIGNMENT === 0n;
  ELF[bits].program.encodeInto(
    target,
    at,
    {
      type: PT_LOAD,
      flags:
        (protection & 1 ? ProgramFlag.Read : 0) |
        (protection & 2 ? ProgramFlag.Write : 0) |
        (protection & 4 ? ProgramFlag.Execute : 0),
      ...{ offset, vaddr: start, paddr: start, filesz: captured ? size : 0n, memsz: size, align: isAligned ? ALIGNMENT : 1n },
    },
    order,
  );
}
