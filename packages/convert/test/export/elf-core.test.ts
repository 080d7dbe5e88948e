/** ELF cores of captures made by hand: what becomes of holes, threads and processors. Expected places are those of elf(5) and procfs.h. */
import { BytesSink, type MslError, openCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { type ElfCoreOptions, exportElfCore } from "../../src/index.js";
import { auxvOf, readCore, threadsOf } from "./core-reader.js";
import { little, type SmallCapture, smallCapture, smallCaptureBytes } from "./small-capture.js";

async function exported(content: SmallCapture, options: ElfCoreOptions = {}) {
  const sink = new BytesSink();
  const report = await exportElfCore(await smallCapture(content), sink, options);
  return { bytes: sink.bytes(), report, notes: report.notes.map(({ kind, subject }) => `${kind}: ${subject}`) };
}

/** Address, size in memory, size in the file, first byte in the file, flags. */
function segmentsOf(bytes: Uint8Array) {
  return readCore(bytes).segments.map(({ start, size, fileSize, offset, flags }) => [
    start,
    Number(size),
    fileSize,
    fileSize > 0 ? bytes[offset] : undefined,
    flags,
  ]);
}

const THREAD = { rip: little(0x1000n, 8), rsp: little(0x2ff0n, 8), rax: little(42n, 8) };

describe("memory of an exported ELF core", () => {
  it("a hole has file size 0 and keeps its size in memory, whatever the state of its pages", async () => {
    const { bytes, report, notes } = await exported({
      regions: [
        { base: 0x10000n, pages: [1, "failed", "unmapped", 2, 3], protection: 5 },
        { base: 0x15000n, pages: [4, "failed"], protection: 3 },
        { base: 0x20000n, pages: ["unmapped"], protection: 1 },
      ],
    });
    expect(segmentsOf(bytes)).toEqual([
      [0x10000n, 4096, 4096, 1, 5],
      [0x11000n, 8192, 0, undefined, 5],
      [0x13000n, 8192, 8192, 2, 5],
      [0x15000n, 4096, 4096, 4, 6],
      [0x16000n, 4096, 0, undefined, 6],
      [0x20000n, 4096, 0, undefined, 4],
    ]);
    expect(report).toMatchObject({
      memory: { captured: 16384n, failed: 8192n, unmapped: 8192n, missing: 0n },
      ...{ segments: 6, size: BigInt(bytes.length), complete: true },
    });
    expect(notes).toContain("no place: PageStates");
  });

  it("only memory in the ranges is written, and the report says that others were not asked for", async () => {
    const regions = [
      { base: 0x10000n, pages: [1, 2, "failed", 3] },
      { base: 0x20000n, pages: [4] },
    ] as const;
    const ranges = [
      { start: 0x10800n, end: 0x11800n },
      { start: 0x12000n, end: 0x13000n },
    ];
    const { bytes, report, notes } = await exported({ regions }, { ranges });
    expect(segmentsOf(bytes)).toEqual([
      [0x10800n, 0x1000, 0x1000, 1, 6],
      [0x12000n, 0x1000, 0, undefined, 6],
    ]);
    const [segment] = readCore(bytes).segments;
    const content = bytes.subarray(segment?.offset, (segment?.offset ?? 0) + 0x1000);
    expect([content[0x7ff], content[0x800]]).toEqual([1, 2]);
    expect(report).toMatchObject({ memory: { captured: 4096n, failed: 4096n }, complete: true });
    expect(notes).toContain("no place: Ranges");
    expect((await exported({ regions })).notes).not.toContain("no place: Ranges");
  });

  it.each([
    [
      "that descend",
      [
        { start: 0x2000n, end: 0x3000n },
        { start: 0n, end: 0x1000n },
      ],
    ],
    [
      "that share addresses",
      [
        { start: 0n, end: 0x1001n },
        { start: 0x1000n, end: 0x2000n },
      ],
    ],
    ["without an address", [{ start: 0x1000n, end: 0x1000n }]],
  ])("ranges %s are refused", async (_, ranges) => {
    const error: MslError = await exported({ regions: [{ base: 0n, pages: [1] }] }, { ranges }).catch((refused) => refused);
    expect(error).toMatchObject({ code: "usage", message: expect.stringContaining("pass ascending ranges") });
  });

  it("holes are in no segment if the option leaves them out", async () => {
    const regions = [
      { base: 0x10000n, pages: [1, "failed", 2] },
      { base: 0x20000n, pages: ["unmapped"] },
    ] as const;
    const { bytes, report } = await exported({ regions }, { holes: "left-out" });
    expect(segmentsOf(bytes)).toEqual([
      [0x10000n, 4096, 4096, 1, 6],
      [0x12000n, 4096, 4096, 2, 6],
    ]);
    expect(report).toMatchObject({ segments: 2, size: BigInt(bytes.length), memory: { failed: 4096n, unmapped: 4096n } });
  });

  it("addresses of overlapping regions come once, with the bytes that reads by address prefer", async () => {
    const { bytes } = await exported({
      regions: [
        { base: 0x10000n, pages: [1, 1, 1], timestampNs: 1n },
        { base: 0x11000n, pages: [2], timestampNs: 2n },
      ],
    });
    expect(segmentsOf(bytes).map(([start, , , byte]) => [start, byte])).toEqual([
      [0x10000n, 1],
      [0x11000n, 2],
      [0x12000n, 1],
    ]);
  });

  it("compressed and encrypted captures make the core that the plain one makes", async () => {
    const content = {
      regions: [{ base: 0x10000n, pages: Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? "failed" : i % 256)) }],
    } as const;
    const plain = await exported(content);
    const key = new Uint8Array(32).fill(7);
    for (const writer of [{ compression: "zstd" }, { compression: "lz4" }, { encryption: { key } }] as const)
      expect((await exported({ ...content, writer, open: "encryption" in writer ? { keys: { key } } : {} })).bytes).toEqual(
        plain.bytes,
      );
  });

  it("a core of more than 65,534 segments has their number in section header 0", async () => {
    const pages = Array.from({ length: 70_000 }, (_, i) => (i % 2 === 0 ? i % 251 : ("failed" as const)));
    const { bytes, report } = await exported({ regions: [{ base: 0x10000n, pages }] });
    const view = new DataView(bytes.buffer);
    expect([view.getUint16(0x38, true), view.getUint16(0x3c, true)]).toEqual([0xffff, 1]);
    const { phnum, segments } = readCore(bytes);
    expect([phnum, report.segments]).toEqual([70_001, 70_000]);
    for (const [index, { start, offset, fileSize }] of segments.entries()) {
      expect([start, fileSize]).toEqual([0x10000n + BigInt(index * 4096), index % 2 === 0 ? 4096 : 0]);
      if (fileSize > 0 && (bytes[offset] !== index % 251 || bytes[offset + 4095] !== index % 251))
        throw new Error(`segment ${index}`);
    }
  });

  it("bytes that the capture says it has and does not have are a hole, and the core is not complete", async () => {
    const whole = await smallCaptureBytes({ regions: [{ base: 0x10000n, pages: [1, 2, 3, 4] }] });
    const sink = new BytesSink();
    const report = await exportElfCore(await openCapture(whole.subarray(0, whole.length - 128 - 6000)), sink);
    expect(segmentsOf(sink.bytes())).toEqual([
      [0x10000n, 10384, 10384, 1, 6],
      [0x12890n, 6000, 0, undefined, 6],
    ]);
    expect(report).toMatchObject({ complete: false, memory: { captured: 10384n, missing: 6000n } });
    expect(report.notes.filter(({ kind }) => kind === "missing").map(({ subject }) => subject)).toEqual([
      "MemoryRegion",
      "EndOfCapture",
    ]);
  });

  it("memory above 4 GiB is left out of a core of 32 bits, and reported", async () => {
    const { bytes, report } = await exported({
      archType: 0,
      regions: [
        { base: 0xffff_f000n, pages: [9] },
        { base: 0x1_0000_0000n, pages: [1] },
      ],
    });
    const view = new DataView(bytes.buffer);
    // Class, data, e_type, e_machine; then the last program header: p_vaddr, p_paddr, p_filesz, p_memsz.
    expect([bytes[4], bytes[5], view.getUint16(16, true), view.getUint16(18, true)]).toEqual([1, 1, 4, 3]);
    const last = view.getUint32(0x1c, true) + 32 * (view.getUint16(0x2c, true) - 1);
    expect([8, 12, 16, 20].map((at) => view.getUint32(last + at, true))).toEqual([0xffff_f000, 0xffff_f000, 4096, 4096]);
    expect(bytes[view.getUint32(last + 4, true)]).toBe(9);
    expect(report).toMatchObject({
      segments: 1,
      complete: false,
      notes: expect.arrayContaining([expect.objectContaining({ kind: "left out", subject: "PT_LOAD" })]),
    });
  });

  it("a hole of all addresses of 32 bits keeps its size: no p_memsz becomes 0", async () => {
    const pages = Array<"failed">(1 << 20).fill("failed");
    const { bytes, report } = await exported({ archType: 0, regions: [{ base: 0n, pages }] });
    const view = new DataView(bytes.buffer);
    const table = view.getUint32(0x1c, true);
    const found = Array.from({ length: view.getUint16(0x2c, true) }, (_, i) => table + 32 * i)
      .filter((at) => view.getUint32(at, true) === 1)
      .map((at) => [8, 16, 20].map((field) => view.getUint32(at + field, true)));
    // p_vaddr, p_filesz, p_memsz.
    expect(found).toEqual([
      [0, 0, 0x8000_0000],
      [0x8000_0000, 0, 0x8000_0000],
    ]);
    expect(report.segments).toBe(2);
  });

  it("a core of s390x is big-endian, and one of MIPS64 as the option says", async () => {
    const regions = [{ base: 0x10000n, pages: [1] }];
    expect((await exported({ archType: 10, regions })).bytes.subarray(4, 20)).toEqual(
      Uint8Array.from([2, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 22]),
    );
    expect((await exported({ archType: 5, regions }, { byteOrder: "big" })).bytes.subarray(16, 20)).toEqual(
      Uint8Array.of(0, 4, 0, 8),
    );
    const assumed = await exported({ archType: 5, regions });
    expect(assumed.bytes.subarray(16, 20)).toEqual(Uint8Array.of(4, 0, 8, 0));
    expect(assumed.notes).toContain("assumed: e_ident");
  });
});

