import { BytesSink, type MslError } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { importCapture } from "../../src/index.js";
import {
  auxvNote,
  type CoreParts,
  elfCore,
  fileNote,
  joined,
  prStatusNote,
  psInfoNote,
  Words,
} from "../support/elf-core-builder.js";
import { imported } from "../support/imported.js";

const page = (value: number, length = 4096) => new Uint8Array(length).fill(value);

const states = async (capture: Awaited<ReturnType<typeof imported>>["capture"], address: bigint, length: number) =>
  (await capture.memory.read(address, length)).segments.map((segment) => [segment.address, segment.length, segment.state]);

it("a core of x32 has the registers of x86_64, and its tables in words of 32 bits", async () => {
  const words = new Words(32, "little");
  const wide = new Words(64, "little");
  // elf_prstatus of x32 (elf32-x86-64.c of binutils): pr_cursig at 12, pr_pid at 24, user_regs_struct of 216 bytes at 72. Register n holds 0x1_0000_0000 + n.
  const registers = joined(...Array.from({ length: 27 }, (_, index) => wide.u64(0x1_0000_0000n + BigInt(index))));
  const core = elfCore({
    ...{ bits: 32, machine: 62 },
    notes: [
      prStatusNote(words, 99, registers, 6),
      auxvNote(words, [[6, 4096n]]),
      fileNote(words, [{ start: 0x40_0000n, end: 0x40_1000n, page: 0n, path: "/bin/x32" }]),
    ],
    loads: [
      { vaddr: 0x40_0000n, memsz: 0x1000n, flags: 5 },
      { vaddr: 0xffff_f000n, bytes: page(3) },
    ],
  });
  const { capture, report } = await imported(core);
  expect(capture.header).toMatchObject({ archType: 1, osType: 1 });
  expect((await capture.memory.read(0xffff_f000n, 4096)).bytes()).toEqual(page(3));
  expect((await capture.modules()).map(({ baseAddr, path }) => [baseAddr, path])).toEqual([[0x40_0000n, "/bin/x32"]]);
  expect(report.assumed).toContain("1 module without headers in the core, assumed by executable mappings of files");
  // user_regs_struct: rbp is the 5th register, rip the 17th, eflags the 19th, rsp the 20th.
  expect((await capture.threads())[0]).toMatchObject({
    ...{ id: 99n, crashed: true, fp: 0x1_0000_0004n, pc: 0x1_0000_0010n, flagsRegister: 0x1_0000_0012n, sp: 0x1_0000_0013n },
  });
  expect(report.assumed).toContain("the process has pointers of 32 bits (x32): the capture says x86_64, whose registers it has");
  expect(report.assumed.join()).not.toContain("architecture unknown");
});

describe("a big-endian core", () => {
  it("of 64 bits has its memory unchanged, and its tables read in its byte order", async () => {
    const words = new Words(64, "big");
    // struct user_pt_regs of arm64: x0 to x30, sp, pc, pstate. Register n holds 0x1000 + n.
    const registers = joined(...Array.from({ length: 34 }, (_, index) => words.u64(0x1000n + BigInt(index))));
    const core = elfCore({
      ...{ order: "big", machine: 183 },
      notes: [
        prStatusNote(words, 4711, registers, 11),
        psInfoNote(words, { pid: 4710, ppid: 3, sid: 2, args: "tool --big" }),
        auxvNote(words, [
          [6, 65536n],
          [9, 0x400080n],
        ]),
        fileNote(words, [{ start: 0x400000n, end: 0x410000n, page: 0n, path: "/bin/tool" }], 65536n),
      ],
      loads: [
        { vaddr: 0x400000n, memsz: 0x10000n, flags: 5 },
        { vaddr: 0x7f0000000000n, bytes: Uint8Array.from({ length: 65536 }, (_, at) => at & 0xff) },
      ],
    });
    const { capture, report } = await imported(core);
    expect(report.words).toBe("ELF core, 64 bit, big-endian");
    expect(capture.header).toMatchObject({ pid: 4710, archType: 2, osType: 1 });
    expect((await capture.blocks.at(1).decode()).payload).toMatchObject({
      ppid: 3,
      sessionId: 2,
      cmdLine: "tool --big",
      exePath: "/bin/tool",
    });
    const read = await capture.memory.read(0x7f0000000000n, 65536);
    expect(read.bytes().subarray(0, 4)).toEqual(Uint8Array.of(0, 1, 2, 3));
    expect(report.pages).toMatchObject({
      captured: { pages: 1, bytes: 65536n },
      unmapped: { pages: 1, bytes: 65536n },
      failed: { pages: 0 },
    });
    expect((await capture.modules()).map(({ baseAddr, path }) => [baseAddr, path])).toEqual([[0x400000n, "/bin/tool"]]);
    const [thread] = await capture.threads();
    expect(thread).toMatchObject({
      id: 4711n,
      sp: 0x101fn,
      pc: 0x1020n,
      fp: 0x101dn,
      flagsRegister: 0x1021n,
      current: true,
      crashed: true,
    });
  });

  it("of 32 bits, of an architecture without a table of registers, says that threads are lost", async () => {
    const words = new Words(32, "big");
    const core = elfCore({
      ...{ bits: 32, order: "big", machine: 20 },
      notes: [prStatusNote(words, 9, new Uint8Array(192))],
      loads: [{ vaddr: 0xfffff000n, bytes: page(7), flags: 4 }],
    });
    const { capture, report } = await imported(core);
    expect(capture.header).toMatchObject({ pid: 9, archType: 8 });
    expect(report).toMatchObject({ threads: 0, lost: ["the registers of 1 thread: those of this architecture are not known"] });
    expect(report.assumed).toEqual(["process id 9, that of the first thread", "page size 4096"]);
    expect((await capture.memory.read(0xfffff000n, 4096)).bytes()).toEqual(page(7));
    expect((await capture.regions())[0]?.head.protection).toBe(1);
  });
});

