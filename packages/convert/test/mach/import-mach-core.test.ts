import { BytesSink, type MslError } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { importCapture } from "../../src/index.js";
import { imported } from "../support/imported.js";
import {
  addressableBits,
  armState,
  dylibImage,
  imageInfos,
  joined,
  type MachParts,
  machCore,
  mainBinSpec,
  processMetadata,
  shortCore,
  state,
  x86State,
} from "../support/mach-core-builder.js";

const page = (value: number, length = 4096) => new Uint8Array(length).fill(value);
const UUID = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

/** Segments of the builder have the maximum protection 7. */
const maximumProtections = (count: number) =>
  `the maximum protections of ${count === 1 ? "1 segment" : `${count} segments`}, which differ from their protections`;

describe("a Mach-O core", () => {
  it("of x86_64 by lldb has memory, threads with their ids, and the images of its list", async () => {
    const core = machCore({
      segments: [
        { vmaddr: 0x1_0000_0000n, bytes: dylibImage(0x1_0000_0000n, UUID, "/usr/lib/liba.dylib"), initprot: 5 },
        { vmaddr: 0x1_0000_1000n, bytes: page(2), initprot: 3 },
        { vmaddr: 0x7fff_0000_0000n, vmsize: 0x3000n, bytes: page(3, 8192) },
      ],
      threads: [
        joined(x86State(0x1000n), state(6, Uint8Array.from([14, 0, 1, 0, 4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]))),
        x86State(0x2000n),
      ],
      notes: [
        ["main bin spec", mainBinSpec(0x1_0000_0000n, 12)],
        ["process metadata", processMetadata([2n ** 60n + 1n, 77n])],
        ["all image infos", imageInfos([{ base: 0x1_0000_0000n, path: "/opt/tööl", uuid: UUID }])],
        ["addrable bits", addressableBits(47)],
      ],
    });
    const { capture, report } = await imported(core);
    expect(report).toMatchObject({
      format: "mach-o-core",
      words: "Mach-O core, 64 bit, little-endian",
      threads: 2,
      modules: 1,
      complete: true,
    });
    expect(capture.header).toMatchObject({ osType: 2, archType: 1 });
    expect((await capture.memory.read(0x7fff_0000_0000n, 8192)).bytes()).toEqual(page(3, 8192));
    expect((await capture.memory.read(0x7fff_0000_2000n, 4096)).segments.map(({ state: found }) => found)).toEqual(["failed"]);
    expect((await capture.regions()).map(({ head }) => [head.baseAddr, head.protection, head.regionType])).toEqual([
      [0x1_0000_0000n, 5, 3],
      [0x1_0000_1000n, 3, 0],
      [0x7fff_0000_0000n, 3, 0],
    ]);
    const [module] = await capture.modules();
    expect(module).toMatchObject({ baseAddr: 0x1_0000_0000n, moduleSize: 8192n, path: "/opt/tööl" });
    expect(Buffer.from(module?.entry?.nativeBlob ?? []).toString("hex")).toBe(`10040000${Buffer.from(UUID).toString("hex")}`);
    const threads = await capture.threads();
    // rip is the 17th register, rsp the 8th, rbp the 7th, rflags the 18th.
    expect(threads[0]).toMatchObject({
      id: 2n ** 60n + 1n,
      current: true,
      pc: 0x1010n,
      sp: 0x1007n,
      fp: 0x1006n,
      flagsRegister: 0x1011n,
    });
    expect(threads[1]).toMatchObject({ id: 77n, current: false, pc: 0x2010n });
    expect((await threads[0]?.register("faultvaddr"))?.value).toEqual(Uint8Array.from([16, 0, 0, 0, 0, 0, 0, 0]));
    expect(report.lost).toEqual([
      'fields of "main bin spec": type 0x2, address 0x100000000, platform 0x1',
      maximumProtections(3),
      "the number of bits of an address, 47, for which a capture has no field",
    ]);
    expect(report.assumed).toEqual(["process id unknown"]);
  });

  it("of ARM64 by macOS has numbered threads, and images by the headers at the start of segments", async () => {
    const core = machCore({
      ...{ cputype: 0x0100_000c, threads: [armState(0x4000n)] },
      segments: [{ vmaddr: 0x1_8000_0000n, bytes: dylibImage(0x1_8000_0000n, UUID, "/usr/lib/libb.dylib"), initprot: 5 }],
    });
    const { capture, report } = await imported(core);
    expect(capture.header.archType).toBe(2);
    // sp is the 32nd register, pc the 33rd, fp the 30th.
    expect((await capture.threads())[0]).toMatchObject({
      id: 1n,
      pc: 0x4020n,
      sp: 0x401fn,
      fp: 0x401dn,
      flagsRegister: 0x6000_0000n,
    });
    expect((await capture.modules()).map(({ baseAddr, moduleSize, path }) => [baseAddr, moduleSize, path])).toEqual([
      [0x1_8000_0000n, 8192n, "/usr/lib/libb.dylib"],
    ]);
    expect(report.assumed).toEqual([
      "page size 4096",
      "1 module, found by the headers at the start of segments",
      "thread ids, which are numbered from 1 in the order of the core",
      "process id unknown",
    ]);
  });

  it("of 32 bits has its memory at the end of 4 GiB, and the registers of its threads", async () => {
    const core = shortCore({
      ...{ order: "little", cputype: 7 },
      segments: [{ vmaddr: 0xffff_f000, bytes: page(7), initprot: 5 }],
      // x86_THREAD_STATE32 (1): eax ebx ecx edx edi esi ebp esp ss eflags eip cs ds es fs gs.
      thread: { flavour: 1, words: Array.from({ length: 16 }, (_, index) => 0xf000_0000 + index) },
    });
    const { capture, report } = await imported(core);
    expect(report).toMatchObject({ words: "Mach-O core, 32 bit, little-endian", threads: 1, complete: true });
    expect(capture.header.archType).toBe(0);
    expect((await capture.memory.read(0xffff_f000n, 4096)).bytes()).toEqual(page(7));
    expect((await capture.regions()).map(({ endAddr, head }) => [endAddr, head.protection])).toEqual([[2n ** 32n, 5]]);
    expect((await capture.threads())[0]).toMatchObject({
      ...{ id: 1n, current: true, pc: 0xf000_000an, sp: 0xf000_0007n, fp: 0xf000_0006n, flagsRegister: 0xf000_0009n },
    });
  });

  it("of PowerPC, big-endian, has its memory and the images in it, and tells that registers are lost", async () => {
    // A library in memory: mach_header with MH_DYLIB (6), LC_SEGMENT __TEXT, LC_ID_DYLIB (0xd) with its name at 24.
    const u32 = (...values: readonly number[]) =>
      Buffer.concat(values.map((value) => Buffer.from([value >>> 24, value >> 16, value >> 8, value])));
    const commands = Buffer.concat([
      ...[u32(1, 56), Buffer.from("__TEXT".padEnd(16, "\0")), u32(0x1000, 4096, 0, 4096, 7, 5, 0, 0)],
      ...[u32(0xd, 40, 24, 0, 0, 0), Buffer.from("/lib/libc.dylib\0")],
    ]);
    const image = Buffer.concat([u32(0xfeed_face, 18, 0, 6, 2, commands.length, 0), commands], 4096);
    const core = shortCore({
      ...{ order: "big", cputype: 18, thread: { flavour: 1, words: [1, 2, 3] } },
      segments: [{ vmaddr: 0x1000, bytes: new Uint8Array(image), initprot: 5 }],
    });
    const { capture, report } = await imported(core);
    expect(report).toMatchObject({ words: "Mach-O core, 32 bit, big-endian", threads: 0, complete: true });
    expect(capture.header.archType).toBe(8);
    expect((await capture.memory.read(0x1000n, 4096)).bytes()).toEqual(new Uint8Array(image));
    expect((await capture.modules()).map(({ baseAddr, moduleSize, path }) => [baseAddr, moduleSize, path])).toEqual([
      [0x1000n, 4096n, "/lib/libc.dylib"],
    ]);
    expect(report.lost).toEqual([
      maximumProtections(1),
      "thread 0, of which no state with a program counter is known",
      "states of threads in the flavours 1",
    ]);
  });

  it("that was cut off has failed pages where the file lacks bytes, and zeros only where the core itself has a part of a page", async () => {
    const core = machCore({
      segments: [
        { vmaddr: 0x1000n, bytes: page(1, 5000), vmsize: 0x2000n },
        { vmaddr: 0x10000n, bytes: page(2, 3 * 4096) },
      ],
    });
    const { capture, report } = await imported(core.subarray(0, core.length - 4096 - 100));
    const states = (await capture.memory.read(0x10000n, 3 * 4096)).segments.map(({ state: found, length }) => [found, length]);
    expect(states).toEqual([
      ["captured", 4096],
      ["failed", 8192],
    ]);
    expect((await capture.memory.read(0x1000n, 0x2000)).bytes()).toEqual(joined(page(1, 5000), new Uint8Array(3192)));
    expect(report).toMatchObject({ filledBytes: 3192, complete: false });
    expect(report.damaged).toEqual([
      "the core lacks the end of 1 of its segments: 8192 bytes are failed pages; of these the core has 3996 bytes, parts of pages, which are left out",
    ]);
  });

  it.each<[string, MachParts, string[]]>([
    [
      "fewer load commands than it says",
      { segments: [{ vmaddr: 0n, bytes: page(1) }], ncmds: 2 ** 32 - 1 },
      ["the header says 4294967295 load commands, and 1 are whole", maximumProtections(1)],
    ],
    [
      "a segment behind its end",
      { segments: [{ vmaddr: 0n, vmsize: 4096n, filesize: 4096n, fileoff: 2n ** 64n - 1n }] },
      ["the core lacks the end of 1 of its segments: 4096 bytes are failed pages", maximumProtections(1)],
    ],
    [
      "a segment of 2^64 - 1 bytes",
      { segments: [{ vmaddr: 4096n, vmsize: 2n ** 64n - 1n }] },
      ["the segment at 0x1000 passes the end of the address space", maximumProtections(1)],
    ],
    [
      "notes of other owners",
      { notes: Array.from({ length: 5000 }, () => ["other binary", () => new Uint8Array(10)] as const) },
      ['notes that a capture has no place for: "other binary" (5000 notes, 50000 bytes)'],
    ],
    [
      "a state that is cut off",
      { threads: [state(4, new Uint8Array(8), 2 ** 30)] },
      ["the state of thread 0 is cut off", "thread 0, of which no state with a program counter is known"],
    ],
    [
      "a state of another kind",
      { threads: [state(99, new Uint8Array(8))] },
      ["thread 0, of which no state with a program counter is known", "states of threads in the flavours 99"],
    ],
  ])("with %s is imported, and what is lost is told", async (_, parts, told) => {
    const { report } = await imported(machCore(parts));
    expect([...report.damaged, ...report.lost]).toEqual(told);
  });

  it("with very many segments is read in small windows, whole commands at a time", async () => {
    const segments = Array.from({ length: 3000 }, (_, at) => ({ vmaddr: BigInt(at) * 8192n, vmsize: 4096n }));
    const long = joined(x86State(7n), state(99, new Uint8Array(70_000)));
    const core = machCore({ segments, threads: [long, x86State(9n)] });
    const reads: number[] = [];
    const source = {
      size: core.length,
      read: async (offset: number, length: number) => {
        reads.push(length);
        return core.subarray(offset, offset + length);
      },
    };
    const sink = new BytesSink();
    const report = await importCapture(source, sink, { digest: false });
    expect(report).toMatchObject({ regions: 3000, threads: 2, damaged: [] });
    // One command is longer than a window; 3000 commands have 216,000 bytes.
    expect(reads.filter((length) => length > 32 * 1024)).toEqual([70_192, 70_192]);
  });

  it.each<[string, Uint8Array, object, string, string]>([
    ["a program", machCore({ filetype: 2 }), {}, "not-importable", "is a program or a library"],
    ["a program that is called a core", machCore({ filetype: 2 }), { format: "mach-o-core" }, "not-importable", "filetype is 2"],
    ["a header of 64 bits that is cut off", machCore({}).subarray(0, 31), {}, "not-importable", "no whole header"],
    ["a header that is cut off", machCore({}).subarray(0, 20), {}, "not-importable", "no whole header"],
    [
      "states of threads above the limit",
      machCore({ threads: [x86State(0n), x86State(0n)] }),
      { tableLimit: 511 },
      "limit",
      "tableLimit",
    ],
    [
      "a load command above the limit",
      machCore({ threads: [state(99, new Uint8Array(70_000))] }),
      { tableLimit: 69_999 },
      "limit",
      "A load command has 70016 bytes",
    ],
  ])("is refused: %s", async (_, core, options, code, message) => {
    const error: MslError = await importCapture(core, new BytesSink(), options).catch((refused) => refused);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