describe("threads of an exported ELF core", () => {
  const regions = [{ base: 0x10000n, pages: [1] }];

  it("the current thread comes first, and registers without a value are 0 and named", async () => {
    const { bytes, report } = await exported({
      regions,
      threads: [
        { id: 7n, registers: THREAD },
        {
          id: 8n,
          current: true,
          registers: { ...THREAD, rip: little(0x1234n, 8), dr7: new Uint8Array(8), rbx: little(3n, 4) },
        },
      ],
    });
    const threads = threadsOf(readCore(bytes));
    expect(threads.map(({ id, registers }) => [id, registers.get("rip"), registers.get("rax"), registers.get("rbx")])).toEqual([
      [8, little(0x1234n, 8), little(42n, 8), little(0n, 8)],
      [7, little(0x1000n, 8), little(42n, 8), little(0n, 8)],
    ]);
    expect(report.notes.find(({ kind, subject }) => kind === "made up" && subject === "Registers")?.message).toContain(
      "r15, r14, r13",
    );
    expect(report.notes.find(({ kind, subject }) => kind === "no place" && subject === "Registers")?.message).toContain(
      "dr7, rbx",
    );
  });

  it.each([
    ["x86", 0, 72, { eip: [48, 4], esp: [60, 4], eax: [24, 4], eflags: [56, 4], gs: [40, 2] }, 144],
    ["x86_64", 1, 112, { rip: [128, 8], rsp: [152, 8], rax: [80, 8], rflags: [144, 8], fs_base: [168, 8] }, 336],
    ["ARM64", 2, 112, { pc: [256, 8], sp: [248, 8], x0: [0, 8], lr: [240, 8], cpsr: [264, 4] }, 392],
    ["ARM32", 3, 72, { pc: [60, 4], sp: [52, 4], r0: [0, 4], lr: [56, 4], cpsr: [64, 4] }, 148],
  ] as const)("registers of %s lie in NT_PRSTATUS where user_regs_struct has them", async (_, archType, start, places, size) => {
    const values = Object.entries(places).map(([name, [, width]], i) => [name, new Uint8Array(width).fill(i + 1)] as const);
    const { bytes } = await exported({
      archType,
      regions,
      threads: [{ id: 9n, current: true, registers: Object.fromEntries(values) }],
    });
    const status = statusOf(bytes);
    expect(status.length).toBe(size);
    const view = new DataView(status.buffer, status.byteOffset);
    expect(view.getUint32(start === 72 ? 24 : 32, true)).toBe(9);
    for (const [index, [at, width]] of Object.values(places).entries())
      expect([...status.subarray(start + at, start + at + width)]).toEqual(Array(width).fill(index + 1));
  });

  it("vector registers of ARM64 and x86 stand in notes of their own", async () => {
    const v31 = Uint8Array.from({ length: 16 }, (_, i) => i);
    const arm = await exported({
      archType: 2,
      regions,
      threads: [{ id: 9n, current: true, registers: { pc: little(1n, 8), sp: little(2n, 8), v31, fpcr: little(5n, 4) } }],
    });
    const fp = readCore(arm.bytes).notes.find(({ owner, type }) => owner === "CORE" && type === 2)?.bytes;
    expect([fp?.length, fp?.subarray(496, 512), fp?.subarray(516, 520)]).toEqual([528, v31, little(5n, 4)]);
    const x86 = await exported({
      archType: 0,
      regions,
      threads: [{ id: 9n, current: true, registers: { eip: little(1n, 4), esp: little(2n, 4), xmm7: v31 } }],
    });
    const at = Buffer.from(x86.bytes).indexOf("LINUX\0");
    const view = new DataView(x86.bytes.buffer, at - 12);
    expect([view.getUint32(4, true), view.getUint32(8, true)]).toEqual([512, 0x46e62b7f]);
    expect(x86.bytes.subarray(at + 8 + 272, at + 8 + 288)).toEqual(v31);
  });

  it("a capture without threads has no NT_PRSTATUS, and a thread of zeros if the option asks for it", async () => {
    const without = await exported({ regions });
    expect(threadsOf(readCore(without.bytes))).toEqual([]);
    expect(without.notes).toContain("no place: NT_PRSTATUS");
    const made = await exported({ regions }, { madeUpThread: true });
    const [thread] = threadsOf(readCore(made.bytes));
    expect(thread?.id).toBe(77);
    expect([...(thread?.registers.values() ?? [])].every((value) => value.every((byte) => byte === 0))).toBe(true);
    expect(made.report).toMatchObject({ threads: 0, complete: true });
    expect(made.notes).toContain("made up: NT_PRSTATUS");
    expect(auxvOf(readCore(made.bytes)).size).toBe(0);
  });

  it("threads of a processor whose registers have no known place are left out, and the core is not complete", async () => {
    const { report } = await exported({
      archType: 10,
      regions,
      threads: [{ id: 9n, current: true, registers: { pc: little(1n, 8), sp: little(2n, 8) } }],
    });
    expect(report).toMatchObject({ threads: 0, complete: false });
  });
});

