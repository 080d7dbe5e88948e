/** MslWriter: announcements that must come true, refusals, and overlapping calls. */
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  BlockType,
  BytesSink,
  MslSliceReader,
  MslWriter,
  openCapture,
  type Sink,
  type WrittenBlock,
  type WrittenRegion,
  writeCapture,
} from "../src/index.js";
import {
  begin,
  CONTEXT,
  HEADER,
  HINT,
  IDENTITY,
  lead,
  MODULE,
  optionsFor,
  PROCESS,
  RELATED,
  region,
  requireConforming,
  uuidSource,
  written,
} from "./write-support.js";

const NIL = "00000000-0000-0000-0000-000000000000";
const UUID = "cccccccc-0000-4000-8000-000000000001";
const OTHER = "cccccccc-0000-4000-8000-000000000002";

describe("modules of the Module List Index", () => {
  it("a writer takes a Module Entry with the announced path, and no path whose characters are the bytes of its UTF-8", async () => {
    const { writer } = begin({ contents: ["ModuleEntry"] });
    await writer.processIdentity(IDENTITY);
    const module = { ...MODULE, path: "/lib/\u00e9.so" };
    await writer.moduleListIndex({ entries: [module] });
    await expect(writer.moduleEntry({ ...MODULE, path: "/lib/\u00c3\u00a9.so" })).rejects.toThrow("announces no such module");
    await expect(writer.moduleEntry({ ...MODULE, path: "/lib/aa.so" })).rejects.toThrow("announces no such module");
    await writer.moduleEntry(module);
    await writer.end();
  });

  it("a writer demands a Module Entry with the announced UUID for each module", async () => {
    const { sink, writer } = begin({ contents: ["ModuleEntry"] });
    await writer.processIdentity(IDENTITY);
    const second = { ...MODULE, path: "/lib/b.so", moduleUuid: UUID };
    await writer.moduleListIndex({ entries: [MODULE, second, MODULE] });
    await expect(writer.moduleEntry({ ...MODULE, path: "/other" })).rejects.toThrow(
      "Block 2 is the ModuleEntry of /other at 0x400000, but",
    );
    await expect(writer.moduleEntry(MODULE, { uuid: OTHER })).rejects.toThrow(`Block 2 is the ModuleEntry of ${OTHER}, but`);
    await writer.moduleEntry(MODULE);
    await writer.moduleEntry(second);
    await expect(writer.end()).rejects.toThrow(/announces the module .* \(\/bin\/ls\), but its ModuleEntry is missing/);
    await writer.moduleEntry(MODULE);
    await expect(writer.moduleEntry(MODULE)).rejects.toThrow("announces no such module that is still to come");
    await writer.end();
    await requireConforming(sink.bytes());
    const blocks = [...new MslSliceReader(sink.bytes())];
    expect(blocks[1]?.flags).toBe(0x10);
    expect(blocks.slice(2, 5).map(({ parentUuid }) => parentUuid)).toEqual(new Array(3).fill(blocks[1]?.uuid));
    expect(blocks[3]?.uuid).toBe(UUID);
    const modules = await (await openCapture(sink.bytes())).modules();
    expect(modules.map(({ announced, entry }) => [announced !== undefined, entry !== undefined])).toEqual(
      new Array(3).fill([true, true]),
    );
  });

  it("a writer refuses two modules with one UUID", async () => {
    const { writer } = begin({ contents: ["ModuleEntry"] });
    await writer.processIdentity(IDENTITY);
    const module = { ...MODULE, moduleUuid: UUID };
    await expect(writer.moduleListIndex({ entries: [module, module] })).rejects.toThrow(`announces two modules as ${UUID}`);
  });

  it("a writer refuses a Module List Index that contradicts `contents`", async () => {
    const { writer: without } = begin({});
    await without.processIdentity(IDENTITY);
    await expect(without.moduleListIndex({ entries: [MODULE] })).rejects.toThrow(
      "has 1 modules, but contents does not list ModuleEntry",
    );
    const { writer: listed } = begin({ contents: ["ModuleEntry"] });
    await listed.processIdentity(IDENTITY);
    await expect(listed.moduleListIndex({ entries: [] })).rejects.toThrow("has 0 modules, but contents lists ModuleEntry");
    const header = { ...HEADER, imported: true };
    expect(() => begin({ header, contents: ["ModuleEntry"] })).toThrow("contents lists ModuleEntry without the ModuleListIndex");
  });
});

