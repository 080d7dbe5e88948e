import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { describeReport, openCapture, type VerifyReport, verifyCapture, verifyStream } from "../src/index.js";
import { type ChainedBlock, chainedCapture, noise } from "./chained-blocks.js";
import { expectation, fixtureBytes } from "./fixtures.js";
import { concatenated, vectorV1 } from "./vectors.js";

const folder = mkdtempSync(join(tmpdir(), "msl-appended-"));
afterAll(() => rmSync(folder, { recursive: true }));

const END: ChainedBlock = { type: 0x0fff, payload: new Uint8Array(48) };
const region = (bytes = 64): ChainedBlock => ({ type: 0x0001, payload: noise(bytes) });

/** The header of vector V1 with BlockCount 0 and the given CapBitmap. */
function headerWith(capBitmap: number): Uint8Array {
  const header = vectorV1(0).slice(0, 64);
  header.set([0, 0, 0, 0], 0x39);
  new DataView(header.buffer).setBigUint64(0x10, BigInt(capBitmap), true);
  return header;
}

/** A capture of linked blocks. Blocks behind End-of-Capture are linked, too, because anybody who appends a block can link it. */
const capture = (blocks: readonly ChainedBlock[], capBitmap = 0x1) => chainedCapture(headerWith(capBitmap), blocks);

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The reports of all ways to verify: from memory, as a stream in pieces, by threads from memory and from a file. */
async function everyReport(bytes: Uint8Array): Promise<VerifyReport[]> {
  const path = join(folder, "capture.msl");
  writeFileSync(path, bytes);
  return [
    await verifyCapture(bytes),
    await verifyStream(inPieces(bytes, 7)),
    await verifyStream(inPieces(bytes, 100_000)),
    await verifyCapture(bytes, { threads: 2 }),
    await verifyCapture(path, { threads: 2 }),
  ];
}

