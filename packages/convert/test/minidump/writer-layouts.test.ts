/**
 * Dumps as programs lay them out, with every stream that these write: each stream becomes a part of the capture, or is named. Sources: minidump_writer.rs and its sections of
 * minidump-writer (rust-minidump); minidumpapiset.h (MINIDUMP_MISC_INFO_5, MINIDUMP_UNLOADED_MODULE, MINIDUMP_THREAD_NAME); inode(7).
 */
import { BytesSink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportMinidump } from "../../src/index.js";
import { imported } from "../support/imported.js";
import { amd64Context } from "./contexts.js";
import { fields, MinidumpFixture, pattern } from "./fixture.js";
import { readMinidump } from "./second-reader.js";

const text = (...lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(""));
const PROGRAM = 0x5555_0000_0000n;
const STACK = 0x7ffc_0000_0000n;
const MAPS = text(
  "555500000000-555500001000 r--p 00000000 08:01 17    /opt/tool",
  "555500001000-555500002000 r-xp 00001000 08:01 17    /opt/tool",
  "555500002000-555500003000 rw-p 00000000 00:00 0     [heap]",
  "7f0000000000-7f0000001000 rw-s 00000000 08:01 18    /opt/data",
  "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 ",
  "7ffc00000000-7ffc00002000 rw-p 00000000 00:00 0     [stack]",
);
const [PRIVATE, MAPPED] = [0x20000, 0x40000];

/** The directory of minidump-writer, in its order; streams that it could not write are entries of type 0. */
function linuxDump({ maps = true } = {}): Uint8Array {
  const fixture = new MinidumpFixture(24);
  const [first, second] = [0x5555_0000_1010n, 0x5555_0000_1020n].map((rip) =>
    fixture.data(amd64Context({ rip, rsp: STACK + 0x1000n })),
  );
  const thread = (id: number, rva = 0) =>
    fields()
      .u32(id, 0, 0, 0)
      .u64(0n, STACK + 0x1000n)
      .u32(0, 0, 1232, rva)
      .done();
  fixture.stream(3, fields().u32(2).bytes(thread(321, first)).bytes(thread(322, second)).done());
  // MDCVInfoELF: "BpEL" and the build id.
  const build = fields()
    .u32(0x4270454c)
    .bytes(Array.from({ length: 20 }, (_, at) => 0xb0 + at))
    .done();
  const record = fixture.data(build);
  const row = fields().u64(PROGRAM).u32(0x2000, 0, 0, fixture.string("/opt/tool")).u32(0xfeef04bd, 0, 0x10002, 0x30000).zeros(36);
  fixture.stream(
    4,
    fields()
      .u32(1)
      .bytes(row.u32(build.length, record, 0, 0).u64(0n, 0n).done())
      .done(),
  );
  fixture.entry(0, 0, 0);
  const stack = fixture.data(pattern(0x1000, 3));
  fixture.stream(
    5,
    fields()
      .u32(1)
      .u64(STACK + 0x1000n)
      .u32(0x1000, stack)
      .done(),
  );
  // SIGBUS, BUS_ADRERR.
  const exception = fields()
    .u32(322, 0, 7, 2)
    .u64(0n, 0x7f00_0000_0800n)
    .u32(0, 0)
    .zeros(120)
    .u32(1232, second ?? 0);
  fixture.stream(6, exception.done());
  fixture.systemInfo({ platform: 0x8201, servicePackRva: fixture.string("Linux 6.1.0 #1 SMP x86_64") });
  fixture.memoryInfo([
    { base: PROGRAM, size: 0x1000n, protect: 0x02, type: PRIVATE },
    { base: PROGRAM + 0x1000n, size: 0x1000n, protect: 0x20, type: PRIVATE },
    { base: PROGRAM + 0x2000n, size: 0x1000n, protect: 0x04, type: PRIVATE },
    { base: 0x7f00_0000_0000n, size: 0x1000n, protect: 0x04, type: MAPPED },
    { base: 0x7f00_0000_1000n, size: 0x1000n, protect: 0x04, type: PRIVATE },
    { base: STACK, size: 0x2000n, protect: 0x04, type: PRIVATE },
  ]);
  fixture.stream(0x47670003, text("processor\t: 0", "model name\t: x"));
  fixture.stream(0x47670004, text("Name:\ttool", "Pid:\t321", "PPid:\t100"));
  fixture.stream(0x47670005, text("DISTRIB_ID=x"));
  fixture.stream(0x47670006, Buffer.from("/opt/tool\0--now\0"));
  fixture.stream(0x47670007, Buffer.from("HOME=/root\0"));
  fixture.stream(0x47670008, fields().u64(6n, 4096n, 0n, 0n).done());
  if (maps) fixture.stream(0x47670009, MAPS);
  fixture.stream(0x4767000a, fields().u32(1, 0).zeros(40).done());
  fixture.stream(0x4d7a0003, text("Limit Soft Limit Hard Limit Units"));
  const names = [321, 322, 999].map((id, at) => [id, BigInt(fixture.string(["tool", "wörker", "gone"][at] ?? ""))] as const);
  const list = fields().u32(names.length);
  for (const [id, rva] of names) list.u32(id).u64(rva);
  fixture.stream(24, list.done());
  // MINIDUMP_HANDLE_DESCRIPTOR without a type name; Attributes are st_mode.
  const modes = [0o020620, 0o100644, 0o040755, 0o140777, 0o010600, 0o060660];
  const handles = fields().u32(16, 32, modes.length, 0);
  for (const [fd, mode] of modes.entries()) handles.u64(BigInt(fd)).u32(0, fixture.string(`/file/${fd}`), mode, 0, 0, 0);
  fixture.stream(12, handles.done());
  fixture.stream(0x4d7a0004, Buffer.from('["x"]'));
  return fixture.done({ time: 1_700_000_000 });
}

