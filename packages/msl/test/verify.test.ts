import { createHash } from "node:crypto";
import { blake3 } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { describeReport, MslError, openCapture, type Source, verifyStream } from "../src/index.js";
import { fixtureBytes, fixturePath } from "./fixtures.js";
import { concatenated, vectorV1, vectorV6 } from "./vectors.js";

const verifyBytes = async (bytes: Uint8Array) => (await openCapture(bytes)).verify();

/** Vector V1 whose chain and FileHash were computed by `hash` over the header `hashedHeader`, which is not the stored header. */
function rehashed(
  stored: Uint8Array,
  hashedHeader: Uint8Array,
  hash: (bytes: Uint8Array) => Uint8Array,
  anchor = hash(hashedHeader),
): Uint8Array {
  const bytes = stored.slice();
  const offsets = [64, 176, 264, 2432];
  let previous = anchor;
  offsets.forEach((offset, i) => {
    bytes.set(previous, offset + 48);
    previous = hash(bytes.subarray(offset, offsets[i + 1] ?? bytes.length));
  });
  bytes.set(hash(concatenated(hashedHeader, bytes.subarray(64, 2432))), 2432 + 80);
  return bytes;
}

function range(start: number, end: number, step: number): number[] {
  return Array.from({ length: Math.ceil((end - start) / step) }, (_, i) => start + i * step);
}

describe("altered captures", () => {
  it("verification reports a flipped bit in any byte before End-of-Capture, in its PrevHash and in its FileHash", async () => {
    const original = vectorV1(0);
    const end = 2432;
    const covered = [...range(64, end, 5), ...range(end + 48, end + 112, 1)];
    for (const offset of covered) {
      const bytes = original.slice();
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
      expect((await verifyBytes(bytes)).outcome, `byte ${offset}`).not.toBe("intact");
    }
  });

  it("verification names the block and the offset of a broken link", async () => {
    const report = await verifyBytes(fixtureBytes("x-flip-middle"));
    expect([...report.breaks].map(({ index, offset, previousOffset }) => [index, offset, previousOffset])).toEqual([
      [6, 17608, 1104],
    ]);
    expect(describeReport(report)[1]).toMatch(/^Block 6 at offset 17608: .*block 5 \(bytes 1104-17607\) was altered/);
  });

  it("verification reports the broken link behind a removed block, and the wrong BlockCount", async () => {
    const bytes = vectorV1(0);
    const report = await verifyBytes(concatenated(bytes.subarray(0, 176), bytes.subarray(264)));
    expect([...report.breaks].map(({ index }) => index)).toEqual([1]);
    expect(report.blockCount).toEqual({ declared: 4, counted: 3 });
  });
});

