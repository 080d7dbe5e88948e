/**
 * ELF cores by hand, from the System V ABI (Object Files, Program Loading, Note Section) and from elfcore.h of Linux, for what no program here writes: big-endian
 * cores, very many segments, and headers that lie. Each field stands here with the offset that the documents give it; nothing of the package is used.
 */

interface Load {
  readonly vaddr: bigint;
  /** Bytes in the file. */
  readonly bytes?: Uint8Array;
  /** Default: as many as in the file. */
  readonly memsz?: bigint;
  /** 1 execute, 2 write, 4 read. */
  readonly flags?: number;
  /** In place of the true values. */
  readonly filesz?: bigint;
  readonly offset?: bigint;
}

export interface Note {
  /** Without NUL. */
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
  /** In place of the true sizes. */
  readonly namesz?: number;
  readonly descsz?: number;
}

/** Writes integers of one class and byte order. */
export class Words {
  readonly bits: 32 | 64;
  readonly big: boolean;

  constructor(bits: 32 | 64, order: "little" | "big") {
    this.bits = bits;
    this.big = order === "big";
  }

  u16(value: number): Uint8Array {
    return this.#ordered([value >> 8, value]);
  }

  u32(value: number): Uint8Array {
    return this.#ordered([value >>> 24, value >>> 16, value >>> 8, value]);
  }

  u64(value: bigint): Uint8Array {
    return this.#ordered(Array.from({ length: 8 }, (_, at) => Number((value >> BigInt(8 * (7 - at))) & 0xffn)));
  }

  /** 4 or 8 bytes by class. */
  word(value: bigint): Uint8Array {
    return this.bits === 64 ? this.u64(value) : this.u32(Number(value & 0xffff_ffffn));
  }

  /** `digits`: the most significant byte first. */
  #ordered(digits: readonly number[]): Uint8Array {
    return Uint8Array.from(this.big ? digits : digits.toReversed());
  }
}

export const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const padded = (bytes: Uint8Array) => joined(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, "latin1"));

/** Elf_Nhdr: n_namesz (with NUL), n_descsz, n_type, each of 4 bytes; then name and descriptor, padded to 4. */
function noteBytes(words: Words, { name, type, desc, namesz, descsz }: Note): Uint8Array {
  const text = latin1(`${name}\0`);
  return joined(words.u32(namesz ?? text.length), words.u32(descsz ?? desc.length), words.u32(type), padded(text), padded(desc));
}

export interface CoreParts {
  readonly bits?: 32 | 64;
  readonly order?: "little" | "big";
  /** e_machine. Default 62, x86_64. */
  readonly machine?: number;
  readonly loads?: readonly Load[];
  readonly notes?: readonly Note[];
  /** e_phnum 0xFFFF, and the number in section header 0. */
  readonly extended?: boolean;
  /** In place of the true number, in the field that has it. */
  readonly phnum?: number;
  readonly phentsize?: number;
  readonly type?: number;
}

/**
 * The file: ELF header; program headers, PT_NOTE first; section header 0 if `extended`; notes; bytes of segments, back to back.
 */
