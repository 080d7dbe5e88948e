/**
 * The notes of an ELF core: their frame, and the structures in them. Sources: gABI (note sections), elfcore.h, procfs.h and binfmt_elf.c of Linux,
 * core(5) for NT_FILE. A core of 32 bits has user and group ids of 16 bits on x86 and ARM, of 32 bits on other machines.
 */
import { bytes, Structure, type StructureOrder, u8, u16, u32 } from "../structures/structure.js";
import { type ElfBits, word } from "./elf-structures.js";

/** The name of a note, which says who defines its type. */
export type NoteOwner = "CORE" | "LINUX" | typeof OWN_OWNER;

/** The owner of notes that exports add for imports. Other readers pass over the notes of an owner that they do not know. */
export const OWN_OWNER = "memslice";

/** Types of notes with the owner CORE. */
export const CoreNote = { PrStatus: 1, FpRegSet: 2, PrPsInfo: 3, AuxV: 6, File: 0x46494c45, SigInfo: 0x53494749 } as const;
/** Types of notes with the owner LINUX. */
export const LinuxNote = { ArmVfp: 0x400, X86Xstate: 0x202, X86XsaveLayout: 0x205, PrXfpReg: 0x46e62b7f } as const;

/** Types of notes with the owner memslice: none is a type of another owner, since gdb looks at the type of some notes alone. */
export const OwnNote = { ThreadFacts: 0x4d534c01, UnmappedRuns: 0x4d534c02 } as const;

/** Entries of the auxiliary vector: their types. */
export const AuxType = {
  Null: 0,
  Phdr: 3,
  Phent: 4,
  Phnum: 5,
  PageSize: 6,
  Base: 7,
  Entry: 9,
  ExecFn: 31,
  SysinfoEhdr: 33,
} as const;

/** Elf32_Nhdr, which 64-bit files have as well. */
export const NOTE_HEADER = new Structure("Elf_Nhdr", 12, { namesz: u32(0), descsz: u32(4), type: u32(8) });

/** Name and descriptor of a note are padded to this many bytes. */
const NOTE_ALIGNMENT = 4;

/** `length` with its padding. */
export function paddedNote(length: number): number {
  return Math.ceil(length / NOTE_ALIGNMENT) * NOTE_ALIGNMENT;
}

/** Bytes of a note whose descriptor has `length` bytes. */
export function noteSize(owner: NoteOwner, length: number): number {
  return NOTE_HEADER.size + paddedNote(owner.length + 1) + paddedNote(length);
}

export function encodeNote(owner: NoteOwner, type: number, descriptor: Uint8Array, order: StructureOrder): Uint8Array {
  const note = new Uint8Array(noteSize(owner, descriptor.length));
  NOTE_HEADER.encodeInto(note, 0, { namesz: owner.length + 1, descsz: descriptor.length, type }, order);
  note.set(new TextEncoder().encode(owner), NOTE_HEADER.size);
  note.set(descriptor, NOTE_HEADER.size + paddedNote(owner.length + 1));
  return note;
}

/** struct elf_prstatus up to the registers, which follow; behind them stands pr_fpvalid. */
export const PRSTATUS_HEAD = { 32: prstatusOf(32), 64: prstatusOf(64) } as const;

function prstatusOf(bits: ElfBits) {
  const w = word(bits);
  const size = bits / 8;
  const pid = 16 + 2 * size;
  return new Structure("elf_prstatus", pid + 16 + 8 * size, {
    signo: u32(0),
    code: u32(4),
    errno: u32(8),
    cursig: u16(12),
    sigpend: w(16),
    sighold: w(16 + size),
    pid: u32(pid),
    ppid: u32(pid + 4),
    pgrp: u32(pid + 8),
    sid: u32(pid + 12),
    // pr_utime, pr_stime, pr_cutime, pr_cstime: seconds and microseconds of each.
    times: bytes(pid + 16, 8 * size),
  });
}

export const FNAME_BYTES = 16;
export const PSARGS_BYTES = 80;

/** struct elf_prpsinfo by its size: 136 bytes of 64 bits, 124 of 32 bits with ids of 16 bits, 128 of 32 bits with ids of 32 bits. */
export const PRPSINFO = { 136: prpsinfoOf(64, 32), 124: prpsinfoOf(32, 16), 128: prpsinfoOf(32, 32) } as const;

function prpsinfoOf(bits: ElfBits, idBits: 16 | 32) {
  const id = idBits === 16 ? u16 : u32;
  const flag = bits === 64 ? 8 : 4;
  const uid = flag + bits / 8;
  const pid = uid + idBits / 4;
  return new Structure("elf_prpsinfo", pid + 16 + FNAME_BYTES + PSARGS_BYTES, {
    state: u8(0),
    sname: u8(1),
    zomb: u8(2),
    nice: u8(3),
    flag: word(bits)(flag),
    uid: id(uid),
    gid: id(uid + idBits / 8),
    pid: u32(pid),
    ppid: u32(pid + 4),
    pgrp: u32(pid + 8),
    sid: u32(pid + 12),
    fname: bytes(pid + 16, FNAME_BYTES),
    psargs: bytes(pid + 16 + FNAME_BYTES, PSARGS_BYTES),
  });
}

/** A mapped file in NT_FILE. */
export interface FileMapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes from the start of the file, a multiple of the page size. */
  readonly offset: bigint;
  readonly path: string;
}

/** The descriptor of NT_FILE: number of mappings, page size, addresses and offsets in pages, paths. A path ends at its first NUL. */
export function encodeFileNote(
  mappings: readonly FileMapping[],
  pageSize: bigint,
  bits: ElfBits,
  order: StructureOrder,
): Uint8Array {
  const size = bits / 8;
  const paths = mappings.map(({ path }) => new TextEncoder().encode(`${path.split("\0", 1)[0]}\0`));
  const head = 2 * size + mappings.length * 3 * size;
  const descriptor = new Uint8Array(head + paths.reduce((total, { length }) => total + length, 0));
  const words = [
    BigInt(mappings.length),
    pageSize,
    ...mappings.flatMap(({ start, end, offset }) => [start, end, offset / pageSize]),
  ];
  descriptor.set(encodeWords(words, bits, order));
  let at = head;
  for (const path of paths) {
    descriptor.set(path, at);
    at += path.length;
  }
  return descriptor;
}

/** Words of the class, one behind the other: NT_AUXV is made of pairs of them. */
export function encodeWords(words: readonly bigint[], bits: ElfBits, order: StructureOrder): Uint8Array {
  const field = word(bits)(0);
  const encoded = new Uint8Array(words.length * field.size);
  const view = new DataView(encoded.buffer);
  for (const [index, value] of words.entries()) field.set(view, index * field.size, value, order === "little");
  return encoded;
}