describe("a dump of minidump-writer on Linux", () => {
  it("has the kinds of regions that LinuxMaps says, with the files of modules as images", async () => {
    const { capture } = await imported(linuxDump());
    const regions = await capture.regions();
    expect(regions.map(({ baseAddr, head }) => [baseAddr, head.regionTypeName])).toEqual([
      [PROGRAM, "image"],
      [PROGRAM + 0x1000n, "image"],
      [PROGRAM + 0x2000n, "heap"],
      [0x7f00_0000_0000n, "mapped file"],
      [0x7f00_0000_1000n, "anonymous"],
      [STACK, "stack"],
    ]);
  });

  it("without LinuxMaps has an image where a module begins, told as assumed", async () => {
    const { capture, report } = await imported(linuxDump({ maps: false }));
    expect((await capture.regions()).map(({ head }) => head.regionTypeName)).toEqual([
      ...["image", "anonymous", "anonymous", "mapped file", "anonymous", "anonymous"],
    ]);
    expect(report.assumed).toContain("1 region in which a module begins: taken for images");
  });

  it("has its process, threads with names, the signal, and files by the type in st_mode", async () => {
    const { capture, report } = await imported(linuxDump());
    expect(report.damaged).toEqual([]);
    expect([report.pid, capture.header.osTypeName]).toEqual([321, "Linux"]);
    expect((await capture.threads()).map(({ id, name, crashed }) => [id, name, crashed])).toEqual([
      [321n, "tool", false],
      [322n, "wörker", true],
    ]);
    const [handles] = capture.blocks.ofType(0x53);
    const { payload } = (await handles?.decode()) ?? {};
    expect(
      payload?.kind === "HandleTable" && payload.entries.map(({ fd, handleTypeName, path }) => [fd, handleTypeName, path]),
    ).toEqual(["device", "file", "directory", "socket", "pipe", "device"].map((type, fd) => [fd, type, `/file/${fd}`]));
    expect(report.lost).toEqual([
      "fields of MINIDUMP_HEADER: Flags 0x2",
      "streams that captures have no block for: LinuxCpuInfo, LinuxLsbRelease, LinuxEnviron, LinuxAuxv, LinuxDsoDebug, MozLinuxLimits, MozSoftErrors",
      "fields of SystemInfoStream: ProcessorLevel 0x6, ProcessorRevision 0x9e0a, ProductType 0x1, NumberOfProcessors 0x4, SuiteMask 0x100",
      "LinuxProcStatus but Pid and PPid",
      'names of threads that are not in the list of threads, or have another name: "gone" of thread 999',
      // MXCSR_MASK.
      "fields of CONTEXT: bytes without a register of 2 threads (0x2)",
      "the signal of thread 322, for which a capture has no field: 7, code 2, address 0x7f0000000800",
      "the paths, offsets, devices and inodes of 6 mappings in LinuxMaps",
      "fields of MemoryInfoListStream: AllocationBase of 6 regions (first 0x555500000000), AllocationProtect of 6 regions (first 0x2)",
      // The bits of st_mode below the type.
      "fields of HandleDataStream: Attributes of 6 handles (first 0x190)",
    ]);
  });

  it("is exported with the types of its files", async () => {
    const { capture } = await imported(linuxDump());
    const out = new BytesSink();
    await exportMinidump(capture, out);
    expect(readMinidump(out.bytes()).handles.map(({ attributes, name }) => [attributes, name])).toEqual(
      [0o020000, 0o100000, 0o040000, 0o140000, 0o010000, 0o020000].map((mode, fd) => [mode, `/file/${fd}`]),
    );
    const again = await imported(out.bytes());
    const types = async (one: typeof capture) => {
      const [block] = one.blocks.ofType(0x53);
      const { payload } = (await block?.decode()) ?? {};
      return payload?.kind === "HandleTable" && payload.entries.map(({ handleType }) => handleType);
    };
    expect(await types(again.capture)).toEqual(await types(capture));
  });
});

