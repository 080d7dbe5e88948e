/** Thread Contexts: written by MslWriter, copied by `transcode`, and left out with conformingOnly. */
import { describe, expect, it } from "vitest";
import { BlockType, BytesSink, MslSliceReader, MslWriter, openCapture, pagesOf, writeCapture } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { opened, transcoded } from "./transcode-support.js";
import { KEY } from "./write-encrypted.js";
import { begin, CONTEXT, HANDLE, HEADER, HINT, IDENTITY, lead, MODULE, PAGE, PROCESS, region } from "./write-support.js";

const little = (value: bigint, width = 8) =>
  Uint8Array.from({ length: width }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
const REGISTERS = [
  { name: "rip", flags: 1, value: little(0x401000n) },
  { name: "rsp", flags: 2, value: little(0x7ffc0000n) },
  { name: "st0", flags: 0, value: little(5n, 10) },
];
const thread = (threadId: bigint, flags = 0, registers: readonly object[] = REGISTERS) =>
  ({ threadId, startTimeNs: 0n, flags, threadState: 3, name: "wörk", registers }) as never;
const CURRENT = thread(1n, 1);

async function ready(...threads: Parameters<MslWriter["threadContext"]>[0][]) {
  const begun = begin({ contents: ["ThreadContext", "MemoryRegion"] });
  await lead(begun.writer);
  for (const one of threads) await begun.writer.threadContext(one);
  return begun;
}

describe("MslWriter.threadContext", () => {
  it("MslWriter.threadContext writes the bytes that reverseame/memslicer writes", async () => {
    const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const { writer, sink } = begin({ contents: ["ThreadContext"] });
    await lead(writer);
    const value = {
      threadId: 4242n,
      startTimeNs: 0n,
      flags: 1,
      threadState: 3,
      name: "wörk",
      registers: [
        { name: "rip", flags: 1, value: hex("0010400000000000") },
        { name: "xmm0", flags: 0, value: hex("000102030405060708090a0b0c0d0e0f") },
        { name: "st0", flags: 0, value: hex("10111213141516171819") },
      ],
    };
    await expect(writer.threadContext(value)).rejects.toThrow("registers has 0 registers flagged SP, expected 1");
    await writer.threadContext(value, { asRead: true });
    await writer.end();
    const reader = new MslSliceReader(sink.bytes());
    const block = reader.at(2);
    expect(block.type).toBe(BlockType.ThreadContext);
    expect(block.parentUuid).toBe("00000000-0000-0000-0000-000000000000");
    expect(Buffer.from(block.stored).toString("hex")).toBe(
      "92100000000000000000000000000000010003000300000006000000000000007 7c3b6726b000000".replace(" ", "") +
        "040801000000000072697000000000000010400000000000" +
        "0510000000000000786d6d3000000000000102030405060708090a0b0c0d0e0f" +
        "040a000000000000737430000000000010111213141516171819000000000000",
    );
  });

  it("a writer announces threads in CapBitmap if and only if there are threads", async () => {
    const { writer, sink } = await ready(CURRENT, thread(2n));
    await writer.memoryRegion(region(1));
    await writer.end();
    expect(new MslSliceReader(sink.bytes()).header.capBitmap & 4n).toBe(4n);
    const bare = begin({});
    await lead(bare.writer);
    await bare.writer.end();
    expect(new MslSliceReader(bare.sink.bytes()).header.capBitmap & 4n).toBe(0n);
  });

  it("a writer stores threads plain for every value of `compression`", async () => {
    const { writer, sink } = begin({ contents: ["ThreadContext"], compression: "zstd" });
    await lead(writer);
    await writer.threadContext(CURRENT, { compression: "lz4" });
    await writer.end();
    expect(new MslSliceReader(sink.bytes()).at(2).flags).toBe(0);
  });

  it.each<[string, Parameters<typeof thread>, string]>([
    ["without a program counter", [2n, 0, REGISTERS.slice(1)], "has 0 registers flagged PC, expected 1"],
    [
      "with two stack pointers",
      [2n, 0, [...REGISTERS, { name: "esp", flags: 2, value: little(1n, 4) }]],
      "has 2 registers flagged SP",
    ],
    [
      "with a register in upper case",
      [2n, 0, [...REGISTERS, { name: "RAX", flags: 0, value: little(1n) }]],
      "a name in lower case",
    ],
    ["with unknown flags", [2n, 4], "Current (1) and Crashed (2)"],
    ["that is Current as well", [2n, 1], "another thread is so already"],
    ["that is there already", [1n], "has a Thread Context already"],
    [
      "with a value of 256 bytes",
      [2n, 0, [...REGISTERS, { name: "z", flags: 0, value: new Uint8Array(256) }]],
      "takes 256 bytes",
    ],
  ])("MslWriter.threadContext refuses a thread %s", async (_, given, message) => {
    const { writer } = await ready(CURRENT);
    await expect(writer.threadContext(thread(...given))).rejects.toThrow(message);
  });

  it("a writer refuses a thread behind a region, and a region behind threads of which none has the flag Current", async () => {
    const { writer } = await ready(CURRENT);
    await writer.memoryRegion(region(1));
    await expect(writer.threadContext(thread(2n))).rejects.toThrow("threads stand before the first one");
    const { writer: other } = await ready(thread(2n));
    await expect(other.memoryRegion(region(1))).rejects.toThrow("None of the 1 threads is Current");
  });

  it("a writer refuses a table of the system behind threads", async () => {
    const { writer } = begin({
      header: { ...HEADER, investigation: true },
      contents: ["ThreadContext", "ProcessTable", "HandleTable"],
    });
    await lead(writer);
    await writer.systemContext(CONTEXT);
    await writer.processTable({ entries: [PROCESS] });
    await writer.threadContext(CURRENT);
    await expect(writer.handleTable({ entries: [HANDLE] })).rejects.toThrow("Threads stand behind system tables");
  });

  it("the result of a writer names the extension if there are threads, and has none otherwise", async () => {
    const { writer } = await ready(CURRENT);
    await writer.memoryRegion(region(1));
    expect(await writer.end()).toMatchObject({ extensions: ["EXT-THREAD"] });
    const bare = begin({});
    await lead(bare.writer);
    expect(await bare.writer.end()).not.toHaveProperty("extensions");
  });

  it("writeCapture writes threads in a capture whose dialect is the specification's", async () => {
    const sink = new BytesSink();
    const threads = [CURRENT, thread(2n)].map((one: object) => ({ payload: { kind: "ThreadContext", ...one } as never }));
    await writeCapture(sink, {
      header: HEADER,
      blocks: [
        { payload: { kind: "ProcessIdentity", ...IDENTITY } },
        { payload: { kind: "ModuleListIndex", entries: [] } },
        ...threads,
        { payload: { kind: "MemoryRegion", ...region(1) } },
      ],
    });
    expect(new MslSliceReader(sink.bytes()).dialect.id).toBe("specification-1.1");
  });

  it("a streaming writer that sets the time of a capture with threads records the clock source", async () => {
    const sink = new BytesSink();
    const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["ThreadContext"] });
    await writer.processIdentity({ ...IDENTITY, exePath: "/bin/x86" });
    await writer.moduleListIndex({ entries: [] });
    await writer.threadContext(CURRENT);
    await writer.end();
    const { header, dialect } = new MslSliceReader(sink.bytes());
    expect([header.clockSource, header.blockCount, dialect.id]).toEqual([1, 0, "specification-1.1"]);
  });
});