export function elfCore(parts: CoreParts): Uint8Array {
  const { bits = 64, order = "little", machine = 62, loads = [], notes = [], extended = false, type = 4 } = parts;
  const words = new Words(bits, order);
  const is64 = bits === 64;
  const [headerBytes, programBytes, sectionBytes] = is64 ? [64, 56, 64] : [52, 32, 40];
  const count = loads.length + 1;
  const shoff = headerBytes + count * programBytes;
  const notesAt = shoff + (extended ? sectionBytes : 0);
  const noteBlock = joined(...notes.map((note) => noteBytes(words, note)));
  // e_ident: magic, class, data, EI_VERSION 1, then zeros up to 16 bytes.
  const ident = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, order === "big" ? 2 : 1, 1, ...new Uint8Array(9));
  const header = joined(
    ident,
    words.u16(type),
    words.u16(machine),
    words.u32(1),
    words.word(0n),
    words.word(BigInt(headerBytes)),
    words.word(extended ? BigInt(shoff) : 0n),
    words.u32(0),
    words.u16(headerBytes),
    words.u16(parts.phentsize ?? programBytes),
    words.u16(extended ? 0xffff : (parts.phnum ?? count)),
    words.u16(extended ? sectionBytes : 0),
    words.u16(extended ? 1 : 0),
    words.u16(0),
  );
  // Elf64_Phdr: type, flags, offset, vaddr, paddr, filesz, memsz, align. Elf32_Phdr: type, offset, vaddr, paddr, filesz, memsz, flags, align.
  const program = (kind: number, flags: number, offset: bigint, vaddr: bigint, filesz: bigint, memsz: bigint) => {
    const places = [offset, vaddr, vaddr, filesz, memsz].map((value) => words.word(value));
    return is64
      ? joined(words.u32(kind), words.u32(flags), ...places, words.word(1n))
      : joined(words.u32(kind), ...places, words.u32(flags), words.word(1n));
  };
  let at = notesAt + noteBlock.length;
  const programs = [program(4, 0, BigInt(notesAt), 0n, BigInt(noteBlock.length), 0n)];
  for (const { vaddr, bytes, memsz, flags = 6, filesz, offset } of loads) {
    const length = bytes?.length ?? 0;
    programs.push(program(1, flags, offset ?? BigInt(at), vaddr, filesz ?? BigInt(length), memsz ?? BigInt(length)));
    at += length;
  }
  // Section header 0: name, type, flags, addr, offset, size, link, info (the number of program headers), addralign, entsize.
  const section = joined(
    ...[words.u32(0), words.u32(0), words.word(0n), words.word(0n), words.word(0n), words.word(1n)],
    ...[words.u32(0), words.u32(parts.phnum ?? count), words.word(0n), words.word(0n)],
  );
  const contents = loads.map(({ bytes }) => bytes ?? new Uint8Array(0));
  return new Uint8Array(Buffer.concat([header, ...programs, ...(extended ? [section] : []), noteBlock, ...contents]));
}

/** NT_FILE (0x46494c45): number, page size, then start, end and offset in pages of each mapping, then the paths with their NULs. */
export function fileNote(
  words: Words,
  mappings: readonly { start: bigint; end: bigint; page: bigint; path: string }[],
  pageSize = 4096n,
): Note {
  const parts = [
    ...[words.word(BigInt(mappings.length)), words.word(pageSize)],
    ...mappings.flatMap(({ start, end, page }) => [words.word(start), words.word(end), words.word(page)]),
    ...mappings.map(({ path }) => Buffer.from(`${path}\0`)),
  ];
  const desc = new Uint8Array(Buffer.concat(parts));
  return { name: "CORE", type: 0x46494c45, desc };
}

/** NT_AUXV (6): pairs of words, the last of which has the type 0. */
export function auxvNote(words: Words, entries: readonly (readonly [number, bigint])[]): Note {
  const desc = joined(
    ...[...entries, [0, 0n] as const].flatMap(([type, value]) => [words.word(BigInt(type)), words.word(value)]),
  );
  return { name: "CORE", type: 6, desc };
}

/** NT_PRPSINFO (3) of 64 bits, 136 bytes: pid at 24, ppid at 28, pgrp at 32, sid at 36, fname at 40, psargs at 56. */
export function psInfoNote(
  words: Words,
  { pid, ppid, sid, args }: { pid: number; ppid: number; sid: number; args: string },
): Note {
  const name = joined(latin1(args.slice(0, 15)), new Uint8Array(16)).subarray(0, 16);
  const text = joined(latin1(args), new Uint8Array(80)).subarray(0, 80);
  const desc = joined(new Uint8Array(24), words.u32(pid), words.u32(ppid), words.u32(0), words.u32(sid), name, text);
  return { name: "CORE", type: 3, desc };
}

/** NT_PRSTATUS (1): pr_cursig at 12, pr_pid at 32 (64 bits) or 24 (32 bits), registers at 112 or 72, pr_fpvalid behind them. */
export function prStatusNote(words: Words, pid: number, registers: Uint8Array, signal = 0): Note {
  const is64 = words.bits === 64;
  const head = new Uint8Array(is64 ? 112 : 72);
  head.set(words.u16(signal), 12);
  head.set(words.u32(pid), is64 ? 32 : 24);
  return { name: "CORE", type: 1, desc: joined(head, registers, new Uint8Array(is64 ? 8 : 4)) };
}
