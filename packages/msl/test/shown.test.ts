import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { blake3, ChainBreaks } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { hexText } from "../src/format/layout/uuid-text.js";
import {
  BytesSink,
  CachingSource,
  CoalescingSource,
  fileSink,
  httpSource,
  inspectCapture,
  MslError,
  MslSliceReader,
  MslWriter,
  openCapture,
  reportJson,
  verifyCapture,
  verifyStream,
} from "../src/index.js";
import { Shown } from "../src/json/shown.js";
import { concludeReport } from "../src/verify/conclude.js";
import { captureOf } from "./build-capture.js";
import { expectation, fixtureBytes, READABLE } from "./fixtures.js";

const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Text of lost values: byte arrays shown as objects with numeric keys, and objects without their private fields. */
const LOST = /"0":|\{\}|Uint8Array|\[Object\]|<ref/;

describe("a report", () => {
  it("a report as JSON lists the broken links with hashes in hexadecimal", async () => {
    const bytes = fixtureBytes("x-flip-middle");
    const report = throughJson(await verifyCapture(bytes));
    expect(report).toMatchObject({ outcome: "altered", breakCount: 1, fileHash: { status: "mismatch" } });
    // PrevHash of block 6, and the hash of block 5, read from and computed over the bytes of the capture.
    expect(report.breaks).toEqual([
      {
        index: 6,
        offset: 17608,
        previousOffset: 1104,
        stored: hexText(bytes.subarray(17608 + 48, 17608 + 80)),
        computed: hexText(blake3(bytes.subarray(1104, 17608))),
      },
    ]);
    const eoc = report.fileHash.end;
    expect(report.fileHash.stored).toBe(hexText(bytes.subarray(eoc + 80, eoc + 112)));
    expect(report.fileHash.computed).toBe(hexText(blake3(bytes.subarray(0, eoc))));
  });

  it("a report in console.log lists the broken links with hashes in hexadecimal", async () => {
    const report = await verifyCapture(fixtureBytes("x-flip-middle"));
    const text = inspect(report, { depth: 4 });
    expect(text).toMatch(/^VerifyReport \{/);
    expect(text).toContain("previousOffset: 1104");
    expect(text).toContain(hexText(report.fileHash.stored ?? new Uint8Array(0)));
    expect(text).not.toMatch(/Uint8Array|ChainBreaks \{\}/);
    expect(inspect(report.breaks)).toMatch(/^ChainBreaks\(1\) \[/);
    expect(throughJson(report.breaks)).toMatchObject({ count: 1, first: [{ index: 6 }] });
  });

  it("reportJson has the form of the recorded values", async () => {
    for (const name of READABLE) {
      const { integrity, verdict } = throughJson(reportJson(await verifyCapture(fixtureBytes(name))));
      const { wire, verdict: recorded } = expectation(name).integrity;
      expect(verdict, name).toBe(recorded);
      for (const field of ["fileHashStored", "fileHashComputed", "chainBreaks", "blocks"] as const) {
        if (wire[field] !== undefined && wire[field] !== null) expect(integrity[field], `${name} ${field}`).toEqual(wire[field]);
      }
    }
  });

  it("a report as JSON lists the first 1,000 broken links, and counts all", () => {
    const breaks = new ChainBreaks();
    const hash = new Uint8Array(32);
    for (let index = 1; index <= 2500; index++)
      breaks.add({ index, offset: index * 80, previousOffset: 0, computed: hash, stored: hash });
    const report = concludeReport({
      encrypted: null,
      hashAlgo: 0,
      hasher: "core-wasm",
      threads: { used: 1, asked: 1, reason: null },
      anchor: "header-hash",
      breaks,
      firstBadBlock: null,
      fileHash: { status: "absent", stored: null, computed: null, end: null },
      blockCount: { declared: 0, counted: 2501 },
      blocks: 2501,
      eocIndex: null,
      truncatedBlock: null,
      trailingBytes: 0,
      appended: [],
      announcedButMissing: [],
      explanation: null,
      strict: false,
      bytes: 1,
      elapsedMs: 1,
    });
    const plain = throughJson(report);
    expect([plain.breaks.length, plain.breakCount, plain.breaks.at(-1).index]).toEqual([1000, 2500, 1000]);
    const { integrity } = throughJson(reportJson(report));
    expect([integrity.breaks.length, integrity.chainBreaks.length, integrity.breakCount]).toEqual([1000, 1000, 2500]);
    expect(throughJson(breaks)).toMatchObject({ count: 2500 });
    expect(throughJson(breaks).first).toHaveLength(1000);
  });

  it("a report as JSON is the same for a source and for a stream", async () => {
    const bytes = fixtureBytes("x-wrong-prevhash");
    const { elapsedMs: _, ...fromStream } = throughJson(await verifyStream(new Blob([new Uint8Array(bytes)]).stream()));
    const { elapsedMs: __, ...fromCapture } = throughJson(await verifyCapture(bytes, { threads: 1 }));
    expect(fromStream).toEqual(fromCapture);
  });
});

describe("what a capture gives", () => {
  it("every object of a capture can be serialised as JSON without losing a value", async () => {
    for (const name of READABLE) {
      const capture = await openCapture(fixtureBytes(name));
      const read: unknown[] = [];
      for await (const deviation of capture.crossCheck()) read.push(deviation);
      for await (const range of capture.memory.ranges()) read.push(range, await capture.memory.read(range.start, 64));
      const objects: unknown[] = [
        capture,
        capture.header,
        await inspectCapture(fixtureBytes(name)),
        capture.blocks,
        ...capture.blocks,
        ...(await capture.regions()),
        ...(await Promise.all((await capture.regions()).map((region) => region.pages()))),
        ...(await capture.modules()),
        ...(await capture.keyHints()),
        ...(await Promise.all([...capture.blocks].map((block) => block.decode()))),
        ...read,
        new MslSliceReader(fixtureBytes(name)),
      ];
      for (const object of objects) {
        // A payload that is cut off in its first field has no fields.
        expect(JSON.stringify(object).replace('"partial":{}', ""), name).not.toMatch(LOST);
        expect(JSON.stringify(object)?.length, name).toBeGreaterThan(10);
        expect(inspect(object, { depth: 9 }), name).not.toMatch(/ \{\}$|Uint8Array/);
      }
    }
  });

  it("JSON of a payload has addresses as 0x text, other u64 as decimal text, and bytes in hexadecimal", async () => {
    const capture = await openCapture(fixtureBytes("ms-basic-plain"));
    const recorded = expectation("ms-basic-plain");
    const { timestampNs, dumpUuid, capBitmap } = throughJson(capture.header);
    expect({ timestampNs, dumpUuid, capBitmap }).toEqual({
      timestampNs: String(recorded.header["timestampNs"]),
      dumpUuid: recorded.header["dumpUuid"],
      capBitmap: String(recorded.header["capBitmap"]),
    });
    for (const block of recorded.blocks) {
      const { payload } = throughJson(await capture.blocks.at(Number(block["index"])).decode());
      const { baseAddr, regionSize } = block["payload"] as Record<string, unknown>;
      if (baseAddr === undefined) continue;
      expect(BigInt(payload.baseAddr)).toBe(BigInt(String(baseAddr)));
      expect(payload.baseAddr).toMatch(/^0x/);
      if (regionSize !== undefined) expect(payload.regionSize).toBe(String(BigInt(String(regionSize))));
    }
  });

  it("objects with a JSON form keep their properties in copies and in messages to workers", async () => {
    const { header } = await openCapture(fixtureBytes("ms-basic-plain"));
    expect(Object.keys(header)).not.toContain("toJSON");
    expect(structuredClone(header)).toEqual({ ...header });
  });
});

it("JSON of an encrypted capture has its parameters, and JSON of an error its message and place", async () => {
  const { encryption } = await inspectCapture(fixtureBytes("md-enc-aes-passphrase"));
  expect(throughJson(encryption)).toMatchObject({
    nonceHex: hexText(encryption?.nonce ?? new Uint8Array(0)),
    secret: "passphrase",
  });
  const error = new MslError("truncated", "The file ends", { offset: 7, cause: new Error("inner") });
  expect(throughJson({ error })).toEqual({ error: { name: "MslError", code: "truncated", message: "The file ends", offset: 7 } });
});

describe("what works on a capture", () => {
  it("JSON of an address space has the number of regions, once they have been looked for", async () => {
    const { memory } = await openCapture(fixtureBytes("ms-basic-plain"));
    expect(inspect(memory)).toBe("AddressSpace { regions: null }");
    await memory.stateAt(0n);
    const regions = expectation("ms-basic-plain").blocks.filter(({ type }) => Number(type) === 1).length;
    expect(regions).toBeGreaterThan(0);
    expect(inspect(memory)).toBe(`AddressSpace { regions: ${regions} }`);
    expect(throughJson(memory)).toEqual({ regions });
  });

  it("JSON of references counts them, the dangling ones, and repeated UUIDs", async () => {
    const bytes = captureOf([
      { type: 0x700, uuid: 1 },
      { type: 0x701, uuid: 2, parent: 1 },
      { type: 0x702, uuid: 3, parent: 9 },
      { type: 0x703, uuid: 1 },
    ]);
    const references = await (await openCapture(bytes)).references();
    expect(throughJson(references)).toEqual({ blocks: 4, children: 1, dangling: 1, duplicates: 1 });
    expect(inspect(references)).toBe("References { blocks: 4, children: 1, dangling: 1, duplicates: 1 }");
  });

  it("JSON of a writer tells what was written, and no secret", async () => {
    const sink = new BytesSink();
    const writer = new MslWriter(sink, {
      header: { osType: 1, archType: 1, pid: 77 },
      contents: ["MemoryRegion"],
      encryption: { passphrase: "hunter2-hunter2" },
    });
    expect(throughJson(writer)).toMatchObject({ blocks: 0, header: { pid: 77 }, resumption: null });
    for (const text of [inspect(writer, { depth: 9 }), JSON.stringify(writer)]) {
      expect(text).toMatch(/pid/);
      expect(text).not.toMatch(/hunter2|Uint8Array|\[Object\]/);
    }
  });

  it("console.log shows the name of a class without the prefix of a bundler", () => {
    const Bundled = class _Bundled extends Shown {
      toJSON() {
        return { size: 1 };
      }
    };
    expect(inspect(new Bundled())).toBe("Bundled { size: 1 }");
    expect(inspect(new Bundled(), { depth: -1 })).toBe("[Bundled]");
  });

  it("JSON of a sink in memory has the number of its bytes", () => {
    const sink = new BytesSink();
    sink.write(new Uint8Array(40));
    sink.write(new Uint8Array(2));
    expect(inspect(sink)).toBe("BytesSink { size: 42 }");
    expect(throughJson(sink)).toEqual({ size: 42 });
  });

  it("JSON of a file sink names the file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "memslice-shown-"));
    try {
      const path = join(folder, "a.msl");
      const sink = await fileSink(path);
      expect(throughJson(sink)).toEqual({ path, closed: false });
      await sink.close?.();
      expect(inspect(sink, { breakLength: 500 })).toBe(`FileSink { path: '${path}', closed: true }`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("JSON of a source has its size and limits, and its address without query and password", async () => {
    const answer = async (_url: unknown, { method }: { method?: string } = {}) => {
      const headers = { "content-length": "1000", "accept-ranges": "bytes" };
      return method === "HEAD" ? new Response(null, { headers }) : new Response(new Uint8Array(10), { status: 206 });
    };
    const http = await httpSource("https://ann:pass-word@evidence.test/a.msl?signature=s3cret-s3cret", {
      fetch: answer as typeof fetch,
      headers: { authorization: "Bearer t0ken-t0ken" },
    });
    const caching = new CachingSource(new CoalescingSource(http), { pageSize: 512, maxBytes: 4096 });
    expect(throughJson(caching)).toEqual({
      size: 1000,
      metered: true,
      pageSize: 512,
      maxBytes: 4096,
      keptBytes: 0,
      source: {
        size: 1000,
        metered: true,
        maxGap: 16_384,
        maxLength: 1_048_576,
        source: { address: "https://evidence.test/a.msl", size: 1000, closed: false },
      },
    });
    const text = inspect(caching, { depth: 9 });
    expect(text).toMatch(/^CachingSource \{.*CoalescingSource \{.*HttpSource \{.*'https:\/\/evidence\.test\/a\.msl'/s);
    expect(text + JSON.stringify(caching)).not.toMatch(/s3cret|pass-word|t0ken/);
  });

  it("JSON of a wrapper shows nothing of a source that the caller made", async () => {
    const own = { url: "https://evidence.test/?key=s3cret-s3cret", size: 16, read: async () => new Uint8Array(16) };
    const caching = new CachingSource(own);
    await caching.read(0, 16);
    expect(throughJson(caching)).toMatchObject({ size: 16, keptBytes: 16 });
    expect(inspect(caching, { depth: 9 }) + JSON.stringify(caching)).not.toMatch(/s3cret/);
  });
});
