import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { BytesSink, fileSink, MslSliceReader, MslWriter, openCapture, type ResumeOptions, transcode } from "../src/index.js";
import { BytesSource } from "../src/source/source.js";
import { fixtureBytes } from "./fixtures.js";
import { CountingSource } from "./support/counting-source.js";
import { concatenated } from "./vectors.js";
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
  ROW,
  region,
  requireConforming,
  uuidSource,
} from "./write-support.js";

const folder = mkdtempSync(join(tmpdir(), "msl-resume-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Resumes a capture in memory. `all` returns the kept bytes followed by the bytes that were written since. */
async function resumed(bytes: Uint8Array, options: ResumeOptions = {}) {
  const sink = new BytesSink();
  let kept = 0;
  const append = (offset: number) => {
    kept = offset;
    return sink;
  };
  // UUIDs that the first writer has not used.
  let count = 0;
  const uuid = () => `dddddddd-0000-4000-8000-${(++count).toString(16).padStart(12, "0")}`;
  const writer = await MslWriter.resume({ source: new BytesSource(bytes), append }, { uuid, timestamp: () => 78n, ...options });
  return { writer, kept, all: () => concatenated(bytes.subarray(0, kept), sink.bytes()) };
}

/** The steps that write an investigation with blocks of every kind, each step one block. */
const options = () =>
  optionsFor({
    header: { ...HEADER, investigation: true },
    contents: ["ModuleEntry", "MemoryRegion", "KeyHint", "ProcessTable", "ConnectivityTable"],
    blockCount: 11,
    compression: "zstd",
  });
const UUID = "eeeeeeee-0000-4000-8000-000000000001";
const FIRST = "eeeeeeee-0000-4000-8000-000000000002";
const STEPS: readonly ((writer: MslWriter) => Promise<unknown>)[] = [
  (writer) => writer.processIdentity(IDENTITY),
  (writer) => writer.moduleListIndex({ entries: [MODULE] }),
  (writer) => writer.systemContext(CONTEXT),
  (writer) => writer.processTable({ entries: [PROCESS] }),
  (writer) => writer.connectivityTable({ rows: [ROW] }),
  (writer) => writer.moduleEntry(MODULE),
  (writer) => writer.memoryRegion(region(2), { uuid: UUID, hasKeyHints: true }),
  (writer) => writer.memoryRegion(region(3, 0x20_0000n), { uuid: FIRST, hasChildren: true, compression: "none" }),
  (writer) => writer.memoryRegion(region(1, 0x20_0c00n), { continuationOf: FIRST }),
  (writer) => writer.keyHint({ ...HINT, regionUuid: UUID, regionOffset: 0n }),
];
/** Kinds that no block announces after the first blocks are cut off. */
const LATER = { contents: ["ModuleEntry", "ConnectivityTable"] } as const;

async function whole(): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, options());
  for (const step of STEPS) await step(writer);
  await writer.end();
  return sink.bytes();
}

