/** ELF cores that are exported, as gdb, lldb, readelf and eu-readelf read them. The capture is of a real process, of which gcore wrote a core. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink, openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ElfCoreOptions, type ExportReport, exportElfCore } from "../../src/index.js";
import { captureOfCore } from "./capture-of-core.js";
import { filesOf, type ReadCore, readCore, threadsOf } from "./core-reader.js";
import { areInstalled, printed } from "./installed.js";
import { type SmallCapture, smallCapture } from "./small-capture.js";
import { coreOfThreadedProgram, type ProgramCore } from "./threaded-program.js";

const USER_ADDRESSES_END = 1n << 47n;
const number = (bytes: Uint8Array | undefined) => (bytes ? Buffer.from(bytes).readBigUInt64LE() : 0n);

describe.skipIf(!areInstalled("gcc", "gdb", "gcore", "readelf", "eu-readelf", "lldb"))("a core of a process with threads", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-elf-core-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "exported.core");
  let original: ProgramCore;
  let before: ReadCore;
  let after: ReadCore;
  let report: ExportReport;
  let bytes: Uint8Array;

  beforeAll(async () => {
    original = await coreOfThreadedProgram(folder);
    before = readCore(original.bytes);
    const capture = await openCapture(
      await captureOfCore(before, original.bytes, { pid: original.pid, exePath: original.program }),
    );
    const sink = new BytesSink();
    report = await exportElfCore(capture, sink);
    bytes = sink.bytes();
    writeFileSync(path, bytes);
    after = readCore(bytes);
  }, 60_000);

  const gdb = (...commands: readonly string[]) =>
    printed("gdb", ["-nx", "-batch", ...commands.flatMap((command) => ["-ex", command]), original.program, path]);
  const lldb = (...commands: readonly string[]) =>
    printed("lldb", [
      "--no-lldbinit",
      "--batch",
      "-c",
      path,
      original.program,
      ...commands.flatMap((command) => ["-o", command]),
    ]);

  it("every byte of every segment stands at its address", () => {
    const segments = before.segments.filter(({ start, fileSize }) => start < USER_ADDRESSES_END && fileSize > 0);
    expect(segments.length).toBeGreaterThan(10);
    for (const { start, offset, fileSize } of segments) {
      const found = after.segments.find((segment) => segment.start === start);
      expect(found?.fileSize).toBe(fileSize);
      const at = found?.offset ?? 0;
      expect(Buffer.compare(bytes.subarray(at, at + fileSize), original.bytes.subarray(offset, offset + fileSize))).toBe(0);
    }
  });

  it("threads have the registers of the original, the current one first", () => {
    const [expected, found] = [threadsOf(before), threadsOf(after)];
    expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    expect(report.threads).toBe(3);
    for (const [index, { registers }] of expected.entries())
      for (const [name, value] of registers) expect([name, found[index]?.registers.get(name)]).toEqual([name, value]);
  });

  it("mappings of files have the offsets that the kernel gave them", () => {
    const originals = filesOf(before);
    for (const { start, offset, path: file } of filesOf(after)) {
      const covering = originals.find((mapping) => mapping.start <= start && start < mapping.end);
      expect(covering?.path).toBe(file);
      // The part of the data segment that the linker protects again is a mapping of its own in the original.
      expect((covering?.offset ?? -1n) + start - (covering?.start ?? 0n)).toBe(offset);
    }
    expect(new Set(filesOf(after).map(({ path: file }) => file))).toEqual(new Set(originals.map(({ path: file }) => file)));
  });

  it("readelf lists segments whose physical address is their address, and eu-readelf all notes", () => {
    const loads = printed("readelf", ["-lW", path])
      .split("\n")
      .filter((line) => line.includes("  LOAD"));
    expect(loads).toHaveLength(report.segments);
    for (const line of loads) {
      const [, , virtual, physical] = line.trim().split(/\s+/);
      expect(physical).toBe(virtual);
    }
    const notes = printed("eu-readelf", ["-n", path]);
    expect(notes.match(/^ {2}CORE .*$/gm)?.map((line) => line.trim().split(/\s+/).at(-1))).toEqual([
      ...["PRPSINFO", "PRSTATUS", "FPREGSET", "PRSTATUS", "FPREGSET", "PRSTATUS", "FPREGSET", "AUXV", "FILE"],
    ]);
    expect(notes).toContain(`fname: threads, psargs: ${original.program.slice(0, 50)}`);
    expect(notes).toContain(`pid: ${original.pid}, ppid: 1, pgrp: 0, sid: 2`);
  });

  it("gdb shows the threads, the frames of the program, its registers and its mappings", () => {
    const [main] = threadsOf(before);
    const text = gdb("info threads", "bt", "info registers rip rsp", "x/s marker", "info proc mappings");
    expect(text.match(/^[* ] +[0-9]+ +Thread .*LWP [0-9]+/gm)).toHaveLength(3);
    expect(text).toMatch(/inner \(n=101\)[^\n]*\n[^\n]*middle \(n=100\)[^\n]*\n[^\n]*main \(\)/);
    expect(text).toMatch(new RegExp(`^rip +0x${number(main?.registers.get("rip")).toString(16)}`, "m"));
    expect(text).toMatch(new RegExp(`^rsp +0x${number(main?.registers.get("rsp")).toString(16)}`, "m"));
    expect(text).toContain('"marker in data"');
    for (const { start, end, path: file } of filesOf(after))
      expect(text).toMatch(new RegExp(`0x${start.toString(16)} +0x${end.toString(16)} .*${file.replaceAll(".", "\\.")}`));
  }, 60_000);

  it("gdb and lldb read the words of the stack that the original has", () => {
    const [main] = threadsOf(before);
    const stack = number(main?.registers.get("rsp"));
    const segment = before.segments.find(({ start, size }) => start <= stack && stack < start + size);
    const at = (segment?.offset ?? 0) + Number(stack - (segment?.start ?? 0n));
    const words = Array.from({ length: 8 }, (_, i) => Buffer.from(original.bytes).readBigUInt64LE(at + 8 * i));
    const hex = (text: string) => [...text.matchAll(/0x([0-9a-f]{16})(?![0-9a-f:])/g)].map(([, digits]) => BigInt(`0x${digits}`));
    expect(hex(gdb("x/8gx $rsp").split("\n").slice(-5).join("\n"))).toEqual(words);
    const shown = lldb("memory read -f x -s 8 -c 8 $rsp", "register read rip", "thread list");
    expect(
      hex(
        shown
          .split("\n")
          .filter((line) => /^0x[0-9a-f]+:/.test(line))
          .join("\n"),
      ),
    ).toEqual(words);
    expect(shown).toContain(`rip = 0x${number(main?.registers.get("rip")).toString(16).padStart(16, "0")}`);
    expect(shown.match(/thread #[0-9]+: tid = [0-9]+/g)).toHaveLength(3);
  }, 60_000);
});

describe.skipIf(!areInstalled("gdb", "lldb"))("a core of a capture without threads", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-elf-core-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function exported(name: string, options: ElfCoreOptions, modules: SmallCapture["modules"] = []): Promise<string> {
    const sink = new BytesSink();
    const content = { regions: [{ base: 0x10000n, pages: [0x41, "failed", 0x43] as const }], modules };
    await exportElfCore(await smallCapture(content), sink, options);
    writeFileSync(join(folder, name), sink.bytes());
    return join(folder, name);
  }

  it("gdb reads what was captured; where it was not, zeros, or nothing if holes are left out", async () => {
    const read = ["x/1gx 0x10000", "x/1gx 0x12ff8", "x/1gx 0x11000"].flatMap((command) => ["-ex", command]);
    const kept = spawnSync("gdb", ["-nx", "-batch", ...read, "-c", await exported("kept.core", {})], { encoding: "utf8" });
    const path = await exported("left-out.core", { holes: "left-out" });
    const leftOut = spawnSync("gdb", ["-nx", "-batch", ...read, "-c", path], { encoding: "utf8" });
    for (const { stdout } of [kept, leftOut]) {
      expect(stdout).toMatch(/^0x10000:\s+0x4141414141414141$/m);
      expect(stdout).toMatch(/^0x12ff8:\s+0x4343434343434343$/m);
    }
    // What docs/converting.md warns of: gdb 13 takes a segment without bytes for zeros.
    expect(kept.stdout).toMatch(/^0x11000:\s+0x0000000000000000$/m);
    expect(leftOut.stderr).toContain("Cannot access memory at address 0x11000");
  });

  it("gdb takes what was not captured of a module from the file of its path, unless the sysroot is an empty folder", async () => {
    const library = join(folder, "library.so");
    writeFileSync(library, Buffer.alloc(4096, "Z"));
    const path = await exported("module.core", { holes: "left-out" }, [
      { baseAddr: 0x11000n, moduleSize: 0x1000n, path: library },
    ]);
    const gdb = (...first: readonly string[]) =>
      spawnSync("gdb", ["-nx", "-batch", ...first, "-c", path, "-ex", "x/1gx 0x11000"], { encoding: "utf8" });
    const empty = mkdtempSync(join(folder, "empty-"));
    expect(gdb().stdout).toMatch(/^0x11000:\s+0x5a5a5a5a5a5a5a5a$/m);
    expect(gdb("-iex", `set sysroot ${empty}`).stderr).toContain("Cannot access memory at address 0x11000");
  });

  it("lldb lists no thread, or the one that is made up, and reads no zeros from a hole", async () => {
    const commands = ["thread list", "memory read -f x -s 8 -c 1 0x10000", "memory read -f x -s 8 -c 1 0x11000"];
    const lldb = (path: string) =>
      spawnSync("lldb", ["--no-lldbinit", "--batch", "-c", path, ...commands.flatMap((one) => ["-o", one])], {
        encoding: "utf8",
      });
    const [none, made] = [lldb(await exported("none.core", {})), lldb(await exported("made.core", { madeUpThread: true }))];
    expect(none.stdout).not.toContain("thread #1");
    expect(made.stdout).toContain("thread #1: tid = 77, 0x0000000000000000");
    for (const { stdout, stderr } of [none, made]) {
      expect(stdout).toContain("0x00010000: 0x4141414141414141");
      expect(stdout).not.toMatch(/^0x0*11000: /m);
      expect(stderr).toContain("core file does not contain 0x11000");
    }
  });
});
