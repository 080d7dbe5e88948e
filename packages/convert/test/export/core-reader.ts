/** A small reader of ELF cores of 64 bits, little-endian, written from elf(5), core(5) and procfs.h alone: the tests compare with what it finds. */

interface ReadSegment {
  readonly start: bigint;
  readonly size: bigint;
  readonly physical: bigint;
  readonly offset: number;
  readonly fileSize: number;
  /** Bits of p_flags: 4 read, 2 write, 1 execute. */
  readonly flags: number;
  readonly align: bigint;
}

interface ReadNote {
  readonly owner: string;
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface ReadCore {
  readonly type: number;
  readonly machine: number;
  readonly phnum: number;
  readonly segments: readonly ReadSegment[];
  readonly notes: readonly ReadNote[];
}

export function readCore(bytes: Uint8Array): ReadCore {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = (at: number) => Number(view.getBigUint64(at, true));
  if (view.getUint32(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1)
    throw new Error("no ELF file of 64 bits, little-endian");
  let phnum = view.getUint16(0x38, true);
  if (phnum === 0xffff) phnum = view.getUint32(long(0x28) + 0x2c, true);
  const segments: ReadSegment[] = [];
  const notes: ReadNote[] = [];
  for (let i = 0; i < phnum; i++) {
    const at = long(0x20) + 56 * i;
    const type = view.getUint32(at, true);
    const [offset, fileSize] = [long(at + 8), long(at + 32)];
    if (type === 4) notes.push(...readNotes(bytes.subarray(offset, offset + fileSize)));
    if (type !== 1) continue;
    segments.push({
      start: view.getBigUint64(at + 16, true),
      size: view.getBigUint64(at + 40, true),
      physical: view.getBigUint64(at + 24, true),
      ...{ offset, fileSize, flags: view.getUint32(at + 4, true), align: view.getBigUint64(at + 48, true) },
    });
  }
  return { type: view.getUint16(0x10, true), machine: view.getUint16(0x12, true), phnum, segments, notes };
}

function readNotes(bytes: Uint8Array): ReadNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: ReadNote[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const [nameSize, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const owner = new TextDecoder().decode(bytes.subarray(at + 12, at + 12 + nameSize - 1));
    const start = at + 12 + Math.ceil(nameSize / 4) * 4;
    notes.push({ owner, type: view.getUint32(at + 8, true), bytes: bytes.subarray(start, start + size) });
    at = start + Math.ceil(size / 4) * 4;
  }
  return notes;
}

/** user_regs_struct of x86_64, in the order of asm/user_64.h. */
const USER_REGS =
  "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs".split(
    " ",
  );

export interface ReadThread {
  readonly id: number;
  /** By name: little-endian bytes. */
  readonly registers: ReadonlyMap<string, Uint8Array>;
}

/** The threads of a core of x86_64: general registers, and those of the FXSAVE area that NT_FPREGSET has. */
export function threadsOf({ notes }: ReadCore): ReadThread[] {
  const threads: { id: number; registers: Map<string, Uint8Array> }[] = [];
  for (const { owner, type, bytes } of notes) {
    if (owner !== "CORE") continue;
    if (type === 1) {
      const registers = new Map(USER_REGS.map((name, i) => [name, bytes.slice(112 + 8 * i, 120 + 8 * i)]));
      threads.push({ id: new DataView(bytes.buffer, bytes.byteOffset).getUint32(32, true), registers });
    }
    const registers = threads.at(-1)?.registers;
    if (type !== 2 || !registers) continue;
    registers.set("mxcsr", bytes.slice(24, 28));
    registers.set("fctrl", bytes.slice(0, 2));
    for (let i = 0; i < 16; i++) registers.set(`xmm${i}`, bytes.slice(160 + 16 * i, 176 + 16 * i));
    for (let i = 0; i < 8; i++) registers.set(`st${i}`, bytes.slice(32 + 16 * i, 42 + 16 * i));
  }
  return threads;
}

export interface ReadFile {
  readonly start: bigint;
  readonly end: bigint;
  readonly offset: bigint;
  readonly path: string;
}

/** NT_FILE: mappings of files. */
export function filesOf({ notes }: ReadCore): ReadFile[] {
  const note = notes.find(({ owner, type }) => owner === "CORE" && type === 0x46494c45);
  if (!note) return [];
  const view = new DataView(note.bytes.buffer, note.bytes.byteOffset, note.bytes.byteLength);
  const word = (index: number) => view.getBigUint64(8 * index, true);
  const count = Number(word(0));
  const paths = new TextDecoder().decode(note.bytes.subarray(16 + 24 * count)).split("\0");
  return Array.from({ length: count }, (_, i) => ({
    start: word(2 + 3 * i),
    end: word(3 + 3 * i),
    offset: word(4 + 3 * i) * word(1),
    path: paths[i] ?? "",
  }));
}

/** NT_AUXV by type. */
export function auxvOf({ notes }: ReadCore): ReadonlyMap<number, bigint> {
  const note = notes.find(({ owner, type }) => owner === "CORE" && type === 6);
  const view = note && new DataView(note.bytes.buffer, note.bytes.byteOffset, note.bytes.byteLength);
  const entries = new Map<number, bigint>();
  for (let at = 0; view && at < view.byteLength; at += 16)
    entries.set(Number(view.getBigUint64(at, true)), view.getBigUint64(at + 8, true));
  return entries;
}
