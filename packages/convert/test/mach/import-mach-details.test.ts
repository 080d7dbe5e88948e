/** Registers and images that Mach-O cores have beside the general ones: layouts of mach/i386/_structs.h, mach/arm/_structs.h, and of the notes of lldb. */
import { describe, expect, it } from "vitest";
import { imported } from "../support/imported.js";
import {
  armState,
  dylibImage,
  imageInfos,
  joined,
  loadBinary,
  type MachParts,
  machCore,
  mainBinSpec,
  neonState,
  state,
  x86AvxState,
  x86FloatState,
  x86State,
} from "../support/mach-core-builder.js";

const page = (value: number) => new Uint8Array(4096).fill(value);
const UUID = Uint8Array.from({ length: 16 }, (_, at) => at + 1);

describe("threads of a Mach-O core", () => {
  const segments = [{ vmaddr: 0x1_0000_0000n, bytes: page(1) }];
  const filled = (value: number, length: number) => new Uint8Array(length).fill(value);

  async function registersOf(parts: MachParts) {
    const { capture, report } = await imported(machCore({ segments, ...parts }));
    const [thread] = await capture.threads();
    return { registers: new Map((await thread?.registers())?.map(({ name, value }) => [name, value])), lost: report.lost };
  }

  it("of x86_64 have floating-point and vector registers, as lldb writes them behind the general ones", async () => {
    const { registers, lost } = await registersOf({ threads: [joined(x86State(0x1000n), x86FloatState())] });
    const of = (name: string) => Buffer.from(registers.get(name) ?? []).toString("hex");
    expect([
      of("fctrl"),
      of("fstat"),
      of("ftag"),
      of("fop"),
      of("fioff"),
      of("fiseg"),
      of("fooff"),
      of("foseg"),
      of("mxcsr"),
    ]).toEqual([...["7f03", "2038", "80", "1c01", "00104000", "2b00", "0000ff7f", "3300", "801f0000"]]);
    expect(registers.get("st7")).toEqual(filled(0x57, 10));
    expect([registers.get("xmm0"), registers.get("xmm15")]).toEqual([filled(0x60, 16), filled(0x6f, 16)]);
    expect([...registers.values()].some((value) => value.includes(0xee))).toBe(false);
    expect(lost.join()).not.toContain("flavours");
  });

  it.each([false, true])(
    "have ymm registers of both halves, each register once (wrapped in x86_AVX_STATE: %s)",
    async (wrapped) => {
      const threads = [joined(x86State(0x1000n), x86FloatState(), x86AvxState(wrapped))];
      const { registers } = await registersOf({ threads });
      expect(registers.get("ymm3")).toEqual(joined(filled(0x63, 16), filled(0x83, 16)));
      expect(registers.get("ymm15")).toEqual(joined(filled(0x6f, 16), filled(0x8f, 16)));
      expect([...registers.keys()].filter((name) => /h$/.test(name))).toEqual([]);
    },
  );

  it("of ARM64 have the registers of NEON", async () => {
    const { registers } = await registersOf({ cputype: 0x0100_000c, threads: [joined(armState(0x4000n), neonState())] });
    expect([registers.get("v0"), registers.get("v31")]).toEqual([filled(0x40, 16), filled(0x5f, 16)]);
    expect(registers.get("fpcr")).toEqual(Uint8Array.of(0, 0, 0, 3));
  });

  it("of flavours that are not known are told", async () => {
    // x86_DEBUG_STATE64 is 11.
    const { lost } = await registersOf({ threads: [joined(x86State(0x1000n), state(11, new Uint8Array(64)))] });
    expect(lost).toContain("states of threads in the flavours 11");
  });

  it.each([
    ["no JSON", "{threads}", 'the note "process metadata" is no JSON with threads'],
    ["ids of other threads", '{"threads":[]}', 'the note "process metadata" has ids of 0 threads, and the core has 1'],
  ])("in a note with %s are told as damage", async (_, json, sentence) => {
    const notes = [["process metadata", () => new Uint8Array(Buffer.from(json))]] as const;
    const { report } = await imported(machCore({ segments, threads: [x86State(0x1000n)], notes }));
    expect(report.damaged).toEqual([sentence]);
  });
});

it("a segment whose load command is too short for one is damage", async () => {
  const core = machCore({
    segments: [
      { vmaddr: 0x1000n, bytes: page(1) },
      { vmaddr: 0x3000n, bytes: page(2) },
    ],
  });
  // cmdsize of the second command, behind the header and a command of 72 bytes.
  core[32 + 72 + 4] = 64;
  const { report } = await imported(core);
  expect(report.regions).toBe(1);
  expect(report.damaged).toEqual(["load commands of segments that are shorter than one, and describe no memory: 1"]);
});

