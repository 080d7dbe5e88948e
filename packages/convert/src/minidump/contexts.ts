/**
 * Where registers lie in the CONTEXT of each architecture. Sources: winnt.h of the Windows SDK (CONTEXT of x86, AMD64, ARM and ARM64, as its public documentation
 * gives them), Intel SDM volume 1, 10.5.1 (FXSAVE area), minidump_format.h of Breakpad (its two variants for ARM processors).
 */
import { otherNamesOf, roleOf } from "../structures/register-roles.js";

/** A register at `at` bytes from the start of the context. Names are those that gdb uses. */
export interface RegisterPlace {
  readonly name: string;
  /** Bytes from the start of the context. */
  readonly at: number;
  /** Bytes of the register. */
  readonly size: number;
  /** The bit of ContextFlags that says that the context has this register and the others of its group. */
  readonly group: number;
  /** `RegisterFlag` of Thread Contexts; 0 for a register without a role. */
  readonly role: number;
  /** Names of the same register in captures of other programs. */
  readonly otherNames: readonly string[];
}

export interface ContextLayout {
  readonly name: string;
  readonly size: number;
  readonly flagsAt: number;
  /** Bytes of ContextFlags. */
  readonly flagsSize: 4 | 8;
  /** The bit of ContextFlags that names the architecture. */
  readonly architecture: number;
  readonly registers: readonly RegisterPlace[];
  /** Bytes that the context has a second time. */
  readonly copies?: readonly { readonly at: number; readonly of: number; readonly size: number }[];
}