it("a core with more than 65,535 segments has the number of them in section header 0", async () => {
  const loads = Array.from({ length: 70_000 }, (_, index) => ({
    vaddr: BigInt(index) * 8192n,
    ...(index % 10_000 === 0 ? { bytes: page(index / 10_000) } : { memsz: 4096n }),
  }));
  const { capture, report } = await imported(elfCore({ loads, extended: true }));
  expect(report).toMatchObject({ regions: 70_000, pages: { captured: { pages: 7 }, failed: { pages: 69_993 } } });
  expect((await capture.memory.read(60_000n * 8192n, 4096)).bytes()).toEqual(page(6));
}, 60_000);

describe("pages", () => {
  it("of which a core has a part are captured with zeros behind it, and the others of the segment failed", async () => {
    const { capture, report } = await imported(elfCore({ loads: [{ vaddr: 0x5000n, bytes: page(9, 5000), memsz: 0x4000n }] }));
    expect(await states(capture, 0x5000n, 0x4000)).toEqual([
      [0x5000n, 0x2000, "captured"],
      [0x7000n, 0x2000, "failed"],
    ]);
    expect(report.filledBytes).toBe(8192 - 5000);
    expect((await capture.memory.read(0x5000n, 8192)).bytes()).toEqual(joined(page(9, 5000), new Uint8Array(3192)));
  });

  it("of overlapping segments are all kept, and told", async () => {
    const loads = [
      { vaddr: 0x1000n, bytes: page(1, 8192) },
      { vaddr: 0x2000n, bytes: page(2, 8192) },
    ];
    const { capture, report } = await imported(elfCore({ loads }));
    const regions = await capture.regions();
    expect(await Promise.all(regions.map((region) => region.readCaptured(0n, 8192)))).toEqual([page(1, 8192), page(2, 8192)]);
    expect(report.assumed).toContain("1 region with addresses of others, the first one at 0x2000; all are kept");
  });

  // The first segment ends inside a page, at 0x2808, where the second one begins; the pages of the second one are counted from there.
  const halves = [
    { vaddr: 0x1000n, bytes: page(0xaa, 0x1808) },
    { vaddr: 0x2808n, bytes: page(0xbb, 0x1808) },
  ];
  it.each([
    ["in the order of addresses", halves],
    ["in the other order", halves.toReversed()],
  ])("that segments share, %s, have the bytes of both, and zeros only where none has bytes", async (_, loads) => {
    const { capture, report } = await imported(elfCore({ loads }));
    const expected = joined(page(0xaa, 0x1808), page(0xbb, 0x1808));
    expect((await capture.memory.read(0x1000n, 0x3010)).bytes()).toEqual(expected);
    const first = (await capture.regions()).find(({ baseAddr }) => baseAddr === 0x1000n);
    expect(await first?.readCaptured(0n, 0x2000)).toEqual(expected.subarray(0, 0x2000));
    expect(report.filledBytes).toBe(0x7f8);
    expect(report.assumed).toContain("2040 bytes of pages that regions share are stored with each of these regions");
    expect(report.assumed).toContain("2040 bytes of pages of which the dump has a part only are zeros: 0x4010-0x4808");
  });

  it("are smaller than those of the machine where all segments are whole in smaller ones only", async () => {
    const loads = [
      { vaddr: 0x1000n, memsz: 0x400n },
      { vaddr: 0x1400n, bytes: page(0xbb, 0x800), memsz: 0x1000n },
    ];
    const { capture, report } = await imported(elfCore({ loads }));
    expect(await states(capture, 0x1000n, 0x1400)).toEqual([
      [0x1000n, 0x400, "failed"],
      [0x1400n, 0x800, "captured"],
      [0x1c00n, 0x800, "failed"],
    ]);
    expect(report.filledBytes).toBe(0);
    expect(report.assumed).toContain("pages of 1024 bytes, in which all ranges of the dump are whole, in place of 4096");
  });

  it("of a segment inside another hide no byte of it", async () => {
    const outer = Uint8Array.from({ length: 0x4000 }, (_, at) => (at % 251) + 1);
    const inner = { vaddr: 0x2000n, bytes: outer.slice(0x1000, 0x1010) };
    for (const loads of [
      [{ vaddr: 0x1000n, bytes: outer }, inner],
      [inner, { vaddr: 0x1000n, bytes: outer }],
    ]) {
      const { capture, report } = await imported(elfCore({ loads }));
      expect((await capture.memory.read(0x1000n, 0x4000)).bytes()).toEqual(outer);
      expect(report.filledBytes).toBe(0);
    }
  });

  it("that segments share in very many places stop at the limit of regions", async () => {
    const bytes = page(1, 16);
    const loads = Array.from({ length: 40 }, (_, index) => ({ vaddr: 0x1000n + 32n * BigInt(index), bytes }));
    const refused = await importCapture(elfCore({ loads }), new BytesSink(), { regionLimit: 40 }).catch((error) => error);
    expect(refused).toMatchObject({ code: "limit", message: expect.stringContaining("share pages in more than 40 places") });
  });

  it("in which a core ends are failed, with the bytes that it has of them", async () => {
    const core = elfCore({ loads: [{ vaddr: 0x1000n, bytes: page(0xcc, 0x3000) }] });
    const { capture, report } = await imported(core.subarray(0, core.length - 0x3000 + 0x1400));
    expect(await states(capture, 0x1000n, 0x3000)).toEqual([
      [0x1000n, 0x1000, "captured"],
      [0x2000n, 0x2000, "failed"],
    ]);
    expect(report).toMatchObject({ filledBytes: 0, complete: false });
    expect(report.damaged).toEqual([
      "the core lacks the end of 1 of its segments: 8192 bytes are failed pages; of these the core has 1024 bytes, parts of pages, which are left out",
    ]);
  });

  it("of a mapped file that lie behind the end of the core are failed, not left out on purpose", async () => {
    const words = new Words(64, "little");
    const notes = [fileNote(words, [{ start: 0x1000n, end: 0x4000n, page: 3n, path: "/etc/data" }])];
    const core = elfCore({ notes, loads: [{ vaddr: 0x1000n, bytes: page(0xcc, 0x3000) }] });
    const { capture } = await imported(core.subarray(0, core.length - 0x2000));
    expect(await states(capture, 0x1000n, 0x3000)).toEqual([
      [0x1000n, 0x1000, "captured"],
      [0x2000n, 0x2000, "failed"],
    ]);
  });

  it("without a mapping of a file in NT_FILE are failed, those of a file unmapped", async () => {
    const words = new Words(64, "little");
    const notes = [fileNote(words, [{ start: 0x1000n, end: 0x3000n, page: 3n, path: "/etc/data" }])];
    const core = elfCore({
      notes,
      loads: [
        { vaddr: 0x1000n, memsz: 0x2000n },
        { vaddr: 0x8000n, memsz: 0x1000n },
      ],
    });
    const { capture, report } = await imported(core);
    expect(await states(capture, 0x1000n, 0x2000)).toEqual([[0x1000n, 0x2000, "unmapped"]]);
    expect(await states(capture, 0x8000n, 0x1000)).toEqual([[0x8000n, 0x1000, "failed"]]);
    expect((await capture.regions()).map(({ head }) => head.regionType)).toEqual([4, 5]);
    // A file that is mapped in its middle is no module.
    expect(report.modules).toBe(0);
  });
});