describe("announced children and key hints", () => {
  it("blocks of one type that follow each other have their own parents, or none", async () => {
    const { reader } = await written({ contents: ["MemoryRegion", "RelatedDump"] }, async (writer) => {
      await lead(writer);
      const first = await writer.memoryRegion(region(1), { hasChildren: true });
      const second = await writer.memoryRegion(region(1, 0x20_0000n), { hasChildren: true });
      for (const parentUuid of [first.uuid, second.uuid, undefined, first.uuid])
        await writer.relatedDump(RELATED, { parentUuid });
    });
    const blocks = [...reader];
    const [first, second] = blocks.filter(({ type }) => type === BlockType.MemoryRegion).map(({ uuid }) => uuid);
    const parents = blocks.filter(({ type }) => type === BlockType.RelatedDump).map(({ parentUuid }) => parentUuid);
    expect(parents).toEqual([first, second, NIL, first]);
  });

  it("a writer refuses to end a capture without the children and Key Hints that it announces", async () => {
    const { writer } = begin({ contents: ["MemoryRegion", "KeyHint"] });
    await lead(writer);
    const parent = await writer.memoryRegion(region(1), { hasChildren: true });
    const hinted = await writer.memoryRegion(region(1), { hasKeyHints: true });
    await writer.keyHint({ ...hinted.keyAt(0x10_0000n), ...HINT });
    await expect(writer.end()).rejects.toThrow("Block 2 has HasChildren, but no block names it as its parent");
    await writer.memoryRegion(region(1), { parentUuid: parent.uuid });
    const again = await writer.memoryRegion(region(1), { hasKeyHints: true });
    await expect(writer.end()).rejects.toThrow("Block 6 has HasKeyHints, but no KeyHint names it");
    await writer.keyHint({ ...again.keyAt(0x10_0000n), ...HINT });
    await writer.end();
  });

  it("a writer refuses children and Key Hints of a block that did not announce them", async () => {
    const { writer } = begin({ contents: ["MemoryRegion", "KeyHint"] });
    await lead(writer);
    const { uuid } = await writer.memoryRegion(region(1), { uuid: UUID });
    await expect(writer.memoryRegion(region(1), { parentUuid: uuid })).rejects.toThrow(
      /names the block .* which was written without hasChildren/,
    );
    await expect(writer.keyHint({ ...HINT, regionUuid: uuid, regionOffset: 0n })).rejects.toThrow("Block 3 is a KeyHint for");
    await expect(writer.memoryRegion(region(1), { uuid })).rejects.toThrow("an earlier block has it already");
    await expect(writer.memoryRegion(region(1), { uuid: OTHER, parentUuid: OTHER })).rejects.toThrow(
      "names itself as its parent",
    );
  });

  it("a writer accepts a child before its parent", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"] });
    await lead(writer);
    await writer.memoryRegion(region(1), { parentUuid: UUID });
    await expect(writer.end()).rejects.toThrow(`Block 2 names ${UUID} as its parent, but no such block was written`);
    await expect(writer.memoryRegion(region(1), { uuid: UUID })).rejects.toThrow(
      /Block 2 names block 3 as its parent, which is written without/,
    );
    await writer.memoryRegion(region(1), { uuid: UUID, hasChildren: true });
    await writer.end();
  });

  it("a writer gives a block the parent that its type belongs to", async () => {
    const { writer } = begin({ header: { ...HEADER, investigation: true }, contents: ["ProcessTable"] });
    await lead(writer);
    const { uuid } = await writer.systemContext(CONTEXT);
    await expect(writer.processTable({ entries: [] }, { parentUuid: UUID })).rejects.toThrow("is given the parent");
    await writer.processTable({ entries: [PROCESS] }, { parentUuid: uuid });
    await writer.end();
  });

  it("a writer accepts fragments that continue a region one by one", async () => {
    const { bytes } = await written({ contents: ["MemoryRegion"] }, async (writer) => {
      await lead(writer);
      const first = await writer.memoryRegion(region(1), { hasChildren: true });
      await writer.memoryRegion(region(2, 0x10_0400n), { continuationOf: first.uuid });
    });
    const regions = await (await openCapture(bytes)).regions();
    expect(regions.map(({ regionSize, blocks }) => [regionSize, blocks.length])).toEqual([[3072n, 2]]);
  });
});