describe("a capture cut off at any byte", () => {
  it("a resumed writer continues a capture behind its last complete block, and the result verifies", async () => {
    const bytes = await whole();
    const blocks = [...new MslSliceReader(bytes)];
    const ends = [64, ...blocks.map(({ offset, length }) => offset + length)];
    const cuts = new Set(
      ends
        .slice(0, -1)
        .flatMap((end, i) => [end, end + 1, end + 3, end + 4, end + 79, end + 80, end + 81, (ends[i + 1] ?? end) - 1]),
    );
    for (const cut of cuts) {
      const complete = ends.filter((end) => end <= cut).length - 1;
      const { writer, kept, all } = await resumed(bytes.subarray(0, cut), { ...LATER, compression: "zstd" });
      expect(writer.resumption).toEqual({ blocks: complete, discarded: cut - kept });
      expect([writer.blocks, writer.size, kept]).toEqual([complete, ends[complete], ends[complete]]);
      for (const step of STEPS.slice(complete)) await step(writer);
      await writer.end();
      await requireConforming(all());
      expect(new MslSliceReader(all()).length).toBe(11);
    }
  });

  it("a resumed writer writes the bytes that an uninterrupted writer writes", async () => {
    const bytes = await whole();
    const cut = new MslSliceReader(bytes).at(7).offset + 100;
    let given = 6;
    const uuids = Array.from({ length: 20 }, uuidSource());
    const blocks = [...new MslSliceReader(bytes)];
    given = uuids.indexOf(blocks[8]?.uuid ?? "");
    const { writer, all } = await resumed(bytes.subarray(0, cut), {
      ...LATER,
      compression: "zstd",
      uuid: () => uuids[given++] ?? "",
      timestamp: () => 77n,
    });
    for (const step of STEPS.slice(7)) await step(writer);
    await writer.end();
    expect(all()).toEqual(bytes);
  });

  it("a resumed writer cuts off zeros that the file system appended", async () => {
    const bytes = await whole();
    const { offset } = new MslSliceReader(bytes).at(7);
    for (const zeros of [5, 80, 5000]) {
      const { writer } = await resumed(concatenated(bytes.subarray(0, offset), new Uint8Array(zeros)));
      expect(writer.resumption).toEqual({ blocks: 7, discarded: zeros });
    }
  });

  it("a resumed writer demands the blocks that were announced before the interruption", async () => {
    const bytes = await whole();
    const at = (index: number) => bytes.subarray(0, new MslSliceReader(bytes).at(index).offset);
    const last = async (index: number) => (await resumed(at(index), LATER)).writer.end();
    await expect(last(10)).resolves.toMatchObject({ blocks: 11 });
    await expect(last(9)).rejects.toThrow("the header announces KeyHint");
    await expect(last(6)).rejects.toThrow("the header announces MemoryRegion, KeyHint");
    const hintless = await resumed(at(9));
    const wrong = { ...HINT, regionUuid: UUID, regionOffset: 2040n };
    await expect(hintless.writer.keyHint(wrong)).rejects.toThrow("pass the 2048 bytes of page data");
    await expect(hintless.writer.memoryRegion(region(1), { uuid: FIRST })).rejects.toThrow("an earlier block has it already");
    const { writer } = await resumed(at(8));
    await writer.keyHint({ ...HINT, regionUuid: UUID, regionOffset: 0n });
    await writer.memoryRegion(region(1));
    await expect(writer.end()).rejects.toThrow("Block 7 has HasChildren, but no block names it as its parent");
  });
});