describe("a core that lies", () => {
  const words = new Words(64, "little");
  const all = 2n ** 64n - 1n;

  it.each<[string, CoreParts, string[]]>([
    [
      "more program headers than bytes",
      { loads: [{ vaddr: 0x1000n, bytes: page(1) }], phnum: 60_000 },
      ["59925 of 60000 program headers are behind the end of the core, with all that they describe"],
    ],
    [
      "a segment behind the end of the file",
      { loads: [{ vaddr: 0x1000n, memsz: 0x2000n, filesz: 0x2000n, offset: all }] },
      ["the core lacks the end of 1 of its segments: 8192 bytes are failed pages"],
    ],
    [
      "sizes of 2^64 - 1",
      { loads: [{ vaddr: 0x1000n, memsz: all, filesz: all, offset: all }] },
      [
        "the core lacks the end of 1 of its segments: 18446744073709547520 bytes are failed pages",
        "1 segment past the end of the address space: what is behind it was left out",
      ],
    ],
    [
      "a note past the end of the notes",
      { notes: [{ name: "CORE", type: 3, desc: new Uint8Array(8), descsz: 0xffff_ffff }] },
      ["the note at offset 120 says 5 and 4294967295 bytes, but the notes end at 148; what follows is not read"],
    ],
    [
      "a name past the end of the notes",
      { notes: [{ name: "CORE", type: 3, desc: new Uint8Array(8), namesz: 0xffff_fffc }] },
      ["the note at offset 120 says 4294967292 and 8 bytes, but the notes end at 148; what follows is not read"],
    ],
    [
      "NT_PRPSINFO of another size",
      { notes: [{ name: "CORE", type: 3, desc: new Uint8Array(8) }] },
      ["NT_PRPSINFO has 8 bytes, expected 124, 128, 136"],
    ],
    [
      "NT_PRSTATUS without registers",
      { notes: [{ name: "CORE", type: 1, desc: new Uint8Array(112) }] },
      ["NT_PRSTATUS at offset 140 has 112 bytes and no registers"],
    ],
    [
      "NT_FILE without a count",
      { notes: [{ name: "CORE", type: 0x46494c45, desc: new Uint8Array(9) }] },
      ["NT_FILE has 9 bytes, expected at least 16"],
    ],
    [
      "NT_FILE with 2^64 - 1 mappings",
      { notes: [{ name: "CORE", type: 0x46494c45, desc: joined(words.u64(all), words.u64(4096n), new Uint8Array(50)) }] },
      [
        "NT_FILE says 18446744073709551615 mappings, but its 66 bytes hold at most 2",
        "NT_FILE is damaged from mapping 0 of 2 on: addresses do not ascend",
      ],
    ],
    [
      "paths that do not end",
      {
        notes: [
          {
            name: "CORE",
            type: 0x46494c45,
            desc: joined(words.u64(1n), words.u64(4096n), words.u64(1n), words.u64(2n), words.u64(0n), page(65, 9)),
          },
        ],
      },
      ["NT_FILE is damaged from mapping 0 of 1 on: its path does not end"],
    ],
    [
      "notes of FreeBSD",
      { notes: [{ name: "FreeBSD", type: 1, desc: new Uint8Array(300) }] },
      [
        "notes that a capture has no place for: FreeBSD 0x1 (300 bytes)",
        "threads, modules and identity: notes of FreeBSD are not read",
      ],
    ],
    [
      "a page that passes 2^64",
      { loads: [{ vaddr: 2n ** 64n - 100n, bytes: page(1, 100) }] },
      ["100 bytes of a page that would pass 2^64, the end of all addresses"],
    ],
  ])("with %s is imported, and what is lost is told", async (_, parts, lost) => {
    const { report } = await imported(elfCore(parts));
    expect([...report.damaged, ...report.lost]).toEqual(lost);
    expect(report.complete).toBe(report.damaged.length === 0);
  });

  it.each<[string, Uint8Array, string]>([
    ["a program", elfCore({ type: 2 }), "is a program or a library"],
    ["program headers of 8 bytes", elfCore({ phentsize: 8 }), "e_phentsize is 8, expected 56 bytes"],
    ["a header that is cut off", elfCore({}).subarray(0, 40), "no whole ELF header"],
  ])("is refused: %s", async (_, core, message) => {
    const error: MslError = await importCapture(core, new BytesSink()).catch((refused) => refused);
    expect(error).toMatchObject({ code: "not-importable", message: expect.stringContaining(message) });
  });

  it("with a short NT_PRSTATUS has its other threads, and what is missing is told", async () => {
    // elf_prstatus of x86_64: 112 bytes, then 27 registers of 8 bytes; rsp is the 20th of them and ends at 272.
    const registers = Uint8Array.from({ length: 216 }, (_, at) => at);
    const ofThread = (id: number, length: number) => {
      const note = prStatusNote(words, id, registers);
      return { ...note, desc: note.desc.slice(0, length) };
    };
    const floats = { name: "CORE", type: 2, desc: new Uint8Array(512) };
    const notes = [ofThread(7, 200), floats, ofThread(8, 336), ofThread(9, 271), floats, ofThread(10, 272)];
    const { capture, report } = await imported(elfCore({ notes, loads: [{ vaddr: 0x1000n, bytes: page(1) }] }));
    const threads = await capture.threads();
    expect(threads.map(({ id, current }) => [id, current])).toEqual([
      [8n, true],
      [10n, false],
    ]);
    expect(await Promise.all(threads.map(async (thread) => (await thread.registers()).length))).toEqual([27, 20]);
    expect(report.damaged).toEqual([
      "NT_PRSTATUS of thread 7 has 200 bytes, expected at least 328: the thread is left out",
      "NT_PRSTATUS of thread 9 has 271 bytes, expected at least 328: the thread is left out",
      "NT_PRSTATUS of thread 10 has 272 bytes, expected at least 328: its other registers are missing",
    ]);
  });

  it("with registers behind an NT_PRSTATUS that cannot be read gives them to no other thread", async () => {
    const status = prStatusNote(words, 8, new Uint8Array(216));
    const broken = { name: "CORE", type: 1, desc: new Uint8Array(112) };
    const floats = { name: "CORE", type: 2, desc: new Uint8Array(512) };
    const { capture } = await imported(elfCore({ notes: [status, broken, floats] }));
    const threads = await capture.threads();
    expect(await Promise.all(threads.map(async (thread) => (await thread.registers()).length))).toEqual([27]);
  });

  it("with many segments of the same notes has each note once", async () => {
    const core = elfCore({
      notes: [prStatusNote(words, 8, new Uint8Array(216))],
      loads: Array.from({ length: 500 }, () => ({ vaddr: 0x1000n })),
    });
    const view = new DataView(core.buffer);
    // Elf64_Phdr: p_type at 0, p_offset at 8, p_filesz at 32. All become the PT_NOTE that stands first; the last one begins 4 bytes later.
    for (let at = 64 + 56; at < 64 + 501 * 56; at += 56) {
      view.setUint32(at, 4, true);
      view.setBigUint64(at + 8, view.getBigUint64(64 + 8, true) + (at === 64 + 500 * 56 ? 4n : 0n), true);
      view.setBigUint64(at + 32, view.getBigUint64(64 + 32, true) - (at === 64 + 500 * 56 ? 4n : 0n), true);
    }
    const { report } = await imported(core);
    expect(report.threads).toBe(1);
    expect(report.damaged).toEqual(["500 segments of notes with bytes of others: no byte is read twice"]);
  });

  it("with a core of no segments and no notes is a capture without memory", async () => {
    const { report } = await imported(elfCore({}));
    expect(report).toMatchObject({ regions: 0, threads: 0, modules: 0 });
  });

  it("stops at the limits of regions, of page states and of what is written", async () => {
    const many = elfCore({
      loads: Array.from({ length: 20 }, () => ({ vaddr: 0x1000n, memsz: 2n ** 40n, filesz: 1024n, offset: 0n })),
    });
    const refusal = (options: object) =>
      importCapture(many, new BytesSink(), options).catch(({ code, message }) => [code, message]);
    expect(await refusal({ regionLimit: 19 })).toEqual(["limit", expect.stringContaining("regionLimit")]);
    expect(await refusal({ pageMapLimit: 100 })).toEqual(["limit", expect.stringContaining("pageMapLimit")]);
    expect(await refusal({ outputLimit: 100 })).toEqual(["limit", expect.stringContaining("outputLimit")]);
  });
});