describe("a capture of an unknown clock with threads and without BlockCount", () => {
  const clockless = { header: HEADER, timestamp: () => 77n };
  const dialectOf = (sink: BytesSink) => new MslSliceReader(sink.bytes()).dialect.id;
  const listed = { ...MODULE, moduleUuid: "aaaaaaaa-0000-4000-8000-000000000002" };

  it("a capture with modules before its threads has the dialect of reverseame/memslicer, because its bytes do not differ", async () => {
    const { sink, writer } = begin({ ...clockless, contents: ["ModuleEntry", "ThreadContext", "MemoryRegion"] });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [listed] });
    await writer.moduleEntry({ ...MODULE, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) });
    await writer.threadContext(CURRENT);
    await writer.memoryRegion(region(1));
    await writer.end();
    expect(dialectOf(sink)).toBe("reverseame");
  });

  it("a capture with threads before its modules has the dialect of the specification", async () => {
    const { sink, writer } = begin({ ...clockless, contents: ["ModuleEntry", "ThreadContext", "MemoryRegion"] });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [listed] });
    await writer.threadContext(CURRENT);
    await writer.moduleEntry({ ...MODULE, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) });
    await writer.memoryRegion(region(1));
    await writer.end();
    expect(dialectOf(sink)).toBe("specification-1.1");
  });

  it("a capture with threads and a Key Hint has the dialect of the specification, and the offset of the hint counts in page data", async () => {
    const { sink, writer } = begin({ ...clockless, contents: ["ModuleEntry", "ThreadContext", "MemoryRegion", "KeyHint"] });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [listed] });
    await writer.moduleEntry({ ...MODULE, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) });
    await writer.threadContext(CURRENT);
    const pages = pagesOf([
      { state: "failed", count: 1 },
      { state: "captured", count: 2 },
    ]);
    const written = await writer.memoryRegion({ ...region(3), pages, pageData: region(2).pageData }, { hasKeyHints: true });
    await writer.keyHint({ ...HINT, ...written.keyAt(0x10_0000n + BigInt(PAGE)) });
    await writer.end();
    expect(dialectOf(sink)).toBe("specification-1.1");
    const [hint] = await opened(sink.bytes(), (capture) => capture.keyHints());
    expect(hint?.candidates[0]).toMatchObject({ reading: "page data", address: 0x10_0000n + BigInt(PAGE) });
  });

  it("a capture with threads and a System Context has the dialect of the specification", async () => {
    const investigation = { ...clockless.header, investigation: true };
    const { sink, writer } = begin({ ...clockless, header: investigation, contents: ["ModuleEntry", "ThreadContext"] });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [listed] });
    await writer.systemContext(CONTEXT);
    await writer.moduleEntry({ ...MODULE, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) });
    await writer.threadContext(CURRENT);
    await writer.end();
    expect(dialectOf(sink)).toBe("specification-1.1");
  });

  it("a capture with threads that is encrypted under a raw key has the dialect of the specification", async () => {
    const { sink, writer } = begin({ ...clockless, contents: ["ModuleEntry", "ThreadContext"], encryption: { key: KEY } });
    await writer.processIdentity(IDENTITY);
    await writer.moduleListIndex({ entries: [listed] });
    await writer.moduleEntry({ ...MODULE, version: "", diskHash: new Uint8Array(32), nativeBlob: new Uint8Array(0) });
    await writer.threadContext(CURRENT);
    await writer.end();
    const dialect = await opened(sink.bytes(), async (capture) => capture.dialect.id, { keys: { key: KEY } });
    expect(dialect).toBe("specification-1.1");
  });

  it("transcode with encryption writes threads before modules, so that the output has the dialect of the specification", async () => {
    const { bytes, report } = await transcoded(fixtureBytes("rf-threads-x64"), { encryption: { passphrase: "p" } });
    const [id, types] = await opened(
      bytes,
      async ({ dialect, blocks, header }) => {
        expect([header.clockSource, header.blockCount]).toEqual([0, 0]);
        return [dialect.id, [...blocks].map(({ type }) => type)];
      },
      { keys: { passphrase: "p" } },
    );
    expect(id).toBe("specification-1.1");
    expect(types).toEqual([0x40, 0x10, 0x11, 0x11, 0x11, 0x02, 0x02, 0x01, 0x01, 0xfff]);
    const moved = report.blocks.filter(({ changes }) => changes.some((change) => change.id === "moved"));
    expect(moved.map(({ source }) => source.type)).toEqual([0x11, 0x11, 0x11]);
  });
});

