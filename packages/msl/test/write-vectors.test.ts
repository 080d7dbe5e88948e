import { createHash } from "node:crypto";
import { blake3 } from "@noble/hashes/blake3.js";
import { describe, expect, it } from "vitest";
import { BytesSink, MslWriter, openCapture } from "../src/index.js";
import { SEALED_VECTORS } from "./encryption/published-vectors.js";
import { V1_HASHES, vectorV1 } from "./vectors.js";
import { optionsOfV1, writeV1 } from "./write-v1.js";

/** Block header and 48 bytes. */
const END = expect.objectContaining({ index: 3, length: 128, flags: 0 });

const ONE_THREAD = { used: 1, asked: 1, reason: null };

/** By another implementation than the writer's. */
function digestOf(hashAlgo: 0 | 1 | 2, bytes: Uint8Array): string {
  if (hashAlgo === 0) return Buffer.from(blake3(bytes)).toString("hex");
  return createHash(hashAlgo === 1 ? "sha256" : "sha512-256")
    .update(bytes)
    .digest("hex");
}

describe.each([0, 1, 2] as const)("published vector V1 with HashAlgo %i", (hashAlgo) => {
  it("the writer makes vector V1 byte for byte", async () => {
    const sink = new BytesSink();
    const finished = await writeV1(new MslWriter(sink, optionsOfV1(hashAlgo)));
    const bytes = sink.bytes();
    expect(Buffer.compare(bytes, vectorV1(hashAlgo))).toBe(0);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(V1_HASHES[hashAlgo]?.sha256);
    expect(finished).toEqual({
      blocks: 4,
      size: 2560,
      fileHash: V1_HASHES[hashAlgo]?.fileHash,
      digest: digestOf(hashAlgo, bytes),
      endOfCapture: END,
      threads: ONE_THREAD,
    });
    expect((await (await openCapture(bytes)).verify()).outcome).toBe("intact");
  });
});

describe.each(SEALED_VECTORS)("vector $name", ({ options, randomness, size, fileHash, tag, sha256 }) => {
  it("the writer makes the encrypted vector byte for byte", async () => {
    const sink = new BytesSink();
    const finished = await writeV1(new MslWriter(sink, { ...optionsOfV1(0), encryption: options, sealRandomness: randomness }));
    const bytes = sink.bytes();
    expect(finished).toEqual({ blocks: 4, size, fileHash, endOfCapture: END, threads: ONE_THREAD });
    expect(bytes.length).toBe(size);
    expect(Buffer.from(bytes.subarray(-16)).toString("hex")).toBe(tag);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
  });
});
