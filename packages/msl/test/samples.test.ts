import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { differences } from "../../bench/src/samples/differences.js";
import { captureDifferences, derivedKeysOf, keysOf, verdictDifferences } from "../../bench/src/samples/recorded-values.js";
import {
  type BlockResult,
  blockJson,
  encryptionJson,
  headerJson,
  type JsonObject,
  MslError,
  MslReader,
  MslSliceReader,
  openCapture,
  verifyStream,
} from "../src/index.js";
import { ENCRYPTED, expectation, fixtureBytes, fixturePath, READABLE, REFUSED, UNAUTHENTIC } from "./fixtures.js";

describe.each(REFUSED)("%s", (name) => {
  it("every reader refuses the capture with an MslError", async () => {
    await expect(openCapture(fixturePath(name))).rejects.toBeInstanceOf(MslError);
    expect(() => new MslSliceReader(fixtureBytes(name))).toThrow(MslError);
    await expect(MslReader.from([fixtureBytes(name)]).header()).rejects.toBeInstanceOf(MslError);
  });
});

describe.each(UNAUTHENTIC)("%s", (name) => {
  const keys = keysOf(expectation(name));
  const unauthentic = expect.objectContaining({ name: "MslError", code: "authentication-failed" });

  it("no reader returns a block of the capture, even with the right secret", async () => {
    await expect(openCapture(fixturePath(name), { keys })).rejects.toEqual(unauthentic);
    await expect(verifyStream([fixtureBytes(name)], { keys })).rejects.toEqual(unauthentic);
    await expect(
      MslReader.from([fixtureBytes(name)], { keys })
        [Symbol.asyncIterator]()
        .next(),
    ).rejects.toEqual(unauthentic);
  });
});

describe.each([...READABLE, ...ENCRYPTED])("%s", (name) => {
  const expected = expectation(name);
  const keys = derivedKeysOf(expected);

  it("header and blocks are as recorded", async () => {
    const capture = await openCapture(fixturePath(name), { keys: keysOf(expected) });
    try {
      expect(differences(expected.encryption, capture.encryption && encryptionJson(capture.encryption), "encryption")).toEqual(
        [],
      );
      expect(capture.size).toBe(fixtureBytes(name).length);
      const blocks: JsonObject[] = [];
      for (const block of capture.blocks) blocks.push(await blockJson(block, { digests: true }));
      expect(captureDifferences(expected, headerJson(capture.header), blocks)).toEqual([]);
    } finally {
      await capture.close();
    }
  });

  it("the verdict is as recorded, from a file, from a Blob and from a stream", async () => {
    const bytes = fixtureBytes(name);
    const capture = await openCapture(fixturePath(name), { keys });
    const reports = [
      await capture.verify(),
      await (await openCapture(new Blob([bytes as Uint8Array<ArrayBuffer>]), { keys })).verify(),
      await verifyStream(chunks(bytes, 1000), { keys }),
    ];
    await capture.close();
    // The blocks of an encrypted capture are not linked, so no chain is recorded.
    for (const report of reports) expect(verdictDifferences(expected, report)).toEqual([]);
  });

  it("memory, file and stream give the same blocks", async () => {
    const bytes = fixtureBytes(name);
    const slice = ENCRYPTED.includes(name) ? undefined : new MslSliceReader(bytes);
    const capture = await openCapture(fixturePath(name), { keys });
    const reader = MslReader.from(chunks(bytes, 777), { keys });
    let index = 0;
    for await (const block of reader) {
      const fromCapture = comparable(await capture.blocks.at(index).decode());
      const recorded = expected.blocks[index]?.["prevHash"];
      expect(hexOf(await capture.blocks.at(index).prevHash())).toBe(recorded);
      expect(hexOf(block.prevHash())).toBe(recorded);
      if (slice) expect(hexOf(slice.at(index).prevHash())).toBe(recorded);
      if (slice) expect(comparable(slice.at(index).decode())).toBe(fromCapture);
      expect(comparable(await block.decode())).toBe(fromCapture);
      index++;
    }
    await capture.close();
    expect(index).toBe(capture.blocks.length);
    expect(reader.end).toEqual(capture.end);
    expect(reader.deviations).toEqual(capture.deviations);
    if (!slice) return;
    expect(slice.length).toBe(index);
    expect(slice.end).toEqual(capture.end);
    expect(slice.deviations).toEqual(capture.deviations);
  });
});

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function* chunks(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/**
 * A result as text, with digests in place of byte arrays, because comparing megabytes element by element takes minutes. Without `provisional`, which
 * only stream readers set. The result is cloned first, because JSON of a result shows only the first entries of a list.
 */
function comparable({ table, provisional: _, ...result }: BlockResult): string {
  return JSON.stringify({ ...structuredClone(result), table: table?.name }, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? createHash("sha256").update(part).digest("hex") : part;
  });
}