describe("blocks behind End-of-Capture", () => {
  it("linked blocks behind End-of-Capture are in the report, its verdict and a sentence, and make the capture incomplete", async () => {
    for (const report of await everyReport(
      capture([region(), END, region(700_000), region(), { type: 0x0020, payload: noise(9) }]),
    )) {
      expect(report).toMatchObject({
        verdict: "chain-ok+filehash-ok+appended-blocks",
        outcome: "incomplete",
        appended: [
          { type: 0x0001, typeName: "MemoryRegion", count: 2 },
          { type: 0x0020, typeName: "KeyHint", count: 1 },
        ],
      });
      expect([...report.breaks]).toEqual([]);
      expect(describeReport(report)).toContain(
        "3 blocks follow End-of-Capture (2 MemoryRegion, 1 KeyHint): added after the capture was finished; not part of the capture, and not covered by FileHash",
      );
    }
  });

  it("blocks behind End-of-Capture of types for analysis tools do not change the outcome, and are named", async () => {
    for (const type of [0x1001, 0x1003, 0x1fff]) {
      for (const report of await everyReport(capture([region(), END, { type, payload: noise(40) }]))) {
        expect(report).toMatchObject({ verdict: "chain-ok+filehash-ok", outcome: "intact", appended: [{ type, count: 1 }] });
        expect(describeReport(report).join("\n")).toMatch(
          /1 block follows End-of-Capture \(1 .*\): an appendix as analysis tools add it/,
        );
      }
    }
  });

  it("a block behind End-of-Capture of a type not for analysis tools, such as a second End-of-Capture, makes the capture incomplete", async () => {
    for (const type of [0x0fff, 0x2000, 0x0040]) {
      const bytes = capture([region(), END, { type: 0x1003, payload: noise(40) }, { type, payload: noise(48) }]);
      for (const report of await everyReport(bytes)) expect([type, report.outcome]).toEqual([type, "incomplete"]);
    }
  });

  it("an altered capture with blocks behind End-of-Capture is reported as altered", async () => {
    const bytes = capture([region(), END, region()]);
    bytes[64 + 90] = (bytes[64 + 90] ?? 0) ^ 1;
    expect(await verifyCapture(bytes)).toMatchObject({
      outcome: "altered",
      verdict: "chain-broken+filehash-mismatch+appended-blocks",
    });
  });

  it("reports of sample captures name the blocks behind End-of-Capture that analysis tools added", async () => {
    const appended = await verifyCapture(fixtureBytes("x-append-after-eoc"));
    expect(appended).toMatchObject({ verdict: "chain-ok+filehash-ok", outcome: "intact" });
    expect(describeReport(appended).join("\n")).toMatch(/1 VasMap/);
    const graph = await verifyCapture(fixtureBytes("md-pointer-graph"));
    expect(graph.verdict).toBe(expectation("md-pointer-graph").integrity.verdict);
    expect(describeReport(graph).join("\n")).toMatch(/1 PointerGraph/);
    const sealed = await verifyCapture(fixtureBytes("md-enc-xchacha-raw"), { keys: keysOf(expectation("md-enc-xchacha-raw")) });
    expect(sealed).toMatchObject({ verdict: "aead-ok", outcome: "intact", appended: [{ type: 0x1003, count: 1 }] });
    expect(describeReport(sealed).join("\n")).toMatch(/1 PointerGraph.*covered by the AEAD tag only/);
  });

  it("bytes behind End-of-Capture without a block header are counted as trailing bytes", async () => {
    for (const report of await everyReport(concatenated(capture([region(), END]), new Uint8Array(200)))) {
      expect(report).toMatchObject({ outcome: "intact", appended: [], trailingBytes: 200 });
    }
  });

  it("a block behind End-of-Capture that is cut off is counted, and a capture cut off in End-of-Capture has none", async () => {
    const whole = capture([region(), END, region()]);
    for (const report of await everyReport(whole.subarray(0, whole.length - 1))) {
      expect(report).toMatchObject({ truncatedBlock: 2, appended: [{ count: 1 }], outcome: "incomplete" });
    }
    const cut = capture([region(), END]);
    for (const report of await everyReport(cut.subarray(0, cut.length - 1))) {
      expect(report).toMatchObject({ truncatedBlock: 1, appended: [], eocIndex: null });
    }
  });
});

describe("kinds of blocks that CapBitmap announces", () => {
  it("kinds that CapBitmap announces are reported as missing if no block has them, also in an intact capture", async () => {
    // CapBitmap announces memory regions, modules, threads and key hints, as after an acquisition that was aborted.
    const bytes = capture([{ type: 0x0040, payload: noise(40) }, { type: 0x0010, payload: noise(16) }, END], 0x507);
    for (const report of await everyReport(bytes)) {
      expect(report).toMatchObject({
        outcome: "intact",
        announcedButMissing: ["MemoryRegions", "ThreadContexts", "CryptoHints"],
      });
      expect(describeReport(report)).toContain(
        "CapBitmap announces MemoryRegions, ThreadContexts, CryptoHints, but there are no such blocks: they were not captured, or not written",
      );
    }
    expect((await openCapture(bytes)).announcedButMissing).toEqual(["MemoryRegions", "ThreadContexts", "CryptoHints"]);
  });

  it("kinds that CapBitmap announces are missing if only blocks behind End-of-Capture have them", async () => {
    for (const report of await everyReport(capture([{ type: 0x0040, payload: noise(40) }, END, region()], 0x101))) {
      expect(report.announcedButMissing).toEqual(["MemoryRegions"]);
    }
  });

  it("the report and the opened capture list the same missing kinds of an encrypted capture", async () => {
    const report = await verifyCapture(fixtureBytes("md-enc-aes-raw"), { keys: keysOf(expectation("md-enc-aes-raw")) });
    const opened = await openCapture(fixtureBytes("md-enc-aes-raw"), { keys: keysOf(expectation("md-enc-aes-raw")) });
    expect(report.announcedButMissing).toEqual(opened.announcedButMissing);
  });
});