/** Registers of one size that lie `step` bytes apart. */
function places(group: number, at: number, size: number, names: readonly string[], step = size): RegisterPlace[] {
  return names.map((name, index) => ({
    name,
    at: at + index * step,
    size,
    group,
    role: roleOf(name),
    otherNames: name === "ftag" ? ["ftw"] : otherNamesOf(name),
  }));
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** The registers of an FXSAVE area. The tag word is the abridged one, of 8 bits. */
function fxsave(group: number, at: number, xmmCount: number): RegisterPlace[] {
  return [
    ...places(group, at, 2, ["fctrl", "fstat"]),
    ...places(group, at + 4, 1, ["ftag"]),
    ...places(group, at + 6, 2, ["fop"]),
    ...places(group, at + 8, 4, ["fioff"]),
    ...places(group, at + 12, 2, ["fiseg"]),
    ...places(group, at + 16, 4, ["fooff"]),
    ...places(group, at + 20, 2, ["foseg"]),
    ...places(group, at + 24, 4, ["mxcsr"]),
    ...places(group, at + 32, 10, numbered("st", 8), 16),
    ...places(group, at + 160, 16, numbered("xmm", xmmCount)),
  ];
}

const CONTROL = 1;
const INTEGER = 2;
const SEGMENTS = 4;
const FLOATING_POINT = 8;
const X86_DEBUG = 0x10;
const X86_EXTENDED = 0x20;
const ARM_FLOATING_POINT = 4;
const DEBUG_NAMES = ["dr0", "dr1", "dr2", "dr3", "dr6", "dr7"];

const X86: ContextLayout = {
  name: "CONTEXT of x86",
  size: 716,
  flagsAt: 0,
  flagsSize: 4,
  architecture: 0x10000,
  registers: [
    ...places(INTEGER, 156, 4, ["edi", "esi", "ebx", "edx", "ecx", "eax"]),
    ...places(CONTROL, 180, 4, ["ebp", "eip", "cs", "eflags", "esp", "ss"]),
    ...places(SEGMENTS, 140, 4, ["gs", "fs", "es", "ds"]),
    ...places(X86_DEBUG, 4, 4, DEBUG_NAMES),
    ...fxsave(X86_EXTENDED, 204, 8),
    ...places(FLOATING_POINT, 28, 4, ["fctrl", "fstat", "ftag", "fioff", "fiseg", "fooff", "foseg"]),
    ...places(FLOATING_POINT, 56, 10, numbered("st", 8)),
  ],
};

const X86_64: ContextLayout = {
  name: "CONTEXT of AMD64",
  size: 1232,
  flagsAt: 0x30,
  flagsSize: 4,
  architecture: 0x100000,
  registers: [
    ...places(INTEGER, 0x78, 8, ["rax", "rcx", "rdx", "rbx"]),
    ...places(CONTROL, 0x98, 8, ["rsp"]),
    ...places(INTEGER, 0xa0, 8, ["rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"]),
    ...places(CONTROL, 0xf8, 8, ["rip"]),
    ...places(CONTROL, 0x44, 4, ["eflags"]),
    ...places(CONTROL, 0x38, 2, ["cs"]),
    ...places(CONTROL, 0x42, 2, ["ss"]),
    ...places(SEGMENTS, 0x3a, 2, ["ds", "es", "fs", "gs"]),
    ...places(X86_DEBUG, 0x48, 8, DEBUG_NAMES),
    ...fxsave(FLOATING_POINT, 0x100, 16),
  ],
  // MxCsr.
  copies: [{ at: 0x34, of: 0x118, size: 4 }],
};

/** 368 bytes in Breakpad, which has eight words of its own behind d31 in place of debug registers. */
const ARM32: ContextLayout = {
  name: "CONTEXT of ARM",
  size: 416,
  flagsAt: 0,
  flagsSize: 4,
  architecture: 0x200000,
  registers: [
    ...places(INTEGER, 4, 4, numbered("r", 13)).map((place) => (place.name === "r11" ? { ...place, otherNames: ["fp"] } : place)),
    ...places(CONTROL, 56, 4, ["sp", "lr", "pc", "cpsr"]),
    ...places(ARM_FLOATING_POINT, 72, 4, ["fpscr"]),
    ...places(ARM_FLOATING_POINT, 80, 8, numbered("d", 32)),
  ],
};

/** Breakpad has no group for control registers. */
const ARM32_BREAKPAD: ContextLayout = {
  name: "CONTEXT of ARM, Breakpad's variant",
  size: 368,
  flagsAt: 0,
  flagsSize: 4,
  architecture: 0x40000000,
  registers: ARM32.registers.map((place) => (place.group === CONTROL ? { ...place, group: INTEGER } : place)),
};

const ARM64: ContextLayout = {
  name: "CONTEXT of ARM64",
  size: 912,
  flagsAt: 0,
  flagsSize: 4,
  architecture: 0x400000,
  registers: [
    ...places(INTEGER, 8, 8, numbered("x", 29)),
    ...places(CONTROL, 240, 8, ["x29", "x30", "sp", "pc"]),
    ...places(CONTROL, 4, 4, ["cpsr"]),
    ...places(ARM_FLOATING_POINT, 272, 16, numbered("v", 32)),
    ...places(ARM_FLOATING_POINT, 784, 4, ["fpcr", "fpsr"]),
  ],
};

/** The first variant of Breakpad, which its client for Linux and Android writes and lldb reads. */
const ARM64_BREAKPAD: ContextLayout = {
  name: "CONTEXT of ARM64, Breakpad's first variant",
  size: 796,
  flagsAt: 0,
  flagsSize: 8,
  architecture: 0x80000000,
  registers: [
    ...places(INTEGER, 8, 8, numbered("x", 29)),
    ...places(INTEGER, 240, 8, ["x29", "x30", "sp", "pc"]),
    ...places(INTEGER, 272, 4, ["cpsr"]),
    ...places(ARM_FLOATING_POINT, 276, 4, ["fpsr", "fpcr"]),
    ...places(ARM_FLOATING_POINT, 284, 16, numbered("v", 32)),
  ],
};

/** Every variant, in the order in which they are tried. */
const LAYOUTS: readonly ContextLayout[] = [X86_64, X86, ARM64, ARM64_BREAKPAD, ARM32, ARM32_BREAKPAD];

/** Architectures of SystemInfo. The last two are Breakpad's. */
export const Processor = { x86: 0, arm: 5, amd64: 9, arm64: 12, arm64Breakpad: 0x8003 } as const;

const BY_PROCESSOR: Readonly<Record<number, readonly ContextLayout[]>> = {
  [Processor.x86]: [X86],
  [Processor.arm]: [ARM32, ARM32_BREAKPAD],
  [Processor.amd64]: [X86_64],
  [Processor.arm64]: [ARM64, ARM64_BREAKPAD],
  [Processor.arm64Breakpad]: [ARM64_BREAKPAD, ARM64],
};

/**
 * The layout of contexts that a dump for this processor is written with: those of Windows, and elsewhere for ARM those of Breakpad, which lldb expects. Undefined for a
 * processor that minidumps have no registers of.
 */
export function writtenLayout(processor: number, isWindows: boolean): ContextLayout | undefined {
  const [first, second] = BY_PROCESSOR[processor] ?? [];
  return processor === Processor.arm && !isWindows ? second : first;
}

/** ContextFlags of `data` in a layout; 0n if the context is too short for them. */
export function contextFlags(layout: ContextLayout, data: Uint8Array): bigint {
  if (data.length < layout.flagsAt + layout.flagsSize) return 0n;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return layout.flagsSize === 8 ? view.getBigUint64(layout.flagsAt, true) : BigInt(view.getUint32(layout.flagsAt, true));
}

/** The layout of a context that was read: the one of the processor that ContextFlags and the size allow; undefined if none does. */
export function readLayout(processor: number, data: Uint8Array): ContextLayout | undefined {
  const candidates = BY_PROCESSOR[processor] ?? LAYOUTS;
  const fits = candidates.filter((layout) => (contextFlags(layout, data) & BigInt(layout.architecture)) !== 0n);
  return fits.find((layout) => layout.size === data.length) ?? fits.find((layout) => layout.size <= data.length) ?? fits[0];
}
