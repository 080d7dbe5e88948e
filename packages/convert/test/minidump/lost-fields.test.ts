/** What minidumps have and captures have no field for: told by the names of minidumpapiset.h, in one sentence for a table. */
import { describe, expect, it } from "vitest";
import { amd64Context } from "./contexts.js";
import { fields, MinidumpFixture } from "./fixture.js";
import { imported } from "./imported.js";

const lossesOf = async (fixture: MinidumpFixture) => (await imported(fixture.done())).notes.lost;
const lossOf = async (fixture: MinidumpFixture, table: string) =>
  (await lossesOf(fixture)).find((sentence) => sentence.startsWith(`fields of ${table}: `))?.slice(`fields of ${table}: `.length);

describe("fields of a minidump without a place are told", () => {
  it("of its header and of its system", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    expect(await lossOf(fixture, "MINIDUMP_HEADER")).toBe("Flags 0x2");
    expect(await lossOf(fixture, "SystemInfoStream")).toBe(
      "ProcessorLevel 0x6, ProcessorRevision 0x9e0a, ProductType 0x1, NumberOfProcessors 0x4, SuiteMask 0x100",
    );
  });

  it("of threads: counts, and values where all have the same", async () => {
    const fixture = new MinidumpFixture().systemInfo({ platform: 0x8201 });
    const rva = fixture.data(amd64Context());
    // MINIDUMP_THREAD: ThreadId, SuspendCount, PriorityClass, Priority, Teb, Stack, ThreadContext.
    const row = (id: number) =>
      fields()
        .u32(id, id % 2, 0x20, id)
        .u64(0x7ff0n, 0n)
        .u32(0, 0, 1232 + 600, rva)
        .done();
    const rows = [1, 2, 3].flatMap((id) => [...row(id)]);
    fixture.data(new Uint8Array(600));
    fixture.stream(3, fields().u32(3).bytes(rows).done());
    expect(await lossOf(fixture, "ThreadListStream")).toBe(
      "SuspendCount of 2 threads (0x1), PriorityClass of 3 threads (0x20), Priority of 3 threads (first 0x1), Teb of 3 threads (0x7ff0)",
    );
    expect(await lossOf(fixture, "CONTEXT")).toContain("bytes behind the structure of 3 threads (0x258)");
  });

  it("of threads of Windows but the Teb, which is a register, and of their times", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const rva = fixture.data(amd64Context());
    const row = fields().u32(9, 0, 0, 0).u64(0x7ff0n, 0n).u32(0, 0, 1232, rva).done();
    fixture.stream(3, fields().u32(1).bytes(row).done());
    const info = fields().u32(9, 4, 0, 259).u64(133_000_000_000_000_000n, 0n, 5n, 6n, 0x401000n, 0xfn);
    fixture.stream(17, fields().u32(12, 64, 1).bytes(info.done()).done());
    expect(await lossOf(fixture, "ThreadListStream")).toBeUndefined();
    expect(await lossOf(fixture, "ThreadInfoListStream")).toBe(
      "DumpFlags of 1 thread (0x4), ExitStatus of 1 thread (0x103), KernelTime of 1 thread (0x5), UserTime of 1 thread (0x6), StartAddress of 1 thread (0x401000), Affinity of 1 thread (0xf)",
    );
  });

  it("of 100,000 handles in one sentence", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const list = new Uint8Array(16 + 40 * 100_000);
    const view = new DataView(list.buffer);
    // MINIDUMP_HANDLE_DATA_STREAM, then MINIDUMP_HANDLE_DESCRIPTOR_2: Attributes 16, GrantedAccess 20, HandleCount 24, PointerCount 28, ObjectInfoRva 32.
    for (const [at, value] of [16, 40, 100_000].entries()) view.setUint32(4 * at, value, true);
    for (let row = 0; row < 100_000; row++) {
      const at = 16 + 40 * row;
      view.setBigUint64(at, BigInt(row + 1), true);
      for (const [field, value] of [2, 0x1f0003, row, 65_536, 0].entries()) view.setUint32(at + 16 + 4 * field, value, true);
    }
    expect(await lossOf(fixture.stream(12, list), "HandleDataStream")).toBe(
      "Attributes of 100000 handles (0x2), GrantedAccess of 100000 handles (0x1f0003), PointerCount of 100000 handles (0x10000), HandleCount of 99999 handles (first 0x1)",
    );
  });

  it("of modules: version information, and records beside the build", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const name = fixture.string("a.dll");
    const guid = Array.from({ length: 16 }, (_, at) => 0xa0 + at);
    const pdb = fields().u32(0x53445352).bytes(guid).u32(3).bytes(Buffer.from("d:\\a.pdb\0")).done();
    const codeView = fixture.data(pdb);
    // MINIDUMP_MODULE: VS_FIXEDFILEINFO has FileVersion at 8, ProductVersion at 16, then mask, flags, system, type, subtype, date.
    const row = fields()
      .u64(0x400000n)
      .u32(0x1000, 0x77, 0x5f000000, name)
      .u32(0xfeef04bd, 0x10000, 1, 2, 3, 4, 0x3f, 0, 0x40004, 2, 0, 0, 0);
    row.u32(pdb.length, codeView, 12, codeView).u64(0n, 0n);
    expect(await lossOf(fixture.stream(4, fields().u32(1).bytes(row.done()).done()), "ModuleListStream")).toBe(
      'CheckSum of 1 module (0x77), TimeDateStamp of 1 module (0x5f000000), ProductVersion of 1 module (0x300000004), FileFlagsMask of 1 module (0x3f), FileOS of 1 module (0x40004), FileType of 1 module (0x2), bytes of MiscRecord of 1 module (0xc), CvRecord of 1 module ("d:\\\\a.pdb")',
    );
  });

  it("of regions, and how many are reserved", async () => {
    const fixture = new MinidumpFixture().systemInfo().memoryInfo([
      { base: 0x1000n, size: 0x1000n, protect: 0x204 },
      { base: 0x2000n, size: 0x5000n, state: 0x2000, protect: 0 },
    ]);
    expect(await lossOf(fixture, "MemoryInfoListStream")).toBe(
      "AllocationBase of 1 region (0x1000), AllocationProtect of 1 region (0x204), other bits of Protect of 1 region (0x200)",
    );
    expect(await lossesOf(fixture)).toContain("1 region of 20480 reserved bytes: without memory, and in no capture");
  });

  it("of MiscInfo, and the texts of Linux that are not read", async () => {
    const misc = fields().u32(44, 3, 1234, 1_700_000_000, 5, 6, 3000, 0, 0, 0, 0);
    const fixture = new MinidumpFixture().systemInfo().stream(15, misc.done());
    fixture.stream(0x47670004, new TextEncoder().encode("Name:\ta\nPid:\t1234\n"));
    fixture.stream(0x47670005, new TextEncoder().encode("DISTRIB_ID=x\n"));
    expect(await lossOf(fixture, "MiscInfoStream")).toBe("ProcessUserTime 0x5, ProcessKernelTime 0x6, ProcessorMaxMhz 0xbb8");
    const lost = await lossesOf(fixture);
    expect(lost).toContain("LinuxProcStatus but Pid and PPid");
    expect(lost).toContain("streams that captures have no block for: LinuxLsbRelease");
  });
});