describe("a capture that cannot be continued", () => {
  const refused = async (bytes: Uint8Array, message: RegExp, given: ResumeOptions = {}) => {
    await expect(resumed(bytes, given)).rejects.toMatchObject({ code: "not-resumable", message: expect.stringMatching(message) });
  };

  it("a writer does not resume a capture with End-of-Capture", async () =>
    refused(await whole(), /it has an End-of-Capture, block 10/));

  it("a writer does not resume a capture whose chain is broken", async () => {
    const bytes = await whole();
    const { offset } = new MslSliceReader(bytes).at(7);
    const altered = bytes.slice(0, offset);
    altered[64 + 90] = (altered[64 + 90] ?? 0) ^ 1;
    await refused(altered, /block 1 at offset \d+: its PrevHash is not the hash of what stands before it/);
    const header = bytes.slice(0, offset);
    header[0x34] = 99;
    await refused(header, /block 0 at offset 64: its PrevHash/);
  });

  it("a writer does not resume an encrypted capture", async () => {
    const bytes = (await whole()).slice(0, 500);
    bytes[0x0c] = 4;
    bytes[9] = 128;
    await refused(bytes, /it is encrypted/);
  });

  it("a writer does not resume a capture whose header and blocks contradict each other", async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"], blockCount: 4, flush: "block" });
    await lead(writer);
    await writer.memoryRegion(region(1));
    const bytes = sink.bytes();
    await refused(bytes, /blockCount is 4, but contents and End-of-Capture make 5/, { contents: ["KeyHint"] });
    const { sink: other, writer: uncounted } = begin({ contents: ["MemoryRegion"], flush: "block" });
    await lead(uncounted);
    await refused(other.bytes(), /CapBitmap is 0x103, but contents and blocks make 0x503/, { contents: ["KeyHint"] });
    await refused(bytes, /the options redact fields, but the header's Redacted flag/, {
      redact: { ProcessIdentity: ["cmdLine"] },
    });
    const { writer: full } = await resumed(bytes);
    await expect(full.memoryRegion(region(1))).rejects.toThrow("more blocks than blockCount, 4");
    await full.end();
  });

  it("a writer does not resume a capture with other bytes than a torn block behind its last block", async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"], flush: "block" });
    await lead(writer);
    const bytes = sink.bytes();
    await refused(concatenated(bytes, Buffer.from("not a block")), /the 11 bytes at offset \d+ are no block that was cut off/);
    await refused(concatenated(bytes, Buffer.from("MSL?".padEnd(200, "x"))), /are no block that was cut off/);
    await refused(concatenated(bytes, Buffer.from("MSLC".padEnd(200, "\0"))), /are no block that was cut off/);
  });

  it("a writer does not resume a capture in which a damaged BlockLength hides the blocks behind it", async () => {
    const { sink, writer } = begin({ contents: ["MemoryRegion"], flush: "block" });
    await lead(writer);
    for (let i = 0; i < 5; i++) await writer.memoryRegion(region(2));
    const bytes = sink.bytes();
    const { offset } = new MslSliceReader(bytes).at(3);
    bytes[offset + 11] = 0x7f;
    await refused(bytes, /block 3 is cut off, but its pages need 2048 bytes where its BlockLength has \d+/);
  });

  it("a writer does not resume a capture of another producer", async () => {
    await refused(fixtureBytes("ms-noeoc"), /its header is not that of a 1.1 writer: Version 1.0/);
    await refused(fixtureBytes("lm-noeoc-v11"), /CapBitmap is 0x3, but contents and blocks make 0x103/);
    await refused(fixtureBytes("md-noeoc"), /blockCount is 3, but contents and End-of-Capture make 4/);
    await expect(resumed(fixtureBytes("x-bad-magic"))).rejects.toMatchObject({ code: "not-msl" });
    await expect(resumed(new Uint8Array(20))).rejects.toMatchObject({ code: "not-msl" });
  });

  it("the file of a capture that cannot be resumed stays unchanged", async () => {
    const path = join(folder, "finished.msl");
    const bytes = await whole();
    writeFileSync(path, bytes);
    await expect(MslWriter.resume(path)).rejects.toMatchObject({ code: "not-resumable" });
    expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
    await expect(MslWriter.resume(join(folder, "none.msl"))).rejects.toMatchObject({ code: "source" });
  });
});

