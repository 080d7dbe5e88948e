import { describe, expect, it } from "vitest";
import { fields, MinidumpFixture } from "./fixture.js";
import { imported } from "./imported.js";

/** MINIDUMP_MODULE: base, size, checksum, timestamp, name; VS_FIXEDFILEINFO of 13 words; CvRecord, MiscRecord, Reserved0, Reserved1. */
function moduleRow(
  base: bigint,
  size: number,
  name: number,
  { version = [0, 0], signature = 0xfeef04bd, codeView = [0, 0] } = {},
): Uint8Array {
  const row = fields().u64(base).u32(size, 0, 0x5f000000, name);
  row.u32(signature, 0x10000, ...version, 0, 0, 0x3f, 0, 0x40004, 2, 0, 0, 0);
  return row
    .u32(...codeView, 0, 0)
    .u64(0n, 0n)
    .done();
}

describe("tables of a minidump", () => {
  it("give modules with path, version and build", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const program = fixture.string("C:\\Programme\\größe.exe");
    const library = fixture.string("C:\\Windows\\System32\\ntdll.dll");
    const guid = Array.from({ length: 16 }, (_, at) => 0xa0 + at);
    const pdb = fields().u32(0x53445352).bytes(guid).u32(3).bytes(Buffer.from("ntdll.pdb\0")).done();
    const codeView = fixture.data(pdb);
    const rows = [
      ...moduleRow(0x400000n, 0x5000, program, { signature: 0, version: [9, 9] }),
      ...moduleRow(0x7ff800000000n, 0x1f0000, library, { version: [0x000a0000, 0x4a610001], codeView: [pdb.length, codeView] }),
    ];
    expect(rows.length).toBe(2 * 108);
    const { dump } = await imported(fixture.stream(4, fields().u32(2).bytes(rows).done()).done());
    expect(dump.modules?.map(({ nativeBlob: _, ...module }) => module)).toEqual([
      { baseAddr: 0x400000n, moduleSize: 0x5000n, path: "C:\\Programme\\größe.exe", version: "" },
      { baseAddr: 0x7ff800000000n, moduleSize: 0x1f0000n, path: "C:\\Windows\\System32\\ntdll.dll", version: "10.0.19041.1" },
    ]);
    expect(dump.modules?.map(({ nativeBlob }) => nativeBlob && [...nativeBlob])).toEqual([
      undefined,
      [20, 4, 0, 0, ...guid, 3, 0, 0, 0],
    ]);
    expect(dump.identity?.exePath).toBe("C:\\Programme\\größe.exe");
  });

  it("give the build id of Breakpad's ELF record", async () => {
    const fixture = new MinidumpFixture().systemInfo({ platform: 0x8201 });
    const record = fields().u32(0x4270454c).bytes(Array(20).fill(0x4b)).done();
    const row = moduleRow(0x400000n, 0x5000, fixture.string("/bin/a"), { codeView: [record.length, fixture.data(record)] });
    const { dump } = await imported(fixture.stream(4, fields().u32(1).bytes(row).done()).done());
    expect([...(dump.modules?.[0]?.nativeBlob ?? [])]).toEqual([20, 4, 0, 0, ...Array(20).fill(0x4b)]);
  });

  it.each([
    [24, 3, 1234, 1_700_000_000n * 1_000_000_000n],
    [24, 0, 0, 0n],
    [44, 3, 1234, 1_700_000_000n * 1_000_000_000n],
    [1364, 3, 1234, 1_700_000_000n * 1_000_000_000n],
    [12, 3, 1234, 0n],
    [8, 3, 0, 0n],
  ])("give pid and start time of a MiscInfo of %i bytes with flags %i", async (size, flags, pid, startTimeNs) => {
    const misc = fields().u32(size, flags, 1234, 1_700_000_000, 1, 1).zeros(1340).done().subarray(0, size);
    const { dump } = await imported(new MinidumpFixture().systemInfo().stream(15, misc).done({ time: 1_600_000_000 }));
    expect([dump.pid, dump.identity?.startTimeNs, dump.timestampNs]).toEqual([pid, startTimeNs, 1_600_000_000n * 1_000_000_000n]);
  });

  it("give handles, with the version of the system in their System Context", async () => {
    const fixture = new MinidumpFixture();
    const servicePack = fixture.string("Service Pack 1");
    fixture.systemInfo({ servicePackRva: servicePack });
    const [file, key, event] = [fixture.string("File"), fixture.string("Key"), fixture.string("Event")];
    const path = fixture.string("\\Device\\HarddiskVolume3\\a.txt");
    const pipe = fixture.string("\\Device\\NamedPipe\\lsass");
    const socket = fixture.string("\\Device\\Afd");
    // MINIDUMP_HANDLE_DESCRIPTOR_2: Handle, TypeNameRva, ObjectNameRva, Attributes, GrantedAccess, HandleCount, PointerCount, ObjectInfoRva, Reserved0.
    const handle = (number: bigint, type: number, name: number) => [
      ...fields().u64(number).u32(type, name, 0, 0x12019f, 1, 32768, 0, 0).done(),
    ];
    const rows = [
      handle(4n, file, path),
      handle(8n, key, 0),
      handle(12n, event, 0),
      handle(16n, file, pipe),
      handle(20n, file, socket),
      handle(24n, 0, 0),
      handle(2n ** 32n, file, path),
    ];
    fixture.stream(12, fields().u32(16, 40, rows.length, 0).bytes(rows.flat()).done());
    fixture.stream(15, fields().u32(24, 1, 77, 0, 0, 0).done());
    const { dump, notes } = await imported(fixture.done());
    expect(dump.system?.context.osDetail).toBe("Windows 10.0.19045 (Service Pack 1)");
    expect(dump.system?.handles.map(({ pid, fd, handleType, path: name }) => [pid, fd, handleType, name])).toEqual([
      [77, 4, "file", "\\Device\\HarddiskVolume3\\a.txt"],
      [77, 8, "registry", ""],
      [77, 12, "other", ""],
      [77, 16, "pipe", "\\Device\\NamedPipe\\lsass"],
      [77, 20, "device", "\\Device\\Afd"],
      [77, 24, "unknown", ""],
    ]);
    expect(notes.lost.join()).toContain("1 handles have numbers above 2^32 - 1");
  });

  it("tell what ProcDump says about itself", async () => {
    const comment = Buffer.from("\r\n*** procdump -ma notepad.exe\r\n*** Manual dump\0");
    const { dump, notes } = await imported(new MinidumpFixture().systemInfo().stream(10, comment).done());
    expect(dump.sourceFormat).toBe("ProcDump");
    expect(notes.lost).toContain('comment of the dump: "*** procdump -ma notepad.exe *** Manual dump"');
    const wide = Buffer.from("*** Procdump64 -mp\0", "utf16le");
    expect((await imported(new MinidumpFixture().systemInfo().stream(11, wide).done())).dump.sourceFormat).toBe("ProcDump");
    expect((await imported(new MinidumpFixture().systemInfo().done())).dump.sourceFormat).toBe("Windows Minidump");
  });

  it("tell unloaded modules and streams that captures have no place for", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const name = fixture.string("gone.dll");
    // MINIDUMP_UNLOADED_MODULE: BaseOfImage, SizeOfImage, CheckSum, TimeDateStamp, ModuleNameRva.
    fixture.stream(14, fields().u32(12, 24, 1).u64(0x10000n).u32(0x2000, 0x77, 0x5f000000, name).done());
    fixture.stream(19, fields().u32(1).done()).stream(0xabcd, fields().u32(1).done());
    const { notes } = await imported(fixture.done());
    expect(notes.lost).toContain(
      '1 unloaded modules, which captures have no block for: "gone.dll" at 0x10000 (8192 bytes, CheckSum 0x77, TimeDateStamp 0x5f000000)',
    );
    expect(notes.lost).toContain("streams that captures have no block for: TokenStream, stream 0xabcd");
  });

  it("take pid, parent and command line from Breakpad's copies of /proc", async () => {
    const fixture = new MinidumpFixture().systemInfo({ platform: 0x8201 });
    fixture
      .stream(0x47670004, Buffer.from("Name:\tcrash\nPid:\t321\nPPid:\t100\n"))
      .stream(0x47670006, Buffer.from("./crash\0--now\0"));
    const { dump } = await imported(fixture.done());
    expect([dump.pid, dump.osType, dump.identity?.ppid, dump.identity?.cmdLine]).toEqual([321, 1, 100, "./crash --now"]);
  });

  it("are named once, and the second of two streams of a type is told", async () => {
    const fixture = new MinidumpFixture().systemInfo().systemInfo({ architecture: 0 });
    const { dump, notes } = await imported(fixture.done());
    expect(dump.archType).toBe(1);
    expect(notes.damaged).toContain("the directory names SystemInfoStream twice: the first one is imported");
  });

  it("of a text with a length behind the end of the file are cut and told", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    const text = fixture.data(fields().u32(0xfffffffe).bytes(Buffer.from("abc", "utf16le")).done());
    const { notes } = await imported(
      fixture
        .stream(
          4,
          fields()
            .u32(1)
            .bytes(moduleRow(0n, 1, text))
            .done(),
        )
        .done(),
    );
    expect(notes.damaged.join()).toContain("the name of a module passes the end of the file");
  });

  it("of texts that begin with NUL cost what is read of them, and those behind the bound are told", async () => {
    const fixture = new MinidumpFixture().systemInfo();
    // Each u32 is a length of 65536 bytes, and the NUL with which the text of the length before it begins.
    const texts = fixture.data(new Uint8Array(new Uint32Array(0x4000 + 514).fill(0x10000).buffer));
    const dumpOf = (count: number) => {
      const rows = fields().u32(count);
      for (let row = 0; row < count; row++) rows.bytes(moduleRow(0n, 1, texts + 4 * row));
      return rows.done();
    };
    // 512 texts of 32768 units are 16 Mi units.
    const { dump, notes } = await imported(fixture.stream(4, dumpOf(513)).done());
    expect(dump.modules?.map(({ path }) => path)).toEqual(Array(513).fill(""));
    expect(notes.damaged).toEqual(["texts behind the first 16777216 characters are not read"]);
  });
});

describe("a file that is no minidump", () => {
  it.each([
    ["empty", new Uint8Array(0)],
    ["shorter than the header", new MinidumpFixture().done().subarray(0, 31)],
    ["with another magic", new MinidumpFixture().done({ signature: [0x50, 0x4d, 0x44, 0x4d] })],
  ])("is refused: %s", async (_, bytes) => {
    await expect(imported(bytes)).rejects.toMatchObject({ code: "not-importable" });
  });

  it("is not refused for a directory that passes its end, which is told", async () => {
    const { notes } = await imported(new MinidumpFixture(2).systemInfo().done({ count: 0xffffffff }));
    expect(notes.damaged.join()).toContain("the directory announces 4294967295 streams");
  });
});
