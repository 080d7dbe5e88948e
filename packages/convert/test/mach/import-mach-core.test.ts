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
  state,
  x86State,
} from "../support/mach-core-builder.js";

const page = (value: number, length = 4096) => new Uint8Array(length).fill(value);
const UUID = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

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
    expect(report.lost).toEqual(["the number of bits of an address, 47, for which a capture has no field"]);
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
      "1 modules, found by the headers at the start of segments",
      "thread ids, which are numbered from 1 in the order of the core",
      "process id unknown",
    ]);
  });

  it.each<[string, MachParts, string[]]>([
    [
      "fewer load commands than it says",
      { segments: [{ vmaddr: 0n, bytes: page(1) }], ncmds: 2 ** 32 - 1 },
      ["the header says 4294967295 load commands, and 1 are whole"],
    ],
    [
      "a segment behind its end",
      { segments: [{ vmaddr: 0n, vmsize: 4096n, filesize: 4096n, fileoff: 2n ** 64n - 1n }] },
      ["the core ends 4096 bytes before the segment at 0x0 does"],
    ],
    [
      "a segment of 2^64 - 1 bytes",
      { segments: [{ vmaddr: 4096n, vmsize: 2n ** 64n - 1n }] },
      ["the segment at 0x1000 passes the end of the address space"],
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

  it.each<[string, Uint8Array, object, string, string]>([
    ["a program", machCore({ filetype: 2 }), {}, "not-importable", "is a program or a library"],
    ["a program that is called a core", machCore({ filetype: 2 }), { format: "mach-o-core" }, "not-importable", "filetype is 2"],
    ["a header of 64 bits that is cut off", machCore({}).subarray(0, 31), {}, "not-importable", "no whole header"],
    ["a header that is cut off", machCore({}).subarray(0, 20), {}, "not-importable", "no whole header"],
    [
      "load commands above the limit",
      machCore({ segments: [{ vmaddr: 0n, bytes: page(1) }] }),
      { tableLimit: 71 },
      "limit",
      "tableLimit",
    ],
  ])("is refused: %s", async (_, core, options, code, message) => {
    const error: MslError = await importCapture(core, new BytesSink(), options).catch((refused) => refused);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