describe("capture files", () => {
  it.each(["block", "end", "never"] as const)("writes, cuts off and continues a file, with sync %s", async (sync) => {
    const path = join(folder, `${sync}.msl`);
    const writer = new MslWriter(await fileSink(path, { sync }), options());
    for (const step of STEPS.slice(0, 8)) await step(writer);
    await writer.close();
    writeFileSync(path, "MSLC and what is left of it", { flag: "a" });
    const again = await MslWriter.resume(path, { sync, compression: "zstd" });
    expect(again.resumption).toEqual({ blocks: 8, discarded: 27 });
    expect(statSync(path).size).toBe(again.size);
    for (const step of STEPS.slice(8)) await step(again);
    const { size } = await again.end();
    expect(statSync(path).size).toBe(size);
    await requireConforming(readFileSync(path));
  });

  it("a writer does not replace a file without `overwrite`", async () => {
    const path = join(folder, "taken.msl");
    writeFileSync(path, "evidence");
    await expect(fileSink(path)).rejects.toMatchObject({ code: "sink" });
    expect(readFileSync(path, "utf8")).toBe("evidence");
    const sink = await fileSink(path, { overwrite: true });
    await sink.close?.();
    expect(statSync(path).size).toBe(0);
    await expect(fileSink(join(folder, "no", "such", "folder"))).rejects.toMatchObject({ code: "sink" });
  });

  it("a file can be read up to the last complete block while it is written", async () => {
    const path = join(folder, "live.msl");
    const writer = new MslWriter(await fileSink(path), { ...options(), flush: "block" });
    for (const [i, step] of STEPS.entries()) {
      await step(writer);
      const capture = await openCapture(path);
      expect(capture.blocks.length).toBe(i + 1);
      expect((await capture.verify()).verdict).toBe("chain-ok+no-eoc");
      await capture.close();
    }
    await writer.end();
  });
});

it("resume reads no byte of a short file more than a few times", async () => {
  const bytes = (await whole()).subarray(0, 1500);
  const source = new CountingSource(bytes);
  await MslWriter.resume({ source, append: () => new BytesSink() }, LATER);
  // Every byte is read for the chain; headers of blocks, and payloads that announce blocks, are read again.
  expect(source.bytesRead).toBeLessThan(6 * bytes.length);
});

describe("a resumed capture that lacks announced blocks", () => {
  /** The capture up to the region whose Key Hint was never written. */
  async function cutOff(steps: number): Promise<Uint8Array> {
    const { sink, writer } = begin({ contents: ["ModuleEntry", "MemoryRegion", "KeyHint"], blockCount: 6 });
    const calls = [
      () => writer.processIdentity(IDENTITY),
      () => writer.moduleListIndex({ entries: [MODULE] }),
      () => writer.moduleEntry(MODULE),
      () => writer.memoryRegion(region(2), { uuid: UUID, hasKeyHints: true }),
    ];
    for (const call of calls.slice(0, steps)) await call();
    await writer.close();
    return sink.bytes();
  }

  it("a writer refuses to end a resumed capture that lacks announced blocks, and its message names both remedies", async () => {
    const { writer } = await resumed(await cutOff(4));
    await expect(writer.end()).rejects.toMatchObject({
      code: "plan",
      message: expect.stringMatching(
        /announces KeyHint; write it, or give up .* end\(\{ abandon: true \}\).* transcode makes a conforming capture/,
      ),
    });
    await writer.close();
  });

  it("a writer ends a resumed capture with `abandon`, and lists the missing blocks", async () => {
    const { writer, all } = await resumed(await cutOff(4));
    const { abandoned, blocks } = await writer.end({ abandon: true });
    expect(blocks).toBe(5);
    expect(abandoned?.map(({ kind, count, block }) => [kind, count, block])).toEqual([
      ["type", 1, undefined],
      ["block-count", 1, 4],
      ["key-hints", 1, 3],
    ]);
    expect(abandoned?.[0]?.message).toBe("End-of-Capture after 4 blocks, but the header announces KeyHint");
    const capture = await openCapture(all());
    const found = [...capture.deviations];
    for await (const deviation of capture.crossCheck()) found.push(deviation);
    const ids = new Set(found.map(({ id }) => id));
    expect([...ids].sort()).toEqual(["HDR-BLOCKCOUNT", "HDR-CAPBITMAP", "REF-FLAGS"]);
    const report = await capture.verify();
    expect(report.verdict).toContain("filehash-ok");
    expect(report.blockCount).toMatchObject({ declared: 6, counted: 5 });
  });

  it("the result of an abandoned capture lists the number of missing modules, and types of which no block was written", async () => {
    const { writer } = await resumed(await cutOff(2));
    const { abandoned } = await writer.end({ abandon: true });
    expect(abandoned?.map(({ kind, count }) => [kind, count])).toEqual([
      ["type", 3],
      ["block-count", 1],
      ["module", 1],
      ["children", 1],
    ]);
  });

  it("transcode makes a conforming capture of one that was ended with `abandon`", async () => {
    const { writer, all } = await resumed(await cutOff(4));
    await writer.end({ abandon: true });
    const sink = new BytesSink();
    const report = await transcode(all(), sink);
    expect(report.output.conforming).toBe(true);
    await requireConforming(sink.bytes());
  });

  it("the result of `abandon` lists nothing if no block is missing", async () => {
    const { writer } = await resumed(await cutOff(4));
    const regionOffset = 0n;
    await writer.keyHint({ ...HINT, regionUuid: UUID, regionOffset });
    expect((await writer.end({ abandon: true })).abandoned).toBeUndefined();
  });

  it("a writer refuses `abandon` for a capture that was not resumed", async () => {
    const { writer } = begin({ contents: ["MemoryRegion"], flush: "block" });
    await lead(writer);
    await expect(writer.end({ abandon: true })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("abandon"),
    });
    await writer.close();
  });
});