describe("calls of a writer", () => {
  it("a writer runs calls that are not awaited in order, and refuses the calls behind a failed one", async () => {
    const { sink: awaited, writer: patient } = begin({});
    await lead(patient);
    await patient.end();
    const { sink, writer } = begin({});
    const refused = writer.moduleListIndex({ entries: [] });
    const behind = writer.processIdentity(IDENTITY);
    await expect(refused).rejects.toMatchObject({ code: "plan" });
    await expect(behind).rejects.toMatchObject({ code: "usage" });
    const calls = [writer.processIdentity(IDENTITY), writer.moduleListIndex({ entries: [] }), writer.end()];
    await Promise.all(calls);
    expect(sink.bytes()).toEqual(awaited.bytes());
  });

  it("writes a small block before the call returns, if no call is pending and the sink takes no time", async () => {
    const { writer } = begin({ contents: ["RelatedDump"] });
    const calls = [writer.processIdentity(IDENTITY), writer.moduleListIndex({ entries: [] })];
    expect(writer.blocks).toBe(2);
    calls.push(writer.relatedDump(RELATED));
    expect(writer.blocks).toBe(3);
    expect((await Promise.all(calls)).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it("writes a small block behind calls whose bytes the sink has not taken", async () => {
    let take = () => {};
    const taken: number[] = [];
    const sink: Sink = {
      flushPolicy: "block",
      write: ({ length }) => {
        taken.push(length);
        return new Promise((resolve) => {
          take = resolve;
        });
      },
    };
    const writer = new MslWriter(sink, optionsFor({ contents: ["RelatedDump"] }));
    const calls = [writer.processIdentity(IDENTITY), writer.moduleListIndex({ entries: [] }), writer.relatedDump(RELATED)];
    for (let block = 1; block <= 3; block++) {
      expect([taken.length, writer.blocks]).toEqual([block, block - 1]);
      take();
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect((await Promise.all(calls)).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it("refuses a call behind a failed one, although the call before that one was awaited", async () => {
    const { writer } = begin({ contents: ["RelatedDump"] });
    const first = writer.processIdentity(IDENTITY);
    const failing = writer.relatedDump(RELATED);
    await first;
    const behind = writer.moduleListIndex({ entries: [] });
    await expect(failing).rejects.toMatchObject({ code: "plan" });
    await expect(behind).rejects.toMatchObject({ code: "usage" });
    await writer.moduleListIndex({ entries: [] });
  });

  it("accepts a call that is made when the failure of the call before is known", async () => {
    const { writer } = begin({});
    const later = writer.moduleListIndex({ entries: [] }).catch(() => writer.processIdentity(IDENTITY));
    expect((await later).index).toBe(0);
  });

  it("names the failure once to each of many calls behind it", async () => {
    const { writer } = begin({});
    const calls = [writer.moduleListIndex({ entries: [] })];
    for (let call = 0; call < 3000; call++) calls.push(writer.processIdentity(IDENTITY));
    const errors = await Promise.all(
      calls.map((call) =>
        call.then(
          () => undefined,
          (error: Error) => error,
        ),
      ),
    );
    const [failure, ...refusals] = errors;
    expect(failure).toMatchObject({ code: "plan" });
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({ code: "usage", cause: failure });
      expect(refusal?.message).toBe(`A call before failed, and this one was made without awaiting it: ${failure?.message}`);
    }
    await lead(writer);
  });

  it("writes a block that is asked for while another one is encoded behind that one", async () => {
    const { sink, writer } = begin({ contents: ["RelatedDump"] });
    const asked: Promise<WrittenBlock>[] = [];
    await writer.processIdentity({
      ...IDENTITY,
      get cmdLine() {
        if (asked.length === 0) asked.push(writer.moduleListIndex({ entries: [] }), writer.relatedDump(RELATED));
        return "ls";
      },
    });
    expect((await Promise.all(asked)).map(({ index }) => index)).toEqual([1, 2]);
    await writer.end();
    await requireConforming(sink.bytes());
  });

  it("refuses calls after `end` and after `close`", async () => {
    const { writer } = begin({});
    await lead(writer);
    await writer.end();
    await expect(writer.processIdentity(IDENTITY)).rejects.toThrow("The capture is complete");
    await writer.close();
    const { writer: closed } = begin({});
    await closed.close();
    await expect(closed.processIdentity(IDENTITY)).rejects.toThrow("The writer was closed");
  });

  it("a writer is unchanged after a refused call", async () => {
    const { bytes } = await written({}, lead);
    const { sink, writer } = begin({});
    await expect(writer.moduleListIndex({ entries: [] })).rejects.toThrow();
    await expect(writer.processIdentity({ ...IDENTITY, ppid: -1 })).rejects.toThrow("ProcessIdentity.ppid is -1");
    await expect(writer.processIdentity(IDENTITY, { compression: "zstd" })).rejects.toThrow(
      "ProcessIdentity is never compressed",
    );
    await expect(writer.processIdentity({ ...IDENTITY, exePath: "x".repeat(70_000) })).rejects.toThrow("takes 70001 bytes");
    await lead(writer);
    await writer.end();
    expect(sink.bytes()).toEqual(bytes);
  });

  it("a writer refuses fields that only some producers add", async () => {
    const { writer } = begin({ header: { ...HEADER, imported: true } });
    const value = {
      sourceFormat: 1,
      toolName: "t",
      importTimeNs: 0n,
      origFileSize: 0n,
      note: "",
      sourceHash: new Uint8Array(32),
    };
    await expect(writer.importProvenance(value)).rejects.toThrow("ImportProvenance.sourceHash is not part of a 1.1 payload");
    await writer.importProvenance({ ...value, sourceHash: null });
  });
});

it("MslWriter.write has the result type of its payload, and takes what readers return without a cast", async () => {
  const { sink, writer } = begin({ contents: ["MemoryRegion"], flush: "block" });
  const block = await writer.write({ kind: "ProcessIdentity", ...IDENTITY });
  expectTypeOf(block).toEqualTypeOf<WrittenBlock>();
  expect(block.index).toBe(0);
  await writer.moduleListIndex({ entries: [] });
  const written = await writer.write({ kind: "MemoryRegion", ...region(2) });
  expectTypeOf(written).toEqualTypeOf<WrittenRegion>();
  expect(written.blocks.map(({ index }) => index)).toEqual([2]);
  const { payload } = new MslSliceReader(sink.bytes()).at(2).decode();
  if (!payload) throw new Error("the region cannot be decoded");
  const copy = await writer.write(payload);
  expectTypeOf(copy).toEqualTypeOf<WrittenBlock | WrittenRegion>();
  await writer.end();
});

describe("writeRaw", () => {
  it("writeRaw writes blocks as bytes only with the option nonConforming", async () => {
    const payload = Uint8Array.of(1, 2, 3);
    const { sink, writer } = begin({ nonConforming: true, contents: [0x0777, 0x0011, "ModuleEntry"] });
    await writer.processIdentity(IDENTITY);
    // A path that is not UTF-8 can only be copied as bytes.
    const index = new Uint8Array(8 + 40 + 8);
    index[0] = 1;
    index.set([0xcc, 0xcc, 0xcc, 0xcc, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1], 8);
    index.set([3, 0], 8 + 32);
    index.set([0xff, 0xfe], 8 + 40);
    await writer.writeRaw({ type: 0x10, payload: index, hasChildren: true });
    const { uuid } = await writer.writeRaw({ type: 0x0777, payload, hasChildren: true, uuid: OTHER });
    await writer.writeRaw({ type: 0x0011, payload, parentUuid: uuid });
    await expect(writer.end()).rejects.toThrow("the header announces ModuleEntry");
    await writer.moduleEntry(MODULE, { uuid: UUID });
    await writer.end();
    const reader = new MslSliceReader(sink.bytes());
    expect(reader.header.capBitmap).toBe(0x106n);
    expect([...reader].map(({ type, flags }) => [type, flags])).toEqual([
      [0x40, 0],
      [0x10, 0x10],
      [0x777, 0x10],
      [0x11, 0],
      [2, 0],
      [0xfff, 0],
    ]);
    expect(reader.at(2).decode().raw).toEqual(payload);
    expect((await (await openCapture(sink.bytes())).verify()).outcome).toBe("intact");
  });
});

describe("writeCapture", () => {
  it("writeCapture announces the kinds of its blocks and their number", async () => {
    const sink = new BytesSink();
    const finished = await writeCapture(sink, {
      header: HEADER,
      uuid: uuidSource(),
      splitAbove: 3 * 1024,
      acqEndNs: 99n,
      blocks: [
        { payload: { kind: "ProcessIdentity", ...IDENTITY } },
        { payload: { kind: "ModuleListIndex", entries: [MODULE] } },
        { payload: { kind: "ModuleEntry", ...MODULE } },
        { payload: { kind: "MemoryRegion", ...region(2) }, uuid: UUID },
        { payload: { kind: "MemoryRegion", ...region(5) } },
        { payload: { kind: "MemoryRegion", ...region(1) }, uuid: OTHER },
        { payload: { kind: "MemoryRegion", ...region(1) }, parentUuid: OTHER },
        { payload: { kind: "KeyHint", ...HINT, regionUuid: UUID, regionOffset: 3n } },
      ],
    });
    await requireConforming(sink.bytes());
    const reader = new MslSliceReader(sink.bytes());
    expect([reader.header.blockCount, reader.length, finished.blocks]).toEqual([11, 11, 11]);
    expect(reader.at(10).decode().payload).toMatchObject({ acqEndNs: 99n });
    expect([...reader].map(({ flags }) => flags)).toEqual([0, 0x10, 0, 8, 0x10, 0x20, 0x20, 0x10, 0, 0, 0]);
  });
});
