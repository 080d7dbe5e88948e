/** The minidumps in fixtures/dumps: made by hand, with every stream that the importer reads. The fuzzer mutates them, and pages of the documentation use them. */
import { amd64Context, arm64BreakpadContext, x86Context } from "./contexts.js";
import { fields, MinidumpFixture, pattern } from "./fixture.js";

const TIME = 1_700_000_100;

/** MINIDUMP_THREAD without a stack of its own. */
const thread = (id: number, context: readonly [size: number, rva: number], teb = 0n) =>
  fields()
    .u32(id, 0, 0x20, 0)
    .u64(teb, 0n)
    .u32(0, 0)
    .u32(...context)
    .done();

/** MINIDUMP_MODULE with a file version and the location of a CodeView record. */
const module = (base: bigint, size: number, name: number, codeView: readonly [size: number, rva: number] = [0, 0]) =>
  fields()
    .u64(base)
    .u32(size, 0, 0x65000000, name)
    .u32(0xfeef04bd, 0x10000, 0x000a0000, 0x4a610001)
    .zeros(36)
    .u32(...codeView, 0, 0)
    .u64(0n, 0n)
    .done();

/** A process of Windows on x86_64 that crashed, as ProcDump dumps it: two threads, modules, handles, all regions. */
function windows(): Uint8Array {
  const fixture = new MinidumpFixture();
  const servicePack = fixture.string("Service Pack 1");
  fixture.systemInfo({ servicePackRva: servicePack });
  fixture.stream(
    15,
    fields()
      .u32(24, 3, 4242, TIME - 3600, 0, 0)
      .done(),
  );
  const [main, worker, crash] = [0x401010n, 0x7ffe00001020n, 0x401044n].map((rip) =>
    fixture.data(amd64Context({ rip, rsp: 0x8ff100n })),
  );
  const threads = fields()
    .u32(2)
    .bytes(thread(4244, [1232, main ?? 0], 0x2000n))
    .bytes(thread(4248, [1232, worker ?? 0], 0x3000n));
  fixture.stream(3, threads.done());
  const names = ["main", "wörker"].map((name) => BigInt(fixture.string(name)));
  fixture.stream(
    24,
    fields()
      .u32(2, 4244)
      .u64(names[0] ?? 0n)
      .u32(4248)
      .u64(names[1] ?? 0n)
      .done(),
  );
  const info = (id: number) => fields().u32(id, 0, 0, 0).u64(133_444_736_000_000_000n, 0n, 0n, 0n, 0x401000n, 3n).done();
  fixture.stream(17, fields().u32(12, 64, 2).bytes(info(4244)).bytes(info(4248)).done());
  const exception = fields()
    .u32(4244, 0, 0xc0000005, 0)
    .u64(0n, 0x401044n)
    .u32(2, 0)
    .u64(0n, 0xdeadbeefn)
    .zeros(13 * 8)
    .u32(1232, crash ?? 0);
  fixture.stream(6, exception.done());
  const [program, library, gone] = ["C:\\tools\\größe.exe", "C:\\Windows\\System32\\ntdll.dll", "gone.dll"].map((name) =>
    fixture.string(name),
  );
  const pdb = fields()
    .u32(0x53445352)
    .bytes(Array.from({ length: 16 }, (_, at) => 0xa0 + at))
    .u32(1)
    .bytes(Buffer.from("ntdll.pdb\0"))
    .done();
  const modules = fields()
    .u32(2)
    .bytes(module(0x400000n, 0x3000, program ?? 0));
  fixture.stream(4, modules.bytes(module(0x7ffe00000000n, 0x2000, library ?? 0, [pdb.length, fixture.data(pdb)])).done());
  fixture.stream(
    14,
    fields()
      .u32(12, 24, 1)
      .u64(0x10000000n)
      .u32(0x2000, 0, 0, gone ?? 0)
      .done(),
  );
  const [file, key, event] = ["File", "Key", "Event"].map((name) => fixture.string(name));
  const path = fixture.string("\\Device\\HarddiskVolume3\\tools\\größe.log");
  const handle = (number: bigint, type = 0, name = 0) => fields().u64(number).u32(type, name, 0, 0x12019f, 1, 32768).done();
  const handles = [handle(4n, file, path), handle(8n, key), handle(12n, event)].flatMap((row) => [...row]);
  fixture.stream(12, fields().u32(16, 32, 3, 0).bytes(handles).done());
  fixture.stream(10, Buffer.from("\r\n*** procdump -ma -e größe.exe\r\n*** Unhandled exception: C0000005\0"));
  fixture.stream(19, fields().u32(16, 0, 0, 0).done());
  fixture.memoryInfo([
    { base: 0x10000n, size: 0x10000n, state: 0x10000, protect: 1, type: 0 },
    { base: 0x400000n, size: 0x1000n, protect: 0x02, type: 0x1000000 },
    { base: 0x401000n, size: 0x2000n, protect: 0x20, type: 0x1000000 },
    { base: 0x800000n, size: 0xf0000n, state: 0x2000, protect: 0 },
    { base: 0x8fd000n, size: 0x1000n, protect: 0x104 },
    { base: 0x8fe000n, size: 0x2000n, protect: 0x04 },
    { base: 0x7ffe00000000n, size: 0x2000n, protect: 0x80, type: 0x1000000 },
  ]);
  const memory = [0x400000n, 0x401000n, 0x7ffe00000000n].map((base, at) => [base, pattern(0x1000, at)] as const);
  return fixture.memory64([...memory, [0x8ff100n, pattern(0xf00, 9)]]).done({ time: TIME });
}

