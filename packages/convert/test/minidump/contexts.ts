/** Contexts of threads made by hand, field after field in the order of winnt.h (and minidump_format.h of Breakpad), each register with a value of its own. */
import { fields } from "./fixture.js";

/** A value that no other register has: the number in its low byte and its high byte. */
const word = (number: number) => 0x1000n * BigInt(number) + BigInt(number) + (BigInt(number) << 56n);
const narrow = (number: number) => 0x01000000 * (number % 64) + number;

/** CONTEXT of AMD64, CONTEXT_ALL without XSTATE. */
export function amd64Context({ flags = 0x10001f, rip = 0x7ff712345678n, rsp = 0x8ff000n } = {}): Uint8Array {
  const context = fields();
  context.u64(0n, 0n, 0n, 0n, 0n, 0n); // P1Home .. P6Home
  context.u32(flags, 0x1f80); // ContextFlags, MxCsr
  context.u16(0x33, 0x2b, 0x2c, 0x53, 0x2d, 0x2e); // SegCs, SegDs, SegEs, SegFs, SegGs, SegSs
  context.u32(0x246); // EFlags
  context.u64(word(70), word(71), word(72), word(73), word(76), word(77)); // Dr0 .. Dr3, Dr6, Dr7
  context.u64(word(1), word(2), word(3), word(4)); // Rax, Rcx, Rdx, Rbx
  context.u64(rsp, word(6), word(7), word(8)); // Rsp, Rbp, Rsi, Rdi
  for (let number = 9; number <= 16; number++) context.u64(word(number)); // R8 .. R15
  context.u64(rip); // Rip
  context.u16(0x27f, 0x4141).u8(0xfe, 0).u16(0x5b5).u32(0x11223344).u16(0x10, 0).u32(0x55667788).u16(0x18, 0).u32(0x1f80, 0xffff); // FltSave: head
  for (let number = 0; number < 8; number++)
    context
      .u64(word(80 + number))
      .u16(0x3fff)
      .zeros(6); // FloatRegisters
  for (let number = 0; number < 16; number++) context.u64(word(100 + number), word(120 + number)); // XmmRegisters
  context.zeros(96); // Reserved4
  context.zeros(26 * 16); // VectorRegister
  context.u64(0n, 0n, 0n, 0n, 0n, 0n); // VectorControl, DebugControl, LastBranchToRip .. LastExceptionFromRip
  return context.done();
}

/** CONTEXT of x86, CONTEXT_FULL with extended registers. */
export function x86Context({ flags = 0x1002f, eip = 0x401000, esp = 0x19ff00 } = {}): Uint8Array {
  const context = fields().u32(flags);
  context.u32(...[70, 71, 72, 73, 76, 77].map(narrow)); // Dr0 .. Dr3, Dr6, Dr7
  context.u32(0xffff027f, 0xffff0000, 0xffffffff, 0x44, 0x45, 0x46, 0x47); // FloatSave: control, status, tag, error offset and selector, data offset and selector
  for (let number = 0; number < 8; number++) context.u64(word(90 + number)).u16(0x3ffe); // RegisterArea
  context.u32(0); // Spare0
  context.u32(0x2b, 0x53, 0x2c, 0x2d); // SegGs, SegFs, SegEs, SegDs
  context.u32(narrow(1), narrow(2), narrow(3), narrow(4), narrow(5), narrow(6)); // Edi, Esi, Ebx, Edx, Ecx, Eax
  context.u32(narrow(7), eip, 0x23, 0x10202, esp, 0x2e); // Ebp, Eip, SegCs, EFlags, Esp, SegSs
  context.u16(0x27f, 0).u8(0, 0).u16(0).u32(0).u16(0, 0).u32(0).u16(0, 0).u32(0x1fa0, 0xffff); // ExtendedRegisters: FXSAVE
  for (let number = 0; number < 8; number++)
    context
      .u64(word(80 + number))
      .u16(0x3fff)
      .zeros(6);
  for (let number = 0; number < 8; number++) context.u64(word(100 + number), word(120 + number));
  context.zeros(512 - 288);
  return context.done();
}

/** ARM64_NT_CONTEXT. */
export function arm64Context({ flags = 0x400007, pc = 0x7ff6aaaa0000n, sp = 0x6ff000n } = {}): Uint8Array {
  const context = fields().u32(flags, 0x60000000); // ContextFlags, Cpsr
  for (let number = 0; number < 29; number++) context.u64(word(number + 1)); // X0 .. X28
  context.u64(word(40), word(41), sp, pc); // Fp, Lr, Sp, Pc
  for (let number = 0; number < 32; number++) context.u64(word(100 + number), word(140 + number)); // V0 .. V31
  context.u32(0x03000000, 0x08000011); // Fpcr, Fpsr
  return context.zeros(32 + 64 + 8 + 16).done(); // Bcr[8], Bvr[8], Wcr[2], Wvr[2]
}

/** Breakpad's first context of ARM64: 64-bit flags, packed. */
export function arm64BreakpadContext({ pc = 0x55550000n, sp = 0x6ff000n } = {}): Uint8Array {
  const context = fields().u64(0x80000006n); // context_flags
  for (let number = 0; number < 29; number++) context.u64(word(number + 1)); // x0 .. x28
  context.u64(word(40), word(41), sp, pc); // fp, lr, sp, pc
  context.u32(0x60000000, 0x08000011, 0x03000000); // cpsr, fpsr, fpcr
  for (let number = 0; number < 32; number++) context.u64(word(100 + number), word(140 + number));
  return context.done();
}

/** CONTEXT of ARM. `breakpad`: eight words behind d31 in place of debug registers, and another flag. */
export function armContext({ breakpad = false, pc = 0x10000, sp = 0xbeff0000 } = {}): Uint8Array {
  const context = fields().u32(breakpad ? 0x40000006 : 0x200007);
  for (let number = 0; number < 13; number++) context.u32(narrow(number + 1)); // R0 .. R12
  context.u32(sp, narrow(20), pc, 0x60000010); // Sp, Lr, Pc, Cpsr
  context.u32(0x13, 0); // Fpscr, padding
  for (let number = 0; number < 32; number++) context.u64(word(100 + number)); // D[32]
  return context.zeros(breakpad ? 32 : 80).done(); // extra[8]; or Bvr[8], Bcr[8], Wvr[1], Wcr[1], Padding2[2]
}

export const registerWord = word;
export const registerNarrow = narrow;
