import { BytesSink, type Capture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportMinidump, importCapture, type MinidumpOptions } from "../../src/index.js";
import { imported } from "../support/imported.js";
import { captureOf, PID, type ProcessContent, pageAt, TIME_NS } from "./captures.js";
import { readMinidump } from "./second-reader.js";

async function exported(capture: Capture, options?: MinidumpOptions) {
  const sink = new BytesSink();
  const report = await exportMinidump(capture, sink, options);
  const bytes = sink.bytes();
  expect(report.size).toBe(BigInt(bytes.length));
  return { report, bytes, read: readMinidump(bytes) };
}

const exportOf = async (content: ProcessContent, options?: MinidumpOptions) => exported(await captureOf(content), options);

const THREAD = { id: 7n, current: true, registers: { rip: [0x401000n, 8], rsp: [0x8ff000n, 8] } } as const;
const GUID_AND_AGE = Uint8Array.from({ length: 20 }, (_, at) => at + 1);

describe("a minidump that is exported", () => {
  it("has captured bytes at their addresses, and no byte of a hole", async () => {
    const { bytes, read, report } = await exportOf({
      threads: [THREAD],
      regions: [
        { base: 0x400000n, pages: ["captured", "failed", "captured", "captured"], protection: 5, type: 3 },
        { base: 0x404000n, pages: ["captured"], protection: 3, type: 1 },
        { base: 0x7ff000000000n, pages: ["unmapped", "failed"], protection: 1, type: 4 },
      ],
    });
    expect(read.memory.map(({ start, size }) => [start, size])).toEqual([
      [0x400000n, 0x1000n],
      [0x402000n, 0x3000n],
    ]);
    for (const { start, size, offset } of read.memory)
      for (let at = 0n; at < size; at += 0x1000n)
        expect(bytes.subarray(Number(offset + at), Number(offset + at) + 0x1000)).toEqual(pageAt(start + at));
    expect(bytes.length).toBe(Number(read.memory[0]?.offset ?? 0n) + 4 * 0x1000);
    expect(read.regions).toEqual([
      { base: 0x400000n, size: 0x4000n, state: 0x1000, protect: 0x20, type: 0x1000000 },
      { base: 0x404000n, size: 0x1000n, state: 0x1000, protect: 0x04, type: 0x20000 },
      { base: 0x7ff000000000n, size: 0x2000n, state: 0x1000, protect: 0x02, type: 0x40000 },
    ]);
    expect(report.memory).toEqual({ captured: 0x4000n, failed: 0x2000n, unmapped: 0x1000n, missing: 0n });
    expect(report.notes.map(({ kind, subject }) => `${kind} ${subject}`)).toContain("no place PageStates");
  });

  it("has only memory in the ranges that are asked for, and the report says so", async () => {
    const ranges = [{ start: 0x401000n, end: 0x403000n }];
    const content = {
      threads: [THREAD],
      regions: [
        { base: 0x400000n, pages: ["captured", "failed", "captured", "captured"] },
        { base: 0x500000n, pages: ["captured"] },
      ],
    } as const;
    const { bytes, read, report } = await exportOf(content, { ranges });
    expect(read.memory.map(({ start, size }) => [start, size])).toEqual([[0x402000n, 0x1000n]]);
    expect(bytes.subarray(Number(read.memory[0]?.offset))).toEqual(pageAt(0x402000n));
    expect(read.regions.map(({ base, size }) => [base, size])).toEqual([[0x401000n, 0x2000n]]);
    expect(report).toMatchObject({ memory: { captured: 0x1000n, failed: 0x1000n }, complete: true });
    expect(report.notes.map(({ kind, subject }) => `${kind} ${subject}`)).toContain("no place Ranges");
  });

  it("has the process, and the streams and flags that WinDbg asks for", async () => {
    const { read } = await exportOf({ threads: [THREAD], regions: [{ base: 0x400000n, pages: ["captured"] }] });
    expect([...read.types].sort((a, b) => a - b)).toEqual([3, 4, 7, 9, 10, 15, 16]);
    expect(read.flags).toBe(0x802n);
    expect(read.time).toBe(Number(TIME_NS / 1_000_000_000n));
    expect(read.misc).toEqual({ size: 24, flags: 3, pid: PID, createTime: Number(TIME_NS / 1_000_000_000n) - 5 });
    expect(read.system).toEqual({ architecture: 9, platform: 2, version: "0.0.0", csd: "" });
  });

  it("has modules with version and build", async () => {
    const modules = [
      {
        baseAddr: 0x400000n,
        moduleSize: 0x5000n,
        path: "C:\\größe.exe",
        version: "1.2.3.65535",
        nativeBlob: Uint8Array.of(20, 4, 0, 0, ...GUID_AND_AGE),
      },
      {
        baseAddr: 0x500000n,
        moduleSize: 0x100000000n,
        path: "C:\\b.dll",
        version: "1.2-beta",
        nativeBlob: Uint8Array.of(1, 2, 3),
      },
    ];
    const { read, report } = await exportOf({ modules, threads: [THREAD], regions: [] });
    expect(read.modules.map(({ base, size, name, version }) => [base, size, name, version])).toEqual([
      [0x400000n, 0x5000, "C:\\größe.exe", "1.2.3.65535"],
      [0x500000n, 0xffffffff, "C:\\b.dll", ""],
    ]);
    expect(Buffer.from(read.modules[0]?.codeView ?? []).toString("latin1")).toBe(
      `RSDS${Buffer.from(GUID_AND_AGE).toString("latin1")}\0`,
    );
    expect(read.modules[1]?.codeView.length).toBe(0);
    const subjects = report.notes.map(({ subject }) => subject);
    expect(subjects).toEqual(expect.arrayContaining(["SizeOfImage", "VS_FIXEDFILEINFO", "NativeBlob"]));
    const linux = await exportOf({ osType: "Linux", modules: modules.slice(0, 1), threads: [THREAD], regions: [] });
    expect(Buffer.from(linux.read.modules[0]?.codeView ?? []).toString("latin1")).toBe(
      `LEpB${Buffer.from(GUID_AND_AGE).toString("latin1")}`,
    );
  });

  const GENERAL = (names: readonly string[], size: number) =>
    Object.fromEntries(names.map((name, at) => [name, [BigInt(0x1111 * (at + 1)), size] as const]));
  it.each([
    ["x86_64", "Windows", 9, ["rax", "rbx", "r15", "rip", "rsp", "eflags"], 8],
    ["x86", "Linux", 0, ["eax", "edi", "eip", "esp", "eflags"], 4],
    ["ARM64", "Windows", 12, ["x0", "x28", "sp", "pc"], 8],
    ["ARM64", "Linux", 0x8003, ["x0", "x28", "sp", "pc"], 8],
    ["ARM32", "Windows", 5, ["r0", "r12", "sp", "lr", "pc"], 4],
    ["ARM32", "Android", 5, ["r0", "r12", "sp", "lr", "pc"], 4],
  ] as const)("has registers of %s on %s", async (archType, osType, architecture, names, size) => {
    const registers = GENERAL(names, size);
    const { read, report } = await exportOf({ archType, osType, threads: [{ id: 7n, current: true, registers }], regions: [] });
    expect(read.system.architecture).toBe(architecture);
    for (const name of names) expect([name, read.threads[0]?.registers[name]]).toEqual([name, registers[name]?.[0]]);
    expect(report.threads).toBe(1);
  });

  it("has the current thread first, names, start times, and an exception for a thread that crashed", async () => {
    const { read, report } = await exportOf({
      regions: [],
      threads: [
        { ...THREAD, id: 1n, current: false, name: "wörker" },
        {
          ...THREAD,
          id: 2n,
          crashed: true,
          startTimeNs: TIME_NS,
          registers: { ...THREAD.registers, gs_base: [0x7ff5_0000_1000n, 8] },
        },
      ],
    });
    expect(read.threads.map(({ id, teb, stackStart }) => [id, teb, stackStart])).toEqual([
      [2, 0x7ff5_0000_1000n, 0x8ff000n],
      [1, 0n, 0x8ff000n],
    ]);
    expect(read.names).toEqual({ 1: "wörker" });
    // 2023-11-14 22:13:20 UTC as a FILETIME.
    expect(read.createTimes).toEqual({ 2: 133_444_736_000_000_000n });
    expect(read.exception).toMatchObject({ threadId: 2, code: 0, address: 0x401000n });
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: "assumed", subject: "ExceptionStream" }));
    expect(report.notes.find(({ subject, kind }) => subject === "Registers" && kind === "made up")?.message).toContain("cs, ss");
  });

  it("tells that it names one thread that crashed, and that this one is taken for the current thread", async () => {
    const threads = [
      { ...THREAD, id: 1n },
      { ...THREAD, id: 2n, current: false, crashed: true },
      { ...THREAD, id: 3n, current: false, crashed: true },
    ];
    const { read, report } = await exportOf({ regions: [], threads });
    expect(read.exception?.threadId).toBe(2);
    const told = report.notes.map(({ kind, subject }) => `${kind} ${subject}`);
    expect(told).toEqual(expect.arrayContaining(["no place ExceptionStream", "no place Current"]));
  });

  it("has a thread that is made up and marked as such, unless that is not wanted", async () => {
    const { read, report } = await exportOf({ regions: [] });
    // CONTEXT_AMD64 without a group: the context says that it has no register.
    expect(read.threads.map(({ id, contextFlags }) => [id, contextFlags])).toEqual([[PID, 0x100000]]);
    expect(report.threads).toBe(0);
    expect(report.notes).toContainEqual(expect.objectContaining({ kind: "made up", subject: "ThreadListStream" }));
    expect(read.comment).toContain("the thread in this file is made up");
    const without = await exportOf({ regions: [] }, { madeUpThread: false });
    expect(without.read.threads).toEqual([]);
    expect(without.read.comment).not.toContain("made up");
    expect(without.report.notes).toContainEqual(expect.objectContaining({ kind: "no place", subject: "ThreadListStream" }));
  });

  it("has handles of the process and the version of the system", async () => {
    const handles = [
      { pid: PID, fd: 4, handleType: 1, path: "\\Device\\a" },
      { pid: PID, fd: 8, handleType: 6, path: "" },
      { pid: PID, fd: 12, handleType: 255, path: "" },
      { pid: 1, fd: 12, handleType: 1, path: "x" },
    ];
    const { read, report } = await exportOf({ handles, threads: [THREAD], regions: [] });
    expect(read.handles).toEqual([
      { handle: 4n, type: "File", name: "\\Device\\a", attributes: 0 },
      { handle: 8n, type: "Key", name: "", attributes: 0 },
      { handle: 12n, type: "", name: "", attributes: 0 },
    ]);
    expect(read.flags).toBe(0x806n);
    expect(read.system).toMatchObject({ version: "10.0.19045", csd: "Service Pack 1" });
    expect(report.notes).toContainEqual(expect.objectContaining({ subject: "HandleDataStream" }));
  });

  it("refuses options that it does not have, and closes the sink", async () => {
    let closed = 0;
    const sink = { write: () => undefined, close: () => void closed++ };
    await expect(
      exportMinidump(await captureOf({ regions: [] }), sink, { madeUp: true } as MinidumpOptions),
    ).rejects.toMatchObject({ code: "usage" });
    await exportMinidump(await captureOf({ regions: [] }), sink);
    expect(closed).toBe(1);
  });

  it("ends when its signal fires", async () => {
    const capture = await captureOf({ regions: [{ base: 0x1000n, pages: Array(64).fill("captured") }] });
    await expect(exportMinidump(capture, new BytesSink(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("a minidump that is exported and imported again", () => {
  it("has the same memory, states as far as minidumps have them, threads and modules", async () => {
    const content: ProcessContent = {
      modules: [
        {
          baseAddr: 0x400000n,
          moduleSize: 0x5000n,
          path: "C:\\a.exe",
          version: "1.2.3.4",
          nativeBlob: Uint8Array.of(20, 4, 0, 0, ...GUID_AND_AGE),
        },
      ],
      threads: [
        {
          ...THREAD,
          id: 2n,
          name: "main",
          crashed: true,
          startTimeNs: TIME_NS,
          registers: {
            ...THREAD.registers,
            rax: [5n, 8],
            eflags: [0x246n, 4],
            cs: [0x33n, 2],
            ss: [0x2bn, 2],
            xmm3: [1n << 100n, 16],
          },
        },
        {
          ...THREAD,
          id: 1n,
          current: false,
          registers: { ...THREAD.registers, eflags: [0x202n, 4], cs: [0x33n, 2], ss: [0x2bn, 2] },
        },
      ],
      regions: [
        { base: 0x400000n, pages: ["captured", "failed", "captured"], protection: 5, type: 3 },
        { base: 0x403000n, pages: ["captured"], protection: 3 },
        { base: 0x8f0000n, pages: ["failed", "failed", "captured"], protection: 11 },
        { base: 0x7fff0000n, pages: ["failed"], protection: 0, type: 4 },
        { base: 0xffff_ffff_ffff_e000n, pages: ["captured", "captured"], protection: 1 },
      ],
    };
    const first = await captureOf(content);
    const { bytes } = await exported(first);
    const { capture: second } = await imported(bytes);
    const regionsOf = async (capture: Capture) =>
      (await capture.regions()).map(({ baseAddr, regionSize, head }) => [
        baseAddr,
        regionSize,
        head.protection,
        head.regionTypeName,
      ]);
    expect(await regionsOf(second)).toEqual(await regionsOf(first));
    for (const { baseAddr, regionSize } of await first.regions()) {
      const [before, after] = await Promise.all(
        [first, second].map((capture) => capture.memory.read(baseAddr, Number(regionSize))),
      );
      expect(after?.segments).toEqual(before?.segments);
    }
    const threadsOf = async (capture: Capture) =>
      Promise.all(
        (await capture.threads()).map(async (thread) => {
          const registers = (await thread.registers()).filter(({ value }) => value.some((byte) => byte !== 0));
          return [
            thread.id,
            thread.name,
            thread.startTimeNs,
            thread.current,
            thread.crashed,
            Object.fromEntries(registers.map(({ name, value }) => [name, [...value]])),
          ];
        }),
      );
    expect(await threadsOf(second)).toEqual(await threadsOf(first));
    const modulesOf = async (capture: Capture) =>
      (await capture.modules()).map(({ baseAddr, moduleSize, path, entry }) => [
        baseAddr,
        moduleSize,
        path,
        entry?.version,
        entry?.nativeBlob,
      ]);
    expect(await modulesOf(second)).toEqual(await modulesOf(first));
    expect([second.header.pid, second.header.osType, second.header.archType, second.header.timestampNs]).toEqual([
      first.header.pid,
      first.header.osType,
      first.header.archType,
      first.header.timestampNs,
    ]);
  });

  it("is the same file when it is exported once more", async () => {
    const content: ProcessContent = { threads: [THREAD], regions: [{ base: 0x400000n, pages: ["captured", "failed"] }] };
    const { bytes } = await exported(await captureOf(content));
    const { capture } = await imported(bytes);
    const again = await exported(capture);
    const { comment: _, ...before } = readMinidump(bytes);
    const { comment: __, ...after } = again.read;
    expect(after).toEqual(before);
    await expect(importCapture(bytes, new BytesSink())).resolves.toMatchObject({ words: "Windows minidump" });
  });
});
