import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  blockJson,
  headerJson,
  type JsonObject,
  MslError,
  MslReader,
  MslSliceReader,
  openCapture,
  verifyStream,
} from "../src/index.js";
import { expectation, fixtureBytes, fixturePath, READABLE, REFUSED } from "./fixtures.js";
import { captureDifferences, verdictDifferences } from "./recorded.js";

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
      const blocks: JsonObject[] = [];
      for (const block of capture.blocks) blocks.push(await blockJson(block, { digests: true }));
      expect(captureDifferences(expected, headerJson(capture.header), blocks)).toEqual([]);
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
    for (const report of reports) expect(verdictDifferences(expected, report)).toEqual([]);
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