describe("transcode of a capture with threads", () => {
  const source = fixtureBytes("rf-threads-edge");
  const threadsOf = (bytes: Uint8Array) =>
    opened(bytes, async ({ blocks }) =>
      Promise.all(
        [...blocks.ofType(BlockType.ThreadContext)].map(async (block) => {
          const { payload } = await block.decode();
          return [block.compression, payload?.kind === "ThreadContext" ? { ...payload } : payload] as const;
        }),
      ),
    );

  it("transcode copies threads unchanged and uncompressed, and reports the extension", async () => {
    const { bytes, report } = await transcoded(source, { compression: "zstd" });
    const [before, after] = [await threadsOf(source), await threadsOf(bytes)];
    expect(after.map(([, payload]) => payload)).toEqual(before.map(([, payload]) => payload));
    expect(new Set(after.map(([compression]) => compression))).toEqual(new Set(["none"]));
    expect(report.output.conforming).toBe(false);
    const told = report.blocks.filter(({ changes }) => changes.some(({ id, lint }) => id === "kept" && lint === "EXT-THREAD"));
    expect(told).toHaveLength(before.length);
    expect(report.leftOut.filter(({ type }) => type === BlockType.ThreadContext)).toEqual([]);
    const capture = await openCapture(bytes);
    expect([capture.dialect.id, capture.header.capBitmap & 4n]).toEqual(["specification-1.1", 4n]);
    await capture.close();
  });

  it("transcode with conformingOnly leaves threads out, and reports it", async () => {
    const { bytes, report } = await transcoded(source, { conformingOnly: true });
    expect(await threadsOf(bytes)).toEqual([]);
    expect(report.output.conforming).toBe(true);
    expect(report.complete).toBe(false);
    expect(report.leftOut.filter(({ lint }) => lint === "EXT-THREAD")).toHaveLength((await threadsOf(source)).length);
    expect(new MslSliceReader(bytes).header.capBitmap & 4n).toBe(0n);
  });
});