describe("a file that is synchronised", () => {
  /** How often fdatasync was called when each block was written, and fsync before and after `end`. */
  async function syncs(sync: "block" | "end" | "never") {
    const probe = await open(join(folder, `probe-${sync}`), "w");
    const prototype = Object.getPrototypeOf(probe);
    await probe.close();
    const datasync = vi.spyOn(prototype, "datasync");
    const whole = vi.spyOn(prototype, "sync");
    try {
      const writer = new MslWriter(
        await fileSink(join(folder, `synced-${sync}.msl`), { sync }),
        optionsFor({ contents: ["MemoryRegion"] }),
      );
      const behind: number[] = [];
      await writer.processIdentity(IDENTITY);
      behind.push(datasync.mock.calls.length);
      await writer.moduleListIndex({ entries: [] });
      behind.push(datasync.mock.calls.length);
      await writer.memoryRegion(region(700));
      behind.push(datasync.mock.calls.length);
      const beforeEnd = whole.mock.calls.length;
      await writer.end();
      return { behind, beforeEnd, atEnd: whole.mock.calls.length };
    } finally {
      datasync.mockRestore();
      whole.mockRestore();
    }
  }

  it("a writer synchronises the file after every block, with sync block", async () => {
    expect(await syncs("block")).toEqual({ behind: [1, 2, 3], beforeEnd: 0, atEnd: 1 });
  });

  it("a writer synchronises the file when it is closed, with sync end", async () => {
    expect(await syncs("end")).toEqual({ behind: [0, 0, 0], beforeEnd: 0, atEnd: 1 });
  });

  it("a writer does not synchronise the file, with sync never", async () => {
    expect(await syncs("never")).toEqual({ behind: [0, 0, 0], beforeEnd: 0, atEnd: 0 });
  });
});

it.each([
  ["in the second MiB", 2 ** 20 + 5, 2 ** 20 + 6],
  ["far behind", 5 * 2 ** 20 + 77, 6 * 2 ** 20],
  ["at the very end", 3 * 2 ** 20 - 1, 3 * 2 ** 20],
])("resume refuses a file with a byte among the zeros behind the last block: %s", async (_, at, size) => {
  const bytes = await whole();
  const { offset } = new MslSliceReader(bytes).at(7);
  const tail = new Uint8Array(size);
  const before = await resumed(concatenated(bytes.subarray(0, offset), tail));
  expect(before.writer.resumption).toEqual({ blocks: 7, discarded: size });
  tail[at] = 1;
  await expect(resumed(concatenated(bytes.subarray(0, offset), tail))).rejects.toMatchObject({
    code: "not-resumable",
    message: expect.stringContaining("are no block that was cut off"),
  });
});