describe("header variants", () => {
  const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
  const blake = (bytes: Uint8Array) => blake3(bytes);

  it("verification explains a version byte that was edited after hashing", async () => {
    const bytes = vectorV6();
    bytes[0x0b] = 1;
    const report = await verifyBytes(bytes);
    expect(report).toMatchObject({ outcome: "altered", anchor: "other", fileHash: { status: "mismatch" } });
    expect(report.explanation).toMatchObject({ variant: { id: "version-bytes-01-00" }, chainHolds: true, fileHashHolds: true });
    expect(describeReport(report).at(-1)).toMatch(
      /^Explained, not intact: the chain and FileHash hold if the version byte at offset 0x0B is 00/,
    );
  });

  it("verification explains a BlockCount that was written after hashing, for the chain and for FileHash", async () => {
    const stored = vectorV1(0);
    const hashed = stored.slice(0, 64);
    hashed.set([0, 0, 0, 0], 0x39);
    const report = await verifyBytes(rehashed(stored, hashed, blake));
    expect(report).toMatchObject({ outcome: "altered", anchor: "other" });
    expect(report.explanation).toMatchObject({ variant: { id: "block-count-zero" }, chainHolds: true, fileHashHolds: true });
  });

  it("verification explains SHA-256 hashes in a capture whose header says BLAKE3", async () => {
    const stored = vectorV1(0);
    const report = await verifyBytes(rehashed(stored, stored.slice(0, 64), sha256));
    expect(report).toMatchObject({ outcome: "altered", anchor: "other" });
    expect(report.explanation).toMatchObject({ variant: { id: "sha256-fallback" }, chainHolds: true, fileHashHolds: true });
  });

  it("verification explains a FileHash behind a zero anchor by a second pass over a source, and not over a stream", async () => {
    const stored = vectorV1(0);
    const hashed = stored.slice(0, 64);
    hashed.set([0, 0, 0, 0], 0x39);
    const bytes = rehashed(stored, hashed, blake, new Uint8Array(32));
    expect((await verifyBytes(bytes)).explanation).toMatchObject({ variant: { id: "block-count-zero" }, fileHashHolds: true });
    const streamed = await verifyStream([bytes]);
    expect(streamed).toMatchObject({ verdict: "chain-ok+anchor-zero+filehash-mismatch", explanation: null });
  });

  it("verification has no explanation for a header that was altered in another way", async () => {
    const bytes = vectorV1(0);
    bytes[0x34] = 7;
    expect(await verifyBytes(bytes)).toMatchObject({ outcome: "altered", anchor: "other", explanation: null });
  });
});

describe("verifying a capture", () => {
  it("verification refuses a HashAlgo that is not implemented, with its offset", async () => {
    for (const code of [3, 0xff]) {
      const bytes = vectorV1(0);
      bytes[0x3d] = code;
      await expect(verifyBytes(bytes)).rejects.toMatchObject({ name: "MslError", code: "unsupported-hash", offset: 0x3d });
    }
  });

  it("verification reports progress up to the last byte", async () => {
    const capture = await openCapture(fixturePath("ms-basic-plain"));
    const seen: number[] = [];
    await capture.verify({ onProgress: ({ bytesDone, bytesTotal }) => seen.push(bytesDone, bytesTotal ?? 0) });
    await capture.close();
    expect(seen.slice(-2)).toEqual([64112, 64112]);
  });

  it("verification stops between two slabs when the signal fires", async () => {
    const controller = new AbortController();
    const bytes = concatenated(vectorV1(0), new Uint8Array(8 * 1024 * 1024));
    let reads = 0;
    const source: Source = {
      size: bytes.length,
      read: async (offset, length) => {
        reads++;
        if (offset > 1024 * 1024) controller.abort();
        return bytes.subarray(offset, offset + length);
      },
    };
    const capture = await openCapture(source);
    reads = 0;
    await expect(capture.verify({ signal: controller.signal })).rejects.toMatchObject({ code: "aborted" });
    expect(reads).toBeLessThan(6);
  });

  it("verification lets the event loop run at least once for each MiB", async () => {
    // One block of 16 MiB: nothing but hashing takes time.
    const bytes = concatenated(vectorV1(0).slice(0, 144), new Uint8Array(16 * 1024 * 1024));
    new DataView(bytes.buffer).setUint32(64 + 8, bytes.length - 64, true);
    const capture = await openCapture(bytes);
    let turns = 0;
    let running = true;
    const count = () => {
      turns++;
      if (running) setImmediate(count);
    };
    setImmediate(count);
    expect((await capture.verify()).blocks).toBe(1);
    running = false;
    expect(turns).toBeGreaterThanOrEqual(15);
  });

  it("verifyStream throws MslError for a stream that fails", async () => {
    async function* failing() {
      yield vectorV1(0).slice(0, 500);
      throw new Error("the cable was cut");
    }
    const failure = verifyStream(failing());
    await expect(failure).rejects.toBeInstanceOf(MslError);
    await expect(failure).rejects.toThrow(/offset 500: the cable was cut/);
  });
});
