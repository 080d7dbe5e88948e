/** The published vectors V2 to V5: V1's blocks encrypted in four ways, byte for byte. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openCapture, verifyStream } from "../../src/index.js";
import { vectorV1 } from "../vectors.js";
import { SEALED_VECTORS } from "./published-vectors.js";
import { sealedCapture, unevenPieces } from "./sealed-capture.js";

const ZERO = "00".repeat(32);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each(SEALED_VECTORS)("vector $name", ({ options, randomness, keys, size, fileHash, tag, sha256: digest }) => {
  const blocks = vectorV1(0, { prevHash: [ZERO, ZERO, ZERO, ZERO], fileHash, sha256: "" }).subarray(64);

  it("a published vector is encrypted to the published file, in pieces of any size", async () => {
    for (const pieces of [[blocks], unevenPieces(blocks)]) {
      const file = await sealedCapture(pieces, options, randomness);
      expect(file.length).toBe(size);
      expect(Buffer.from(file.subarray(-16)).toString("hex")).toBe(tag);
      expect(sha256(file)).toBe(digest);
    }
  });

  it("a published encrypted vector opens to the blocks of V1, and verifies", async () => {
    const file = await sealedCapture([blocks], options, randomness);
    const capture = await openCapture(file, { keys });
    expect(capture.deviations).toEqual([]);
    expect([...capture.blocks].map(({ offset, length }) => [offset, length])).toEqual([
      [0, 112],
      [112, 88],
      [200, 2168],
      [2368, 128],
    ]);
    for (const block of capture.blocks) {
      const stored = block.stored();
      expect(await stored.read(0, stored.size)).toEqual(blocks.subarray(block.offset + 80, block.offset + block.length));
    }
    const { segments } = await capture.memory.read(0x400000n, 4096);
    expect(segments[3]?.bytes).toEqual(new Uint8Array(1024).fill(0xbb));
    const report = await capture.verify();
    expect(report).toMatchObject({ verdict: "aead-ok", outcome: "intact", anchor: null, blocks: 4, eocIndex: 3 });
    expect(Buffer.from(report.fileHash.stored ?? []).toString("hex")).toBe(fileHash);
    expect(report.breaks.length).toBe(0);
    await capture.close();
    expect((await verifyStream(unevenPieces(file), { keys })).verdict).toBe("aead-ok");
  });
});
