/** Minidumps that are exported, as lldb reads them. Its reader knows the contexts of x86, x86_64, ARM and Breakpad's first form of ARM64. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { exportMinidump } from "../../src/index.js";
import { areInstalled, attempted } from "../export/installed.js";
import { captureOf, type ProcessContent, pageAt } from "./captures.js";

const X86_64 = [
  "rax",
  "rbx",
  "rcx",
  "rdx",
  "rdi",
  "rsi",
  "rbp",
  "rsp",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
  "rip",
];
const X86 = ["eax", "ebx", "ecx", "edx", "edi", "esi", "ebp", "esp", "eip"];
const ARM64 = [...Array.from({ length: 29 }, (_, at) => `x${at}`), "x29", "x30", "sp", "pc"];
const ARM32 = [...Array.from({ length: 13 }, (_, at) => `r${at}`), "sp", "lr", "pc"];
/** What lldb calls a register. */
const SHOWN: Readonly<Record<string, string>> = { eflags: "rflags", x29: "fp", x30: "lr" };
/** On ARM32. */
const SHOWN_ARM32: Readonly<Record<string, string>> = { r11: "fp" };
const CODE = 0x400000n;
const STACK = 0x8f0000n;

describe.skipIf(!areInstalled("lldb"))("lldb reads an exported minidump", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-minidump-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What lldb prints. A command that fails is the last one. */
  async function lldb(content: ProcessContent, ...commands: readonly string[]): Promise<string> {
    const path = join(folder, `${content.archType}-${content.osType}.dmp`);
    const sink = new BytesSink();
    await exportMinidump(await captureOf(content), sink);
    writeFileSync(path, sink.bytes());
    const script = commands.flatMap((command) => ["-o", command]);
    return attempted("lldb", ["--no-lldbinit", "--batch", "-c", path, ...script]);
  }

  const registersOf = (names: readonly string[], size: number) =>
    Object.fromEntries(
      names.map((name, at) => [name, [BigInt(at + 1) * (size === 8 ? 0x0101_0101_0101n : 0x0101_0101n), size] as const]),
    );

  it.each([
    ["x86_64", "Windows", X86_64, 8, ["rip", "rsp"]],
    ["x86_64", "Linux", X86_64, 8, ["rip", "rsp"]],
    ["x86", "Windows", X86, 4, ["eip", "esp"]],
    ["ARM64", "Linux", ARM64, 8, ["pc", "sp"]],
    ["ARM32", "Linux", ARM32, 4, ["pc", "sp"]],
  ] as const)("of %s on %s: modules, memory, threads and registers", async (archType, osType, names, size, [pc, sp]) => {
    const registers = {
      ...registersOf(names, size),
      [pc]: [CODE + 0x10n, size] as const,
      [sp]: [STACK + 0x2ff0n, size] as const,
    };
    const content: ProcessContent = {
      ...{ archType, osType },
      modules: [{ baseAddr: CODE, moduleSize: 0x3000n, path: "/opt/program" }],
      threads: [
        { id: 101n, registers: { ...registers, [pc]: [CODE + 0x20n, size] } },
        { id: 102n, current: true, registers },
      ],
      regions: [
        { base: CODE, pages: ["captured", "failed", "captured"], protection: 5, type: 3 },
        { base: STACK, pages: ["failed", "failed", "captured"] },
      ],
    };
    const read = (address: bigint) => `memory read --format x --size 1 --count 16 --num-per-line 16 0x${address.toString(16)}`;
    const output = await lldb(
      content,
      "image list",
      "thread list",
      "register read --all",
      read(CODE),
      read(CODE + 0x2000n),
      read(STACK + 0x2000n),
      read(STACK),
    );
    expect(output).toMatch(/\[ *0\] .*0x0*400000 .*program/);
    expect(output).toMatch(/\* thread #1: tid = (0x0066|102)\b/);
    expect(output).toMatch(/ {2}thread #2: tid = (0x0065|101)\b/);
    for (const name of names) {
      const value = (registers[name]?.[0] ?? 0n).toString(16).padStart(2 * size, "0");
      expect(output).toMatch(
        new RegExp(`^ *${(archType === "ARM32" ? SHOWN_ARM32 : SHOWN)[name] ?? name} = 0x0*${value.replace(/^0+/, "")}\\b`, "m"),
      );
    }
    for (const address of [CODE, CODE + 0x2000n, STACK + 0x2000n]) {
      const bytes = [...pageAt(address & ~0xfffn).subarray(0, 16)]
        .map((byte) => `0x${byte.toString(16).padStart(2, "0")}`)
        .join(" ");
      expect(output).toContain(`0x${address.toString(16).padStart(8, "0")}: ${bytes}`);
    }
    expect(output).toContain("error: ");
    expect(output).not.toContain(`0x${STACK.toString(16).padStart(8, "0")}: `);
  });

  it("without threads of the capture: with the one that is made up", async () => {
    const content: ProcessContent = { archType: "x86_64", osType: "Windows", regions: [{ base: CODE, pages: ["captured"] }] };
    const output = await lldb(content, "thread list", `memory read --format x --size 1 --count 4 0x${CODE.toString(16)}`);
    expect(output).toMatch(/thread #1: tid = /);
    expect(output).toContain([...pageAt(CODE).subarray(0, 4)].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" "));
  });
});

describe.skipIf(!areInstalled("lldb"))("lldb reads the sample dumps that were made by hand", () => {
  const read = (name: string) => {
    const path = new URL(`../../../../fixtures/dumps/${name}`, import.meta.url).pathname;
    const commands = ["image list", "thread list", "register read pc sp"].flatMap((command) => ["-o", command]);
    return attempted("lldb", ["--no-lldbinit", "--batch", "-c", path, ...commands]);
  };

  it("of Windows: modules with their GUID and age, threads, and the exception", () => {
    const output = read("windows-x64.dmp");
    expect(output).toContain("A3A2A1A0-A5A4-A7A6-A8A9-AAABACADAEAF-00000001 0x00007ffe00000000 C:\\Windows\\System32\\ntdll.dll");
    expect(output).toMatch(
      /\* thread #1: tid = (0x1094|4244), 0x0*401044 .*Exception 0xc0000005 encountered at address 0x401044/,
    );
    expect(output).toMatch(/ {2}thread #2: tid = (0x1098|4248), 0x0*7ffe00001020/);
    expect(output).toMatch(/rsp = 0x0*8ff100/);
  });

  it("of Linux on ARM64: the module with its build id, the thread and its registers", () => {
    const output = read("linux-arm64.dmp");
    expect(output).toMatch(/00010203-0405-0607-0809-0A0B0C0D0E0F-10111213 0x0*555500000000 .*crasher/);
    expect(output).toMatch(/\* thread #1: tid = (0x0141|321)\b/);
    expect(output).toMatch(/pc = 0x0*555500000040[\s\S]*sp = 0x0*7ffc00002e80/);
  });
});
