import type { WritableThreadContext } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import {
  amd64Context,
  arm64BreakpadContext,
  arm64Context,
  armContext,
  registerNarrow,
  registerWord,
  x86Context,
} from "./contexts.js";
import { fields, MinidumpFixture } from "./fixture.js";
import { imported } from "./imported.js";

/** MINIDUMP_THREAD: ThreadId, SuspendCount, PriorityClass, Priority, Teb, Stack, ThreadContext. */
function threadRow(id: number, context: readonly [size: number, rva: number], teb = 0n): Uint8Array {
  return fields()
    .u32(id, 1, 0x20, 0)
    .u64(teb)
    .u64(0n)
    .u32(0, 0)
    .u32(...context)
    .done();
}

function withThread(architecture: number, context: Uint8Array, { platform = 2, teb = 0n } = {}): MinidumpFixture {
  const fixture = new MinidumpFixture().systemInfo({ architecture, platform });
  const rva = fixture.data(context);
  return fixture.stream(
    3,
    fields()
      .u32(1)
      .bytes(threadRow(4242, [context.length, rva], teb))
      .done(),
  );
}

/** The value of a register as a number. */
function registerOf(thread: WritableThreadContext | undefined, name: string): bigint | undefined {
  const value = thread?.registers.find((register) => register.name === name)?.value;
  return value?.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

const roles = (thread: WritableThreadContext | undefined) =>
  Object.fromEntries((thread?.registers ?? []).filter(({ flags }) => flags !== 0).map(({ name, flags }) => [name, flags]));

describe("threads of a minidump", () => {
  it("have the registers of AMD64", async () => {
    const context = amd64Context();
    expect(context.length).toBe(1232);
    const { dump, notes } = await imported(withThread(9, context, { teb: 0x7ff5_0000_1000n }).done());
    const thread = dump.threads[0];
    expect(dump.archType).toBe(1);
    expect(thread?.threadId).toBe(4242n);
    const general = ["rax", "rcx", "rdx", "rbx", "", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
    for (const [index, name] of general.entries())
      if (name !== "") expect([name, registerOf(thread, name)]).toEqual([name, registerWord(index + 1)]);
    expect(["rip", "rsp", "eflags", "cs", "ss", "ds", "es", "fs", "gs"].map((name) => registerOf(thread, name))).toEqual([
      0x7ff712345678n,
      0x8ff000n,
      0x246n,
      0x33n,
      0x2en,
      0x2bn,
      0x2cn,
      0x53n,
      0x2dn,
    ]);
    expect(
      ["fctrl", "fstat", "ftag", "fop", "fioff", "fiseg", "fooff", "foseg", "mxcsr"].map((name) => registerOf(thread, name)),
    ).toEqual([0x27fn, 0x4141n, 0xfen, 0x5b5n, 0x11223344n, 0x10n, 0x55667788n, 0x18n, 0x1f80n]);
    expect(registerOf(thread, "st7")).toBe((0x3fffn << 64n) | registerWord(87));
    expect(registerOf(thread, "xmm15")).toBe((registerWord(135) << 64n) | registerWord(115));
    expect(registerOf(thread, "dr7")).toBe(registerWord(77));
    expect(registerOf(thread, "gs_base")).toBe(0x7ff5_0000_1000n);
    expect(roles(thread)).toEqual({ rip: 1, rsp: 2, rbp: 4, eflags: 8 });
    expect(notes.lost.join()).not.toContain("registers");
  });

  it("have no register of a group that ContextFlags does not name", async () => {
    const { dump } = await imported(withThread(9, amd64Context({ flags: 0x100001 })).done());
    expect(dump.threads[0]?.registers.map(({ name }) => name)).toEqual(["rsp", "rip", "eflags", "cs", "ss"]);
  });

  it("have the registers of x86, with those of the FXSAVE area before the older ones", async () => {
    const context = x86Context();
    expect(context.length).toBe(716);
    const { dump } = await imported(withThread(0, context, { teb: 0x7ffde000n }).done());
    const thread = dump.threads[0];
    const names = ["edi", "esi", "ebx", "edx", "ecx", "eax", "ebp"];
    expect(names.map((name) => registerOf(thread, name))).toEqual(names.map((_, index) => BigInt(registerNarrow(index + 1))));
    expect(["eip", "esp", "eflags", "cs", "ss", "gs", "fs", "es", "ds"].map((name) => registerOf(thread, name))).toEqual([
      0x401000n,
      0x19ff00n,
      0x10202n,
      0x23n,
      0x2en,
      0x2bn,
      0x53n,
      0x2cn,
      0x2dn,
    ]);
    expect(registerOf(thread, "st0")).toBe((0x3fffn << 64n) | registerWord(80));
    expect(registerOf(thread, "xmm7")).toBe((registerWord(127) << 64n) | registerWord(107));
    expect(registerOf(thread, "fs_base")).toBe(0x7ffde000n);
    expect(roles(thread)).toEqual({ eip: 1, esp: 2, ebp: 4, eflags: 8 });
    const older = await imported(withThread(0, x86Context({ flags: 0x1000f })).done());
    expect(registerOf(older.dump.threads[0], "st0")).toBe((0x3ffen << 64n) | registerWord(90));
  });

  it.each([
    ["of ARM64", 12, arm64Context({ pc: 0x55550000n }), 912],
    ["of Breakpad's first form of ARM64", 0x8003, arm64BreakpadContext(), 796],
    ["of Breakpad's first form under the number of Windows", 12, arm64BreakpadContext(), 796],
  ])("have the registers %s", async (_, architecture, context, size) => {
    expect(context.length).toBe(size);
    const { dump } = await imported(withThread(architecture, context, { platform: 0x8203 }).done());
    const thread = dump.threads[0];
    expect([dump.archType, dump.osType]).toEqual([2, 3]);
    for (let number = 0; number < 29; number++) expect(registerOf(thread, `x${number}`)).toBe(registerWord(number + 1));
    expect(["x29", "x30", "sp", "pc", "cpsr", "fpcr", "fpsr"].map((name) => registerOf(thread, name))).toEqual([
      registerWord(40),
      registerWord(41),
      0x6ff000n,
      0x55550000n,
      0x60000000n,
      0x03000000n,
      0x08000011n,
    ]);
    expect(registerOf(thread, "v31")).toBe((registerWord(171) << 64n) | registerWord(131));
    expect(roles(thread)).toEqual({ pc: 1, sp: 2, x29: 4, cpsr: 8 });
  });

  it.each([
    ["ARM", armContext(), 416],
    ["ARM in Breakpad's form", armContext({ breakpad: true }), 368],
  ])("have the registers of %s", async (_, context, size) => {
    expect(context.length).toBe(size);
    const { dump } = await imported(withThread(5, context).done());
    const thread = dump.threads[0];
    for (let number = 0; number < 13; number++) expect(registerOf(thread, `r${number}`)).toBe(BigInt(registerNarrow(number + 1)));
    expect(["sp", "lr", "pc", "cpsr", "fpscr", "d31"].map((name) => registerOf(thread, name))).toEqual([
      0xbeff0000n,
      BigInt(registerNarrow(20)),
      0x10000n,
      0x60000010n,
      0x13n,
      registerWord(131),
    ]);
  });

  it("have names and start times of their own streams", async () => {
    const fixture = withThread(9, amd64Context());
    const name = fixture.string("wörker ✓");
    fixture.stream(24, fields().u32(1).u32(4242).u64(BigInt(name)).done());
    const info = fields().u32(4242, 0, 0, 0).u64(133_000_000_000_000_000n, 0n, 0n, 0n, 0n, 0n);
    fixture.stream(17, fields().u32(12, 64, 1).bytes(info.done()).done());
    const { dump } = await imported(fixture.done());
    expect(dump.threads[0]?.name).toBe("wörker ✓");
    // 133,000,000,000,000,000 intervals of 100 ns since 1601 are 2022-06-18 04:26:40 UTC.
    expect(dump.threads[0]?.startTimeNs).toBe(BigInt(Date.UTC(2022, 5, 18, 4, 26, 40)) * 1_000_000n);
  });

  it("crashed is the one of the exception, with the registers of the exception", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const own = fixture.data(amd64Context({ rip: 0x1111n }));
    const crash = fixture.data(amd64Context({ rip: 0x2222n }));
    const rows = [threadRow(1, [1232, own]), threadRow(2, [1232, own])].flatMap((row) => [...row]);
    fixture.stream(3, fields().u32(2).bytes(rows).done());
    // ThreadId, alignment; ExceptionCode, ExceptionFlags, ExceptionRecord, ExceptionAddress, NumberParameters, alignment, 15 parameters; ThreadContext.
    const exception = fields()
      .u32(2, 0)
      .u32(0xc0000005, 0)
      .u64(0n, 0x2222n)
      .u32(2, 0)
      .u64(1n, 0xdeadn)
      .zeros(13 * 8)
      .u32(1232, crash);
    fixture.stream(6, exception.done());
    const { dump, notes } = await imported(fixture.done());
    expect(dump.threads.map(({ threadId, flags }) => [threadId, flags])).toEqual([
      [1n, 0],
      [2n, 3],
    ]);
    expect(dump.threads.map((thread) => registerOf(thread, "rip"))).toEqual([0x1111n, 0x2222n]);
    expect(notes.lost).toContain(
      "exception 0xc0000005 at 0x2222 in thread 2, parameters 0x1 0xdead: captures have no block for it",
    );
    expect(notes.lost).toContain("thread 2 has two contexts: the one of the exception is imported");
  });

  it.each([
    ["lies behind the end of the file", [1232, 0x7fffffff] as const, "has no registers"],
    ["is of another architecture", [64, 32] as const, "have a form that is not known"],
  ])("are left out and told if their context %s", async (_, context, sentence) => {
    const fixture = new MinidumpFixture().systemInfo();
    const sound = fixture.data(amd64Context());
    fixture.stream(
      3,
      fields()
        .u32(2)
        .bytes(threadRow(9, context))
        .bytes(threadRow(10, [1232, sound]))
        .done(),
    );
    const { dump, notes } = await imported(fixture.done());
    expect(dump.threads.map(({ threadId, flags }) => [threadId, flags])).toEqual([[10n, 1]]);
    expect(notes.lost.join()).toContain(sentence);
    expect(notes.lost).toContain("thread 9 has no program counter or stack pointer, without which captures hold no thread");
  });

  it("whose context has no group with the program counter are left out", async () => {
    const { dump } = await imported(withThread(9, amd64Context({ flags: 0x100002 })).done());
    expect(dump.threads).toEqual([]);
  });

  it("are read with 4 bytes between their number and the first one", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const context = fixture.data(amd64Context());
    fixture.stream(
      3,
      fields()
        .u32(1, 0)
        .bytes(threadRow(77, [1232, context]))
        .done(),
    );
    expect((await imported(fixture.done())).dump.threads.map(({ threadId }) => threadId)).toEqual([77n]);
  });

  it("that are announced and missing are told", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const context = fixture.data(amd64Context());
    fixture.stream(
      3,
      fields()
        .u32(0xffffffff)
        .bytes(threadRow(77, [1232, context]))
        .done(),
    );
    const { dump, notes } = await imported(fixture.done());
    expect(dump.threads).toHaveLength(1);
    expect(notes.damaged).toContain("ThreadListStream announces 4294967295 entries and has 1");
  });
});
