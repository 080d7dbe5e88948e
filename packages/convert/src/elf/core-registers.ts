/**
 * Where registers lie in the notes of an ELF core, by architecture: general registers in NT_PRSTATUS, floating-point and vector registers in notes of their
 * own. Sources: user_regs_struct and user_fpregs_struct (asm/user_64.h, user_32.h), user_pt_regs and user_fpsimd_state (arm64 asm/ptrace.h), pt_regs and user_vfp
 * (arm asm/ptrace.h, asm/user.h) of Linux; Intel SDM volume 1, 10.5.1 (FXSAVE area).
 */
import { otherNamesOf, roleOf } from "../structures/register-roles.js";
import { CoreNote, LinuxNote, type NoteOwner } from "./core-notes.js";

/** A register at `at` bytes from the start of its set. Names are those that gdb uses. */
interface CoreRegister {
  readonly name: string;
  readonly at: number;
  /** Bytes of the register. */
  readonly size: number;
  /** `RegisterFlag` of Thread Contexts; 0 for a register without a role. */
  readonly role: number;
  /** Names of the same register in captures of other programs. */
  readonly otherNames: readonly string[];
}

/** The registers that stand in one note. */
export interface RegisterSet {
  readonly owner: NoteOwner;
  readonly type: number;
  /** Bytes of the set. */
  readonly size: number;
  readonly registers: readonly CoreRegister[];
}

/** The sets of an architecture. `general` stands inside NT_PRSTATUS, the others are whole notes. */
export interface CoreRegisters {
  readonly general: RegisterSet;
  readonly others: readonly RegisterSet[];
  /** Number of ymm registers, whose upper halves stand in NT_X86_XSTATE; absent on other processors than x86. */
  readonly vectors?: 8 | 16;
}

function register(name: string, at: number, size: number): CoreRegister {
  return { name, at, size, role: roleOf(name), otherNames: otherNamesOf(name) };
}

/** Registers of one size, `step` bytes apart. */
function row(at: number, size: number, names: readonly string[], step = size): CoreRegister[] {
  return names.map((name, index) => register(name, at + index * step, size));
}

const words = (text: string) => text.split(" ");
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

function general(size: number, names: readonly string[]): RegisterSet {
  return { owner: "CORE", type: CoreNote.PrStatus, size: size * names.length, registers: row(0, size, names) };
}

/** An FXSAVE area of 512 bytes. Its tag word is the abridged one, of 8 bits. */
function fxsave(xmmCount: number): readonly CoreRegister[] {
  return [
    ...row(0, 2, ["fctrl", "fstat"]),
    register("ftag", 4, 1),
    register("fop", 6, 2),
    register("fioff", 8, 4),
    register("fiseg", 12, 2),
    register("fooff", 16, 4),
    register("foseg", 20, 2),
    register("mxcsr", 24, 4),
    ...row(32, 10, numbered("st", 8), 16),
    ...row(160, 16, numbered("xmm", xmmCount)),
  ];
}

const X86_64: CoreRegisters = {
  general: general(
    8,
    words("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"),
  ),
  others: [{ owner: "CORE", type: CoreNote.FpRegSet, size: 512, registers: fxsave(16) }],
  vectors: 16,
};

/** The set of NT_FPREGSET is older than SSE, and its registers are in NT_PRXFPREG too. */
const X86: CoreRegisters = {
  general: general(4, words("ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss")),
  others: [{ owner: "LINUX", type: LinuxNote.PrXfpReg, size: 512, registers: fxsave(8) }],
  vectors: 8,
};

const ARM64: CoreRegisters = {
  general: general(8, [...numbered("x", 31), "sp", "pc", "cpsr"]),
  others: [
    {
      owner: "CORE",
      type: CoreNote.FpRegSet,
      size: 528,
      registers: [...row(0, 16, numbered("v", 32)), ...row(512, 4, ["fpsr", "fpcr"])],
    },
  ],
};

const ARM32: CoreRegisters = {
  general: general(4, [...numbered("r", 13), "sp", "lr", "pc", "cpsr", "orig_r0"]),
  others: [
    {
      owner: "LINUX",
      type: LinuxNote.ArmVfp,
      size: 260,
      registers: [...row(0, 8, numbered("d", 32)), register("fpscr", 256, 4)],
    },
  ],
};

/** By code of `ARCH_TYPE`. */
export const CORE_REGISTERS: ReadonlyMap<number, CoreRegisters> = new Map([
  [0, X86],
  [1, X86_64],
  [2, ARM64],
  [3, ARM32],
]);

/** A register as Thread Contexts hold it. */
export interface RegisterValue {
  readonly name: string;
  /** `RegisterFlag`. */
  readonly flags: number;
  /** Little-endian. */
  readonly value: Uint8Array;
}

/** The registers that a set has, as far as its bytes reach. Copies. `set`: in little-endian order, as all of these architectures have it. */
export function registersOf({ registers }: RegisterSet, bytes: Uint8Array): RegisterValue[] {
  return registers
    .filter(({ at, size }) => at + size <= bytes.length)
    .map(({ name, at, size, role }) => ({ name, flags: role, value: bytes.slice(at, at + size) }));
}

/** The bytes of a set, and what became of its registers. */
export interface MadeSet {
  readonly bytes: Uint8Array;
  /** Names of the values that stand in the set. */
  readonly taken: readonly string[];
  /** Registers of the set that stand in it as zeros, because the capture does not have them, or not all of their bytes. */
  readonly zeros: readonly string[];
}

/**
 * The set made of values by name: of several with one name, the first. A value that is wider than its register is taken if its other bytes are zero. A value that
 * is narrower is not taken, unless the register is a segment or a flags register, which is narrower than its place: no byte is made up.
 */
export function setOf({ registers, size }: RegisterSet, values: ReadonlyMap<string, Uint8Array>): MadeSet {
  const bytes = new Uint8Array(size);
  const taken: string[] = [];
  const zeros: string[] = [];
  for (const place of registers) {
    const name = [place.name, ...place.otherNames].find((one) => fits(place, values.get(one)));
    const value = name === undefined ? undefined : values.get(name);
    if (name === undefined || !value) zeros.push(place.name);
    else {
      bytes.set(value.subarray(0, place.size), place.at);
      taken.push(name);
    }
  }
  return { bytes, taken, zeros };
}

/** The bytes that a register has, where its place is wider. */
const OWN_BYTES: Readonly<Record<string, number>> = { cs: 2, ds: 2, es: 2, fs: 2, gs: 2, ss: 2, eflags: 4, cpsr: 4 };

function fits({ name, size }: CoreRegister, value: Uint8Array | undefined): boolean {
  if (!value || value.length < Math.min(size, OWN_BYTES[name] ?? size)) return false;
  return value.subarray(size).every((byte) => byte === 0);
}

/** The values of registers by name, the first of each name. */
export function valuesByName(registers: readonly RegisterValue[]): ReadonlyMap<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const { name, value } of registers) if (!values.has(name)) values.set(name, value);
  return values;
}
