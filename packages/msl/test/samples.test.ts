import { describe, expect, it } from "vitest";
import { blockJson, headerJson, MslReader, MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { differences } from "./differences.js";
import { expectation, FIXTURES, fixtureBytes, fixturePath } from "./fixtures.js";

/** Types whose payloads are decoded; the others come as raw bytes. */
const DECODED = new Set([0x0001, 0x0002, 0x0010, 0x0040, 0x0fff]);
const HEADER_FIELDS = [
  "index",
  "offset",
  "type",
  "flags",
  "length",
  "payloadVersion",
  "uuid",
  "parentUuid",
  "prevHash",
  "afterEoc",
];

function pick(object: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => object[name] !== undefined).map((name) => [name, object[name]]));
}

describe.each(FIXTURES)("%s", (name) => {
  const expected = expectation(name);

  it("has the recorded header and blocks", async () => {
    const capture = await openCapture(fixturePath(name));
    try {
      expect(differences(expected.header, headerJson(capture.header))).toEqual([]);
      expect(capture.blocks.length).toBe(expected.blocks.length);
      for (const block of expected.blocks) {
        const json = await blockJson(capture.blocks.at(Number(block["index"])), { digests: true });
        expect(differences(pick(block, HEADER_FIELDS), json, `blocks[${block["index"]}]`)).toEqual([]);
        if (block["truncated"] || block["invalidPayload"]) {
          expect(json["problem"]).toBeDefined();
          expect(json["payload"]).toBeUndefined();
        } else if (block["compression"] === "none") {
          const names = [
            "compression",
            "payloadLength",
            "payloadBlake3",
            ...(DECODED.has(Number(block["type"])) ? ["payload"] : []),
          ];
          expect(differences(pick(block, names), json, `blocks[${block["index"]}]`)).toEqual([]);
        }
      }
    } finally {
      await capture.close();
    }
  });

  it("has the recorded verdict, from a file, from a Blob and from a stream", async () => {
    const bytes = fixtureBytes(name);
    const capture = await openCapture(fixturePath(name));
    const reports = [
      await capture.verify(),
      await (await openCapture(new Blob([bytes as Uint8Array<ArrayBuffer>]))).verify(),
      await verifyStream(chunks(bytes, 1000)),
    ];
    await capture.close();
    const { wire, verdict } = expected.integrity;
    for (const report of reports) {
      expect(report.verdict).toBe(verdict);
      const found = {
        anchor: report.anchor,
        chainBreaks: report.breaks.map(({ index }) => index),
        fileHash: report.fileHash.status,
        eocIndex: report.eocIndex,
        blocks: report.blocks,
        trailingBytes: report.trailingBytes,
        truncatedBlock: report.truncatedBlock,
      };
      expect(differences(pick(wire, Object.keys(found)), found)).toEqual([]);
    }
  });

  it("reads the same from memory, from a file and from a stream", async () => {
    const bytes = fixtureBytes(name);
    const slice = new MslSliceReader(bytes);
    const capture = await openCapture(fixturePath(name));
    const reader = MslReader.from(chunks(bytes, 777));
    let index = 0;
    for await (const block of reader) {
      const fromSlice = slice.at(index).decode();
      const fromFile = await capture.blocks.at(index).decode();
      const fromStream = await block.decode();
      expect(fromFile).toEqual(fromSlice);
      expect(fromStream).toEqual(fromSlice);
      index++;
    }
    await capture.close();
    expect(index).toBe(slice.length);
    expect(reader.end).toEqual(slice.index.end);
    expect(reader.deviations).toEqual(slice.deviations);
    expect(capture.deviations).toEqual(slice.deviations);
  });
});

function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
