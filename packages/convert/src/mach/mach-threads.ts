/**
 * The thread states of LC_THREAD: flavour, number of words of 4 bytes, and the state, one behind the other. Sources: mach/i386/thread_status.h, _structs.h (x86_THREAD_STATE64
 * and others), mach/arm/thread_status.h (ARM_THREAD_STATE64).
 */
import { RegisterFlag, type WritableRegisterEntry } from "@memslice/msl";
import type { StructureOrder } from "../structures/structure.js";

/** A register of a state: name, bytes, role. */
type Place = readonly [name: string, size: number, role?: number];

const words = (size: number, names: string): Place[] => names.split(" ").map((name) => [name, size] as const);
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`).join(" ");

const ROLES: Readonly<Record<string, number>> = {
  ...{ rip: RegisterFlag.Pc, eip: RegisterFlag.Pc, pc: RegisterFlag.Pc },
  ...{ rsp: RegisterFlag.Sp, esp: RegisterFlag.Sp, sp: RegisterFlag.Sp },
  ...{ rbp: RegisterFlag.Fp, ebp: RegisterFlag.Fp, fp: RegisterFlag.Fp },
  ...{ rflags: RegisterFlag.Flags, eflags: RegisterFlag.Flags, cpsr: RegisterFlag.Flags },
};

const X86_STATES: Readonly<Record<number, readonly Place[]>> = {
  1: words(4, "eax ebx ecx edx edi esi ebp esp ss eflags eip cs ds es fs gs"),
  4: words(8, `rax rbx rcx rdx rdi rsi rbp rsp ${"r8 r9 r10 r11 r12 r13 r14 r15"} rip rflags cs fs gs`),
  6: [
    ["trapno", 2],
    ["cpu", 2],
    ["err", 4],
    ["faultvaddr", 8],
  ],
};
const ARM64_STATES: Readonly<Record<number, readonly Place[]>> = {
  6: [...words(8, `${numbered("x", 29)} fp lr sp pc`), ["cpsr", 4]],
  7: [
    ["far", 8],
    ["esr", 4],
    ["exception", 4],
  ],
};

/** By code of `ARCH_TYPE`. */
const STATES: ReadonlyMap<number, Readonly<Record<number, readonly Place[]>>> = new Map([
  [0, X86_STATES],
  [1, X86_STATES],
  [2, ARM64_STATES],
]);
/** x86_THREAD_STATE and x86_EXCEPTION_STATE: another flavour and count stand before the state. */
const WRAPPED: ReadonlySet<number> = new Set([7, 9]);

/** The registers of a thread, and the flavours that are not known. `state`: LC_THREAD behind its first 8 bytes. */
export function registersOfThread(
  state: Uint8Array,
  archType: number,
  order: StructureOrder,
): { readonly registers: WritableRegisterEntry[]; readonly unknown: readonly number[]; readonly isCut: boolean } {
  const known = STATES.get(archType) ?? {};
  const view = new DataView(state.buffer, state.byteOffset, state.length);
  const registers: WritableRegisterEntry[] = [];
  const unknown: number[] = [];
  let at = 0;
  while (at + 8 <= state.length) {
    let flavour = view.getUint32(at, order === "little");
    const count = view.getUint32(at + 4, order === "little");
    const end = at + 8 + 4 * count;
    if (end > state.length) return { registers, unknown, isCut: true };
    let from = at + 8;
    if (known === X86_STATES && WRAPPED.has(flavour) && count >= 2) {
      flavour = view.getUint32(from, order === "little");
      from += 8;
    }
    const places = known[flavour];
    if (!places) unknown.push(flavour);
    for (const [name, size] of places ?? []) {
      if (from + size > end) break;
      const value = state.slice(from, from + size);
      registers.push({ name, flags: ROLES[name] ?? 0, value: order === "little" ? value : value.reverse() });
      from += size;
    }
    at = end;
  }
  return { registers, unknown, isCut: at < state.length };
}
