/**
 * The states of LC_THREAD by flavour: registers one behind the other. Sources: mach/i386/thread_status.h and _structs.h (x86_THREAD_STATE64, x86_FLOAT_STATE64, x86_AVX_STATE64
 * and others), mach/arm/thread_status.h (ARM_THREAD_STATE64, ARM_NEON_STATE64 and others).
 */

/** A register of a state: name, bytes. Bytes without a name are reserved. */
type StatePlace = readonly [name: string, size: number];

/** States by flavour. */
export type ThreadStates = Readonly<Record<number, readonly StatePlace[]>>;

const words = (size: number, names: string): StatePlace[] => names.split(" ").map((name) => [name, size] as const);
const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`).join(" ");
const reserved = (size: number): StatePlace => ["", size];

/** An FXSAVE area with words of 4 bytes in front of it; the tag word is the abridged one. `count`: xmm registers, of which there is a place for 8 or 16. */
function floatState(count: 8 | 16): StatePlace[] {
  const stacks = Array.from({ length: 8 }, (_, index): StatePlace[] => [[`st${index}`, 10], reserved(6)]);
  return [
    reserved(8),
    ...words(2, "fctrl fstat"),
    ["ftag", 1],
    reserved(1),
    ["fop", 2],
    ["fioff", 4],
    ["fiseg", 2],
    reserved(2),
    ["fooff", 4],
    ["foseg", 2],
    reserved(2),
    ["mxcsr", 4],
    reserved(4),
    ...stacks.flat(),
    ...words(16, numbered("xmm", count)),
    reserved(count === 16 ? 6 * 16 : 14 * 16),
    reserved(4),
  ];
}

/** Upper halves of ymm registers, behind the float state and 64 reserved bytes. */
function avxState(count: 8 | 16): StatePlace[] {
  const halves = Array.from({ length: count }, (_, index) => [`ymm${index}h`, 16] as const);
  return [...floatState(count), reserved(64), ...halves];
}

const EXCEPTION: readonly StatePlace[] = words(2, "trapno cpu");

const X86_STATES: ThreadStates = {
  1: words(4, "eax ebx ecx edx edi esi ebp esp ss eflags eip cs ds es fs gs"),
  2: floatState(8),
  3: [...EXCEPTION, ...words(4, "err faultvaddr")],
  4: words(8, `rax rbx rcx rdx rdi rsi rbp rsp ${"r8 r9 r10 r11 r12 r13 r14 r15"} rip rflags cs fs gs`),
  5: floatState(16),
  6: [...EXCEPTION, ["err", 4], ["faultvaddr", 8]],
  16: avxState(8),
  17: avxState(16),
};

const ARM64_STATES: ThreadStates = {
  6: [...words(8, `${numbered("x", 29)} fp lr sp pc`), ["cpsr", 4]],
  7: [["far", 8], ...words(4, "esr exception")],
  17: [...words(16, numbered("v", 32)), ...words(4, "fpsr fpcr")],
};

/** By code of `ARCH_TYPE`. */
export const THREAD_STATES: ReadonlyMap<number, ThreadStates> = new Map([
  [0, X86_STATES],
  [1, X86_STATES],
  [2, ARM64_STATES],
]);

/** x86_THREAD_STATE, x86_FLOAT_STATE, x86_EXCEPTION_STATE and x86_AVX_STATE: another flavour and count stand before the state. */
const WRAPPED: ReadonlySet<number> = new Set([7, 8, 9, 18]);

export function isWrapped(states: ThreadStates, flavour: number): boolean {
  return states === X86_STATES && WRAPPED.has(flavour);
}