describe("images of a Mach-O core", () => {
  const other = UUID.map((byte) => byte + 100);
  const library = { vmaddr: 0x1_0000_0000n, bytes: dylibImage(0x1_0000_0000n, UUID, "/usr/lib/liba.dylib"), initprot: 5 };

  it("that no list names by path or address have those of their header and of __TEXT", async () => {
    const segments = [
      ["__TEXT", 0x1_0000_0000n],
      ["__DATA", 0x1_0000_1000n],
    ] as const;
    const core = machCore({
      segments: [library],
      notes: [
        [
          "all image infos",
          imageInfos([
            { uuid: UUID, segments, executing: 1 },
            { uuid: other, path: "/gone", executing: 2 },
          ]),
        ],
      ],
    });
    const { capture, report } = await imported(core);
    expect((await capture.modules()).map(({ baseAddr, path }) => [baseAddr, path])).toEqual([
      [0x1_0000_0000n, "/usr/lib/liba.dylib"],
    ]);
    expect(report.lost).toContain(
      "of the 2 images of the list, the addresses of 2 segments, and that threads executed 1 of them",
    );
    expect(report.lost).toContain('1 image whose address the core does not say: "/gone"');
    expect(report.damaged).toEqual([]);
  });

  it("in a list that is too long, or has short entries, are left out, and the report says why", async () => {
    const many = Array.from({ length: 65_539 }, () => ({ uuid: UUID }));
    const long = await imported(machCore({ segments: [library], notes: [["all image infos", imageInfos(many)]] }));
    expect(long.report.lost).toContain("images of the list behind the first 65536: 3");
    expect(long.report.damaged).toEqual([]);
    const short = (offset: bigint) => {
      const note = imageInfos([{ uuid: UUID }])(offset);
      note[16] = 47;
      return note;
    };
    const { report } = await imported(machCore({ segments: [library], notes: [["all image infos", short]] }));
    expect(report.damaged).toEqual(["the list of images has entries of 47 bytes, expected 48: it is not read"]);
  });

  it('are also those of notes "load binary", with UUID and name', async () => {
    const core = machCore({
      segments: [library, { vmaddr: 0x2_0000_0000n, bytes: page(2) }],
      notes: [
        ["load binary", loadBinary(UUID, 0x1_0000_0000n, 0n, "")],
        ["load binary", loadBinary(other, 0x2_0000_0000n, 0x4000n, "firmware")],
        ["load binary", loadBinary(other, undefined, 0x4000n, "slid")],
        ["load binary", () => new Uint8Array(20)],
      ],
    });
    const { capture, report } = await imported(core);
    const found = (await capture.modules()).map(({ baseAddr, moduleSize, path, entry }) => [
      ...[baseAddr, moduleSize, path],
      Buffer.from(entry?.nativeBlob ?? []).toString("hex"),
    ]);
    const blob = (uuid: Uint8Array) => `10040000${Buffer.from(uuid).toString("hex")}`;
    expect(found).toEqual([
      [0x1_0000_0000n, 8192n, "/usr/lib/liba.dylib", blob(UUID)],
      [0x2_0000_0000n, 4096n, "firmware", blob(other)],
    ]);
    expect(report.lost).toEqual(
      expect.arrayContaining([
        'the slides of 2 images in notes "load binary"',
        '1 image whose address the core does not say: "slid"',
      ]),
    );
    expect(report.damaged).toEqual(['a note "load binary" is cut off']);
  });

  it("in notes that are there twice, or cut off, are told", async () => {
    const core = machCore({
      segments: [library],
      notes: [
        ["all image infos", () => new Uint8Array(8)],
        ["main bin spec", () => new Uint8Array(8)],
        ["main bin spec", mainBinSpec(0x1_0000_0000n, 12)],
        ["kern ver str", () => new Uint8Array(30)],
      ],
    });
    const { report } = await imported(core);
    expect(report.damaged).toEqual(['the note "main bin spec" is cut off', 'the note "all image infos" is cut off']);
    expect(report.lost).toContain('notes that a capture has no place for: "main bin spec" (48 bytes), "kern ver str" (30 bytes)');
  });

  it("are in a core whose addresses have two numbers of bits, which are told", async () => {
    // addressable_bits of version 4: low, high, and a reserved word.
    const bits = () => Uint8Array.of(4, 0, 0, 0, 39, 0, 0, 0, 47, 0, 0, 0, 0, 0, 0, 0);
    const { report } = await imported(machCore({ segments: [library], notes: [["addrable bits", bits]] }));
    expect(report.lost).toContain("the number of bits of an address, 39 and 47 of high ones, for which a capture has no field");
  });
});
