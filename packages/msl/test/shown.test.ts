import { inspect } from "node:util";
import { blake3, ChainBreaks } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { hexText } from "../src/format/layout/uuid-text.js";
import { inspectCapture, MslError, MslSliceReader, openCapture, reportJson, verifyCapture, verifyStream } from "../src/index.js";
import { concludeReport } from "../src/verify/report.js";
import { expectation, fixtureBytes, READABLE } from "./fixtures.js";

const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value));

/** Keys of byte arrays that became objects, private fields that vanished. */
const LOST = /"0":|\{\}|Uint8Array|\[Object\]|<ref/;

describe("a report", () => {
  it("says in JSON which links are broken, with hashes in hexadecimal", async () => {
    const bytes = fixtureBytes("x-flip-middle");
    const report = throughJson(await verifyCapture(bytes));
    expect(report).toMatchObject({ outcome: "altered", breakCount: 1, fileHash: { status: "mismatch" } });
    // Blocks 5 and 6 as the capture stores them, hashed and read here.
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

  it("says them in console.log too", async () => {
    const report = await verifyCapture(fixtureBytes("x-flip-middle"));
    const text = inspect(report, { depth: 4 });
    expect(text).toMatch(/^VerifyReport \{/);
    expect(text).toContain("previousOffset: 1104");
    expect(text).toContain(hexText(report.fileHash.stored ?? new Uint8Array(0)));
    expect(text).not.toMatch(/Uint8Array|ChainBreaks \{\}/);
    expect(inspect(report.breaks)).toMatch(/^ChainBreaks\(1\) \[/);
    expect(throughJson(report.breaks)).toMatchObject({ count: 1, first: [{ index: 6 }] });
  });

  it("has the form that the recorded values of captures have", async () => {
    for (const name of READABLE) {
      const { integrity, verdict } = throughJson(reportJson(await verifyCapture(fixtureBytes(name))));
      const { wire, verdict: recorded } = expectation(name).integrity;
      expect(verdict, name).toBe(recorded);
      for (const field of ["fileHashStored", "fileHashComputed", "chainBreaks", "blocks"] as const) {
        if (wire[field] !== undefined && wire[field] !== null) expect(integrity[field], `${name} ${field}`).toEqual(wire[field]);
      }
    }
  });

  it("lists the first 1,000 of very many broken links, and counts all", () => {
    const breaks = new ChainBreaks();
    const hash = new Uint8Array(32);
    for (let index = 1; index <= 2500; index++)
      breaks.add({ index, offset: index * 80, previousOffset: 0, computed: hash, stored: hash });
    const report = concludeReport({
      encrypted: null,
      hashAlgo: 0,
      hasher: "core-wasm",
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

  it("is the same whichever way the capture came", async () => {
    const bytes = fixtureBytes("x-wrong-prevhash");
    const { elapsedMs: _, ...fromStream } = throughJson(await verifyStream(new Blob([new Uint8Array(bytes)]).stream()));
    const { elapsedMs: __, ...fromCapture } = throughJson(await verifyCapture(bytes));
    expect(fromStream).toEqual(fromCapture);
  });
});

describe("what a capture gives", () => {
  it("serialises whole, every object of every capture, and loses nothing that it says", async () => {
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
        // A payload cut off in its first field has nothing to give.
        expect(JSON.stringify(object).replace('"partial":{}', ""), name).not.toMatch(LOST);
        expect(JSON.stringify(object)?.length, name).toBeGreaterThan(10);
        expect(inspect(object, { depth: 9 }), name).not.toMatch(/ \{\}$|Uint8Array/);
      }
    }
  });

  it("writes addresses as 0x text, other u64 as decimal text, bytes in hexadecimal", async () => {
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

  it("keeps the own properties of plain objects, so that copies and messages to workers stay what they were", async () => {
    const { header } = await openCapture(fixtureBytes("ms-basic-plain"));
    expect(Object.keys(header)).not.toContain("toJSON");
    expect(structuredClone(header)).toEqual({ ...header });
  });
});

it("shows an encrypted capture's parameters, and an error with its message and place", async () => {
  const { encryption } = await inspectCapture(fixtureBytes("md-enc-aes-passphrase"));
  expect(throughJson(encryption)).toMatchObject({
    nonceHex: hexText(encryption?.nonce ?? new Uint8Array(0)),
    secret: "passphrase",
  });
  const error = new MslError("truncated", "The file ends", { offset: 7, cause: new Error("inner") });
  expect(throughJson({ error })).toEqual({ error: { name: "MslError", code: "truncated", message: "The file ends", offset: 7 } });
});