describe("a full dump of Windows", () => {
  const sized = (list: ReturnType<typeof fields>) => new MinidumpFixture().systemInfo().stream(14, list.done());

  it("tells all unloaded modules that Windows keeps, with size, checksum and time", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const list = fields().u32(12, 24, 64);
    for (let at = 0; at < 64; at++)
      list
        .u64(0x7ff8_0000_0000n + BigInt(at << 16))
        .u32(0x1000 + at, 0x100 + at, 0x5f00_0000 + at, fixture.string(`${"d".repeat(60)}${at}.dll`));
    const { report } = await imported(
      fixture
        .stream(14, list.done())
        .memory64([[0x1000n, pattern(4096, 1)]])
        .done(),
    );
    const told = report.lost.filter((sentence) => /unloaded/.test(sentence)).join("; ");
    for (let at = 0; at < 64; at++)
      expect(told).toContain(
        `${at}.dll" at 0x${(0x7ff8_0000_0000n + BigInt(at << 16)).toString(16)} (${0x1000 + at} bytes, CheckSum 0x${(0x100 + at).toString(16)}, TimeDateStamp 0x${(0x5f00_0000 + at).toString(16)})`,
      );
  });

  it("with more of them tells how many, and lists that are cut off are damaged", async () => {
    const memory = [[0x1000n, pattern(4096, 1)]] as const;
    const many = fields()
      .u32(12, 24, 70)
      .zeros(24 * 70);
    expect((await imported(sized(many).memory64(memory).done())).report.lost).toContain(
      "6 more unloaded modules, which are not listed",
    );
    const cut = await imported(
      sized(fields().u32(12, 24, 3).zeros(24))
        .memory64(memory)
        .done(),
    );
    expect(cut.report.damaged).toEqual(["UnloadedModuleListStream announces 3 entries and has 1"]);
    const narrow = await imported(
      sized(fields().u32(12, 8, 3).zeros(24))
        .memory64(memory)
        .done(),
    );
    expect(narrow.report.damaged).toEqual(["UnloadedModuleListStream has a header of 12 bytes and entries of 8: it is not read"]);
  });

  it.each([
    [3, 2, "ThreadListStream is cut off"],
    [4, 3, "ModuleListStream is cut off"],
    [12, 8, "HandleDataStream is cut off"],
    [14, 8, "UnloadedModuleListStream is cut off"],
    [17, 8, "ThreadInfoListStream is cut off"],
  ])("with stream %i of %i bytes is damaged", async (type, size, sentence) => {
    const fixture = new MinidumpFixture().systemInfo().memory64([[0x1000n, pattern(4096, 1)]]);
    expect((await imported(fixture.stream(type, new Uint8Array(size)).done())).report.damaged).toContain(sentence);
  });

  it("tells the extended state and the cookie of MINIDUMP_MISC_INFO_5", async () => {
    // SizeOfInfo, Flags1; XStateData at 832: its size, size of a context, features; ProcessCookie at 1360.
    const misc = new Uint8Array(1364);
    const view = new DataView(misc.buffer);
    for (const [at, value] of [
      [0, 1364],
      [832, 528],
      [836, 2696],
      [840, 0x207],
      [1360, 0xc0ffee],
    ] as const)
      view.setUint32(at, value, true);
    const { report } = await imported(
      new MinidumpFixture()
        .systemInfo()
        .stream(15, misc)
        .memory64([[0x1000n, pattern(4096, 1)]])
        .done(),
    );
    const sentence = report.lost.find((one) => one.startsWith("fields of MiscInfoStream"));
    expect(sentence).toMatch(/^fields of MiscInfoStream: XStateData 10020000880a000007020000(00)+…, ProcessCookie 0xc0ffee$/);
  });
});
