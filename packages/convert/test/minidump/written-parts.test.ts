import { describe, expect, it } from "vitest";
import { buildIdBlob, buildIdOf } from "../../src/dump/module-entry.js";
import { buildIdentity, codeViewRecord } from "../../src/minidump/codeview.js";
import { Processor, writtenLayout } from "../../src/minidump/contexts.js";
import { platformFor, processorFor } from "../../src/minidump/dump-system.js";
import { memoryTypeOf, pageProtection, protectionOf, regionTypeOf } from "../../src/minidump/protections.js";
import { contextOf, registersOf } from "../../src/minidump/registers.js";
import { encodedString } from "../../src/minidump/texts.js";
import { amd64Context, arm64BreakpadContext, arm64Context, armContext, x86Context } from "./contexts.js";

const little = (value: bigint, size: number) =>
  Uint8Array.from({ length: size }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));

describe("a context that is made of registers", () => {
  it.each([
    ["AMD64", Processor.amd64, true, amd64Context()],
    ["x86", Processor.x86, true, x86Context({ flags: 0x10037 })],
    ["ARM64", Processor.arm64, true, arm64Context()],
    ["Breakpad's ARM64", Processor.arm64Breakpad, false, arm64BreakpadContext()],
    ["ARM", Processor.arm, true, armContext()],
    ["Breakpad's ARM", Processor.arm, false, armContext({ breakpad: true })],
  ])("has every register of a context of %s again", (_, processor, isWindows, context) => {
    const layout = writtenLayout(processor, isWindows);
    if (!layout) throw new Error("no layout");
    const registers = registersOf(layout, context);
    expect(registers.length).toBeGreaterThan(17);
    const made = contextOf(layout, registers);
    expect(made.context.length).toBe(context.length);
    expect([made.zeros, made.leftOut]).toEqual([[], []]);
    expect(registersOf(layout, made.context)).toEqual(registers);
  });

  it("is the same bytes for AMD64, which has no bytes besides its registers", () => {
    const layout = writtenLayout(Processor.amd64, true);
    if (!layout) throw new Error("no layout");
    const context = amd64Context();
    // MXCSR_MASK of the FXSAVE area is no register.
    context.fill(0, 0x11c, 0x120);
    expect(contextOf(layout, registersOf(layout, context)).context).toEqual(context);
  });

  it("names the registers of a group that stand as zeros, and those that it does not hold", () => {
    const layout = writtenLayout(Processor.amd64, false);
    if (!layout) throw new Error("no layout");
    const made = contextOf(layout, [
      { name: "rip", flags: 1, value: little(0x401000n, 8) },
      { name: "rflags", flags: 8, value: little(0x246n, 8) },
      { name: "rsp", flags: 2, value: little(0x7ffdn, 4) },
      { name: "fs_base", flags: 0, value: little(1n, 8) },
      { name: "eip", flags: 0, value: little(0x401000n, 4) },
    ]);
    // ContextFlags: CONTEXT_AMD64 and CONTEXT_CONTROL.
    expect(new DataView(made.context.buffer).getUint32(0x30, true)).toBe(0x100001);
    expect(new DataView(made.context.buffer).getUint32(0x44, true)).toBe(0x246);
    expect(made.zeros).toEqual(["rsp", "cs", "ss"]);
    expect(made.leftOut).toEqual(["rsp", "fs_base", "eip"]);
  });
});

describe("protections and types", () => {
  it.each([0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x104, 0x140])("of Windows are the same again: 0x%s", (page) => {
    expect(pageProtection(protectionOf(page) ?? -1)).toEqual({ page, exact: true });
  });

  it("that Windows does not have stand as the nearest that allows more", () => {
    expect(pageProtection(2)).toEqual({ page: 0x04, exact: false });
    expect(pageProtection(6)).toEqual({ page: 0x40, exact: false });
    expect(pageProtection(16)).toEqual({ page: 0x08, exact: false });
    expect(protectionOf(0x03)).toBeUndefined();
  });

  it("of regions are private but for images and mapped files", () => {
    expect([0, 1, 2, 3, 4, 5, 6].map(memoryTypeOf)).toEqual([0x20000, 0x20000, 0x20000, 0x1000000, 0x40000, 0x20000, 0x40000]);
    expect([0x20000, 0x40000, 0x1000000, 7].map(regionTypeOf)).toEqual([5, 4, 3, 0]);
  });
});

describe("what identifies a build", () => {
  it("is the same in a record and in a NativeBlob", () => {
    const guidAndAge = Uint8Array.from({ length: 20 }, (_, at) => at + 1);
    const pdb = codeViewRecord({ kind: "pdb", bytes: guidAndAge }, "a.pdb");
    expect(Buffer.from(pdb).toString("latin1")).toBe(`RSDS${Buffer.from(guidAndAge).toString("latin1")}a.pdb\0`);
    expect(buildIdentity(pdb)).toEqual({ kind: "pdb", bytes: guidAndAge });
    const elf = codeViewRecord({ kind: "build-id", bytes: guidAndAge }, "/lib/a.so");
    expect(Buffer.from(elf).toString("latin1")).toBe(`LEpB${Buffer.from(guidAndAge).toString("latin1")}`);
    expect(buildIdentity(elf)).toEqual({ kind: "build-id", bytes: guidAndAge });
    expect(buildIdOf(buildIdBlob(guidAndAge))).toEqual(guidAndAge);
  });

  it.each([[[]], [[20, 4, 0, 0, 1]], [[1, 9, 0, 0, 1]], [[1, 4, 0, 1, 1]]])(
    "is not taken from a NativeBlob of another form: %s",
    (blob) => {
      expect(buildIdOf(Uint8Array.from(blob))).toBeUndefined();
    },
  );
});

describe("a system", () => {
  it("has the number that Windows, or elsewhere Breakpad, gives it", () => {
    expect([0, 1, 2, 3, 11].map((arch) => processorFor(arch, true))).toEqual([0, 9, 12, 5, 0xffff]);
    expect([0, 1, 2, 3, 5].map((arch) => processorFor(arch, false))).toEqual([0, 9, 0x8003, 5, 0x8004]);
    expect([0, 1, 2, 3, 4, 5].map(platformFor)).toEqual([2, 0x8201, 0x8101, 0x8203, 0x8102, undefined]);
  });
});

it("a text has its bytes in front and a NUL behind, which is not counted", () => {
  expect([...encodedString("aß✓")]).toEqual([6, 0, 0, 0, 0x61, 0, 0xdf, 0, 0x13, 0x27, 0, 0]);
});
