import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { blockJson, headerJson, MslError, MslReader, MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { differences } from "./differences.js";
import { expectation, fixtureBytes, fixturePath, READABLE, REFUSED } from "./fixtures.js";

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

describe.each(REFUSED)("%s", (name) => {
  it("is refused with an MslError by every reader", async () => {
    await expect(openCapture(fixturePath(name))).rejects.toBeInstanceOf(MslError);
    expect(() => new MslSliceReader(fixtureBytes(name))).toThrow(MslError);
    await expect(MslReader.from([fixtureBytes(name)]).header()).rejects.toBeInstanceOf(MslError);
  });
});

describe.each(READABLE)("%s", (name) => {
  const expected = expectation(name);

  it("has the recorded header and blocks", async () => {
    const capture = await openCapture(fixturePath(name));
    try {
      expect(differences(expected.header, headerJson(capture.header))).toEqual([]);
      expect(capture.blocks.length).toBe(expected.blocks.length);
      for (const block of expected.blocks) {
        const json = await blockJson(capture.blocks.at(Number(block["index"])), { digests: true });
        expect(differences(pick(block, HEADER_FIELDS), json, `blocks[${block["index"]}]`)).toEqual([]);
        if (block["truncated"] || block["invalidPayload"] || block["skipPayload"]) {
          expect(json["problem"]).toBeDefined();
          if (!block["truncated"]) expect(json["payload"]).toBeUndefined();
        } else {
          const names = ["compression", "payloadLength", "payloadBlake3", "payload"];
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
        chainBreaks: [...report.breaks.indexes()],
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
      const fromSlice = comparable(slice.at(index).decode());
      expect(comparable(await capture.blocks.at(index).decode())).toBe(fromSlice);
      expect(comparable(await block.decode())).toBe(fromSlice);
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

/** As text, byte arrays as their digests: comparing megabytes element by element takes minutes. */
function comparable(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? createHash("sha256").update(part).digest("hex") : part;
  });
}