/** The descriptor of the first note of type 1, in a core of 32 or 64 bits. */
function statusOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const wide = bytes[4] === 2;
  const first = wide ? Number(view.getBigUint64(0x20, true)) : view.getUint32(0x1c, true);
  let at = wide ? Number(view.getBigUint64(first + 8, true)) : view.getUint32(first + 4, true);
  while (view.getUint32(at + 8, true) !== 1) at += 12 + 8 + Math.ceil(view.getUint32(at + 4, true) / 4) * 4;
  return bytes.subarray(at + 20, at + 20 + view.getUint32(at + 4, true));
}

describe("exportElfCore", () => {
  const content = { regions: [{ base: 0x10000n, pages: Array.from({ length: 2000 }, (_, i) => i % 256) }] };

  it("refuses options that it does not have", async () => {
    const capture = await smallCapture(content);
    await expect(exportElfCore(capture, new BytesSink(), { base: 1n } as never)).rejects.toMatchObject({ code: "usage" });
  });

  it("reports progress up to the size of the core, and closes the sink", async () => {
    const capture = await smallCapture(content);
    const done: number[] = [];
    let closed = 0;
    const sink = { write: () => {}, close: () => void closed++ };
    const report = await exportElfCore(capture, sink, { onProgress: ({ bytesDone }) => void done.push(bytesDone) });
    expect(done.at(-1)).toBe(Number(report.size));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(closed).toBe(1);
  });

  it("ends with `aborted` on its signal, and with `sink` where the sink fails; the sink is closed both times", async () => {
    const capture = await smallCapture(content);
    const controller = new AbortController();
    let closed = 0;
    const close = () => void closed++;
    const write = () => controller.abort();
    await expect(exportElfCore(capture, { write, close }, { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    const failing = {
      write: () => {
        throw new Error("disk full");
      },
      close,
    };
    const failure: MslError = await exportElfCore(capture, failing).then(
      () => Promise.reject(new Error("no failure")),
      (error) => error,
    );
    expect([failure.code, failure.message]).toEqual(["sink", "The output cannot be written: disk full"]);
    expect(closed).toBe(2);
  });
});