/** A small dump of a process of Linux on ARM64, as Breakpad writes it: stacks and the code around program counters. */
function linux(): Uint8Array {
  const fixture = new MinidumpFixture().systemInfo({ architecture: 0x8003, platform: 0x8201 });
  const maps = [
    "555500000000-555500002000 r-xp 00000000 08:01 17    /opt/tool/bin/crasher",
    "555500002000-555500003000 rw-p 00002000 08:01 17    /opt/tool/bin/crasher",
    "7ffc00000000-7ffc00004000 rw-p 00000000 00:00 0     [stack]",
  ];
  fixture.stream(0x47670009, Buffer.from(`${maps.join("\n")}\n`));
  fixture.stream(0x47670004, Buffer.from("Name:\tcrasher\nPid:\t321\nPPid:\t100\n"));
  fixture.stream(0x47670006, Buffer.from("/opt/tool/bin/crasher\0--now\0"));
  const context = fixture.data(arm64BreakpadContext({ pc: 0x555500000040n, sp: 0x7ffc00002e80n }));
  const stack = fixture.data(pattern(0x1180, 3));
  const code = fixture.data(pattern(0x100, 4));
  const row = fields().u32(321, 0, 0, 0).u64(0n, 0x7ffc00002e80n).u32(0x1180, stack, 796, context);
  fixture.stream(3, fields().u32(1).bytes(row.done()).done());
  fixture.stream(5, fields().u32(2).u64(0x7ffc00002e80n).u32(0x1180, stack).u64(0x555500000000n).u32(0x100, code).done());
  const name = fixture.string("/opt/tool/bin/crasher");
  const buildId = fields()
    .u32(0x4270454c)
    .bytes(Array.from({ length: 20 }, (_, at) => at))
    .done();
  fixture.stream(
    4,
    fields()
      .u32(1)
      .bytes(module(0x555500000000n, 0x3000, name, [buildId.length, fixture.data(buildId)]))
      .done(),
  );
  return fixture.done({ time: TIME });
}

/** A dump of x86 without a description of its regions: ranges that begin inside pages. */
function x86(): Uint8Array {
  const fixture = new MinidumpFixture().systemInfo({ architecture: 0 });
  const context = fixture.data(x86Context());
  fixture.stream(
    3,
    fields()
      .u32(1, 0)
      .bytes(thread(7, [716, context], 0x7ffde000n))
      .done(),
  );
  const first = fixture.data(pattern(0x240, 5));
  const second = fixture.data(pattern(0x100, 6));
  fixture.stream(5, fields().u32(2).u64(0x19ff00n).u32(0x100, second).u64(0x400f00n).u32(0x240, first).done());
  fixture.stream(11, Buffer.from("dumped by hand\0", "utf16le"));
  return fixture.done({ time: TIME });
}

export const SAMPLE_DUMPS: Readonly<Record<string, () => Uint8Array>> = {
  "windows-x64.dmp": windows,
  "linux-arm64.dmp": linux,
  "x86-ranges.dmp": x86,
};
