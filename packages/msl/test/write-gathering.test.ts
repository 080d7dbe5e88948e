/** When a writer hands blocks to its sink: gathered, which is the default, or every block at once. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import {
  BytesSink,
  fileSink,
  MslSliceReader,
  MslWriter,
  openCapture,
  type Sink,
  type WriterOptions,
  writeCapture,
} from "../src/index.js";
import { HashLinks } from "../src/write/hash-links.js";
import { begin, HEADER, IDENTITY, lead, optionsFor, RELATED, region, requireConforming } from "./write-support.js";

const MOST = 256 * 1024;
const SMALL = { contents: ["RelatedDump"] } satisfies Partial<WriterOptions>;
const CONTENTS = { contents: ["RelatedDump", "MemoryRegion"] } satisfies Partial<WriterOptions>;
/** Bytes of a block with `RELATED`. */
const RELATED_LENGTH = 80 + 24;

const folder = mkdtempSync(join(tmpdir(), "msl-gathering-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A sink that records its calls, and keeps the bytes. */
function recording(given: Partial<Sink> = {}): Sink & { readonly events: string[]; readonly parts: Uint8Array[] } {
  const events: string[] = [];
  const parts: Uint8Array[] = [];
  return {
    events,
    parts,
    write: (bytes) => {
      events.push(String(bytes.length));
      parts.push(bytes);
    },
    flush: () => void events.push("flush"),
    close: () => void events.push("close"),
    ...given,
  };
}

function failed(): never {
  throw new Error("no space left");
}

/** The bytes of the capture that are complete blocks, by BlockLength alone. */
function completeBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 64;
  while (at + 12 <= bytes.length && at + view.getUint32(at + 8, true) <= bytes.length) at += view.getUint32(at + 8, true);
  return at;
}

describe("a writer that gathers blocks", () => {
  it("a writer gives the sink all small blocks at once at the end", async () => {
    const sink = recording();
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    await writer.relatedDump(RELATED);
    await writer.memoryRegion(region(3));
    expect(sink.events).toEqual([]);
    const { size } = await writer.end();
    expect(sink.events).toEqual([String(size), "flush", "close"]);
    await requireConforming(Buffer.concat(sink.parts));
  });

  it("a writer gives the sink whole blocks, at most 256 KiB of them, and flushes the sink behind them", async () => {
    const sink = recording();
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    for (let block = 0; block < 6000; block++) await writer.relatedDump(RELATED);
    await writer.memoryRegion(region(1));
    await writer.end();
    expect(sink.parts).toHaveLength(3);
    let before = 0;
    for (const { length } of sink.parts) {
      before += length;
      expect(length).toBeLessThanOrEqual(MOST);
      expect(completeBytes(Buffer.concat(sink.parts).subarray(0, before))).toBe(before);
    }
    for (const { length } of sink.parts.slice(0, 2)) expect(length).toBeGreaterThan(MOST - RELATED_LENGTH);
    expect(sink.events.filter((_, at) => at % 2 === 1)).toEqual(["flush", "flush", "flush"]);
    await requireConforming(Buffer.concat(sink.parts));
  });

  it("a writer gives the sink a large block with the blocks before it, and keeps nothing back behind it", async () => {
    const sink = recording();
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    const { blocks } = await writer.memoryRegion(region(600));
    const end = (blocks[0]?.offset ?? 0) + (blocks[0]?.length ?? 0);
    expect(sink.events).toEqual([String(MOST), String(MOST), String(end - 2 * MOST), "flush"]);
    await writer.relatedDump(RELATED);
    expect(sink.events).toHaveLength(4);
    await writer.end();
    await requireConforming(Buffer.concat(sink.parts));
  });

  it("a writer gives the sink what it has gathered when it is closed, and the capture can be resumed", async () => {
    const path = join(folder, "closed.msl");
    const writer = new MslWriter(await fileSink(path), optionsFor(CONTENTS));
    await lead(writer);
    await writer.relatedDump(RELATED);
    expect(readFileSync(path).length).toBe(0);
    await writer.close();
    expect(readFileSync(path).length).toBe(writer.size);
    const resumed = await MslWriter.resume(path, { uuid: () => "dddddddd-0000-4000-8000-000000000001" });
    expect([resumed.blocks, resumed.resumption]).toEqual([3, { blocks: 3, discarded: 0 }]);
    await resumed.close();
  });

  it("a writer that fails during a block gives the sink the complete blocks before it, and nothing of it", async () => {
    const sink = recording();
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    const { size } = writer;
    const short = { ...region(4), pageData: [new Uint8Array(100)].values() };
    await expect(writer.memoryRegion(short)).rejects.toMatchObject({ code: "bad-value" });
    expect(sink.events).toEqual([String(size), "flush"]);
    await expect(writer.relatedDump(RELATED)).rejects.toMatchObject({ code: "closed" });
    await writer.close();
    expect(sink.events).toEqual([String(size), "flush", "close"]);
    const { end } = new MslSliceReader(Buffer.concat(sink.parts));
    expect([end.blocks, end.truncatedBlock, end.trailingBytes]).toEqual([2, null, 0]);
  });

  it("a writer that is closed during a block gives the sink the complete blocks before it", async () => {
    const { sink, writer } = begin(CONTENTS);
    await lead(writer);
    const { size } = writer;
    let go = () => {};
    const pageData = (async function* () {
      yield region(1).pageData;
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      yield region(3).pageData;
    })();
    const call = writer.memoryRegion({ ...region(4), pageData });
    const refused = expect(call).rejects.toMatchObject({ code: "closed" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    await writer.close();
    go();
    await refused;
    expect(sink.bytes().length).toBe(size);
  });

  it("a writer holds no more than 256 KiB while the sink takes time", async () => {
    let take = () => {};
    const sink = recording({
      write: () =>
        new Promise((resolve) => {
          take = resolve;
        }),
    });
    const writer = new MslWriter(sink, optionsFor(SMALL));
    await lead(writer);
    const calls = Array.from({ length: 6000 }, () => writer.relatedDump(RELATED));
    for (let handed = 1; handed <= 2; handed++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(writer.size).toBeGreaterThan(handed * (MOST - RELATED_LENGTH));
      expect(writer.size).toBeLessThanOrEqual(handed * MOST);
      take();
    }
    expect((await Promise.all(calls)).map(({ index }) => index)).toEqual(calls.map((_, block) => block + 2));
    const ending = writer.end();
    await new Promise((resolve) => setTimeout(resolve, 5));
    take();
    await ending;
  });

  it.each(["throws", "rejects"])("a writer whose sink %s fails for good, and writes no byte twice", async (how) => {
    let writes = 0;
    const failing = () => {
      writes++;
      const error = new Error("no space left");
      if (how === "throws") throw error;
      return Promise.reject(error);
    };
    const sink = recording({ write: failing });
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    const calls = Array.from({ length: 3000 }, () => writer.relatedDump(RELATED));
    const codes = await Promise.all(
      calls.map((call) =>
        call.then(
          () => "written",
          ({ code }) => code,
        ),
      ),
    );
    const written = codes.indexOf("sink");
    expect(written).toBe(Math.floor((MOST - 64 - 120 - 88) / RELATED_LENGTH));
    expect(new Set(codes.slice(0, written))).toEqual(new Set(["written"]));
    expect(new Set(codes.slice(written + 1))).toEqual(new Set(["closed"]));
    await expect(writer.end()).rejects.toMatchObject({ code: "closed" });
    await writer.close();
    expect([writes, sink.events]).toEqual([1, ["close"]]);
  });

  it("a writer whose sink fails at the end has `end` reject, and closes the sink", async () => {
    for (const method of ["write", "flush"] as const) {
      const sink = recording({ [method]: () => Promise.reject(new Error("no space left")) });
      const writer = new MslWriter(sink, optionsFor(CONTENTS));
      await lead(writer);
      await writer.relatedDump(RELATED);
      await writer.memoryRegion(region(1));
      await expect(writer.end()).rejects.toMatchObject({ code: "sink", message: "The sink failed: no space left" });
      await writer.close();
      expect(sink.events.at(-1)).toBe("close");
    }
  });

  it("a writer that is closed has `close` reject if the sink does not take what was gathered, and closes the sink", async () => {
    const sink = recording({ write: () => Promise.reject(new Error("no space left")) });
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    await expect(writer.close()).rejects.toMatchObject({ code: "sink" });
    expect(sink.events).toEqual(["close"]);
  });

  it.each([
    ["at once", () => failed()],
    ["after some time", () => Promise.reject(new Error("no space left"))],
  ])("a writer that failed has `close` reject if the sink refused the blocks before the failure %s", async (_, write) => {
    const sink = recording({ write });
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    const short = { ...region(4), pageData: [new Uint8Array(100)].values() };
    await expect(writer.memoryRegion(short)).rejects.toMatchObject({ code: "bad-value" });
    await expect(writer.close()).rejects.toMatchObject({ code: "sink", message: "The sink failed: no space left" });
    expect(sink.events).toEqual(["close"]);
  });

  it("a writer that is closed during a block has `close` reject if the sink refused the blocks before it", async () => {
    let refuse: ((_: Error) => void) | undefined;
    const write = () =>
      new Promise<void>((_, reject) => {
        refuse = reject;
      });
    const sink = recording({ write });
    const writer = new MslWriter(sink, optionsFor(CONTENTS));
    await lead(writer);
    let go: (() => void) | undefined;
    const given = region(512);
    const pageData = (async function* () {
      yield given.pageData.subarray(0, MOST);
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      yield given.pageData.subarray(MOST);
    })();
    const call = expect(writer.memoryRegion({ ...given, pageData })).rejects.toMatchObject({ code: "closed" });
    await vi.waitUntil(() => refuse && go, { timeout: 20_000 });
    const closing = expect(writer.close()).rejects.toMatchObject({ code: "sink", message: "The sink failed: no space left" });
    refuse?.(new Error("no space left"));
    await closing;
    go?.();
    await call;
    expect(sink.events).toEqual(["close"]);
  });

  it("an encrypted writer that failed keeps back the blocks before the failure, and can be closed", async () => {
    const sink = recording();
    const writer = new MslWriter(sink, optionsFor({ ...CONTENTS, encryption: { key: new Uint8Array(32).fill(3) } }));
    await lead(writer);
    const short = { ...region(4), pageData: [new Uint8Array(100)].values() };
    await expect(writer.memoryRegion(short)).rejects.toMatchObject({ code: "bad-value" });
    await writer.close();
    expect(sink.events).toEqual(["close"]);
  });

  it("a writer writes the same bytes however it hands them over", async () => {
    const captures: Uint8Array[] = [];
    for (const flush of ["block", "gathered"] as const) {
      for (const encryption of [undefined, { key: new Uint8Array(32).fill(7) }]) {
        const sealRandomness = { nonce: new Uint8Array(12).fill(9) };
        const { sink, writer } = begin({ ...CONTENTS, flush, ...(encryption ? { encryption, sealRandomness } : {}) });
        await lead(writer);
        for (const pages of [1, 100, 300, 2, 251, 252, 253]) {
          await writer.memoryRegion(region(pages, BigInt(pages) << 32n), { compression: pages === 2 ? "zstd" : "none" });
          for (let block = 0; block < 700; block++) await writer.relatedDump(RELATED);
        }
        await writer.end();
        captures.push(sink.bytes());
      }
    }
    const [plain, sealed, gathered, gatheredSealed] = captures.map((bytes) => Buffer.from(bytes));
    expect(plain?.equals(gathered ?? Buffer.alloc(0))).toBe(true);
    expect(sealed?.equals(gatheredSealed ?? Buffer.alloc(0))).toBe(true);
    await requireConforming(plain ?? Buffer.alloc(0));
  });
});

describe("a writer that flushes every block", () => {
  it.each([
    ["the option of the writer", { flush: "block" }, {}],
    ["the policy of the sink", { flush: "gathered" }, { flushPolicy: "block" }],
  ] as const)("a writer gives the sink every block at once by %s", async (_, options, policy) => {
    const sink = recording(policy);
    const writer = new MslWriter(sink, optionsFor({ ...SMALL, ...options }));
    await writer.processIdentity(IDENTITY);
    expect(sink.events).toEqual(["184", "flush"]);
    await writer.moduleListIndex({ entries: [] });
    await writer.relatedDump(RELATED);
    expect(sink.events).toEqual(["184", "flush", "88", "flush", String(RELATED_LENGTH), "flush"]);
    await writer.end();
    expect(sink.events.slice(6)).toEqual(["128", "flush", "close"]);
  });

  it("a file that is synchronised block by block has every block that was awaited", async () => {
    const path = join(folder, "synchronised.msl");
    const writer = new MslWriter(await fileSink(path, { sync: "block" }), optionsFor(SMALL));
    await lead(writer);
    for (let block = 0; block < 3; block++) {
      await writer.relatedDump(RELATED);
      expect(readFileSync(path).length).toBe(writer.size);
    }
    await writer.end();
    const capture = await openCapture(path);
    expect((await capture.verify()).outcome).toBe("intact");
    await capture.close();
  });

  it("a resumed writer gives the sink blocks by its own option", async () => {
    const { sink, writer } = begin(SMALL);
    await lead(writer);
    await writer.close();
    const source = { size: sink.bytes().length, read: async (at: number, n: number) => sink.bytes().slice(at, at + n) };
    for (const flush of ["block", "gathered"] as const) {
      const grown = new BytesSink();
      const resumed = await MslWriter.resume(
        { source, append: () => grown },
        { flush, uuid: () => "dddddddd-0000-4000-8000-000000000001" },
      );
      await resumed.relatedDump(RELATED);
      expect(grown.bytes().length).toBe(flush === "block" ? RELATED_LENGTH : 0);
      await resumed.close();
      expect(grown.bytes().length).toBe(RELATED_LENGTH);
    }
  });
});

it("a sink is closed behind its last write, also if a part of a block is hashed when the writer is closed", async () => {
  const gate = () => {
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    return { open, opened };
  };
  const [hashed, written] = [gate(), gate()];
  const sink = recording({
    write: async () => {
      sink.events.push("write");
      await written.opened;
      sink.events.push("written");
    },
  });
  const writer = new MslWriter(sink, optionsFor({ ...CONTENTS, nativeHash: false }));
  await lead(writer);
  const update = HashLinks.prototype.update;
  let parts = 0;
  const waiting = gate();
  const spy = vi.spyOn(HashLinks.prototype, "update").mockImplementation(function (this: HashLinks, bytes) {
    update.call(this, bytes);
    // The first part of this size fills the second array, while the sink writes the first one.
    if (bytes.length < MOST || ++parts !== 2) return undefined;
    waiting.open();
    return hashed.opened;
  });
  try {
    const writing = writer.memoryRegion({ ...region(1024), pageData: new Uint8Array(1024 * 1024) });
    writing.catch(() => {});
    await waiting.opened;
    hashed.open();
    const closing = writer.close();
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    written.open();
    await closing;
    await expect(writing).rejects.toThrow(expect.objectContaining({ code: "closed" }));
    expect(sink.events).toEqual(["write", "written", "close"]);
  } finally {
    spy.mockRestore();
  }
});

it("writeCapture throws the refusal of a value, also if the sink then refuses the blocks before it", async () => {
  const sink = recording({ write: failed });
  const blocks = [
    { payload: { kind: "ProcessIdentity", ...IDENTITY } },
    { payload: { kind: "ModuleListIndex", entries: [] } },
    { payload: { kind: "RelatedDump", ...RELATED, relatedPid: -1 } },
  ] as const;
  await expect(writeCapture(sink, { header: HEADER, blocks })).rejects.toThrow(expect.objectContaining({ code: "bad-value" }));
  expect(sink.events).toEqual(["close"]);
});
