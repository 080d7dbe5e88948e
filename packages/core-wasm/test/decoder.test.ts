import { describe, expect, it } from "vitest";
import { Core, decodeLz4Block, decodeZstd, defaultCore } from "../src/index.js";
import { expectBytes, expectFailure } from "./support/expect-bytes.js";
import { compressBlockWithNapi } from "./support/lz4-references.js";
import { memoryLike, text } from "./support/samples.js";
import { compressZstd } from "./support/zstd-references.js";

describe("linear memory of decoders", () => {
  it("a decoder releases all memory of a call, after success and after failure", () => {
    const core = new Core();
    const large = memoryLike(3_000_000);
    const frame = compressZstd(large, 1);
    const firstArea = core.memory.acquire(64);
    core.memory.release(firstArea, 64);
    for (let round = 0; round < 20; round++) {
      expectBytes(decodeZstd(frame, large.length, { core }), large);
      expect(decodeZstd(frame.subarray(0, 100 + round), large.length, { core }).ok).toBe(false);
      expect(decodeLz4Block(frame, 100_000 + round * 1000, { core }).ok).toBe(false);
    }
    expect(core.memory.bytes.length).toBeLessThan(firstArea + frame.length + large.length + 400_000);
    expect(core.memory.acquire(64)).toBe(firstArea);
  });

  it("a decoder uses the memory of the given core", () => {
    const core = new Core();
    const bytes = text(100_000);
    expectBytes(decodeLz4Block(compressBlockWithNapi(bytes), bytes.length, { core }), bytes);
    expect(core.memory.bytes.length).toBeGreaterThan(bytes.length);
  });

  it("a decoder decodes a source in linear memory without a copy", () => {
    const core = new Core({ initialBytes: 1 << 20 });
    const bytes = memoryLike(50_000);
    const frame = compressZstd(bytes, 3);
    const address = core.memory.acquire(frame.length);
    core.memory.bytes.set(frame, address);
    const resident = core.memory.bytes.subarray(address, address + frame.length);
    expectBytes(decodeZstd(resident, bytes.length, { core }), bytes);
    expect(resident).toEqual(frame);
  });

  it("a decoder decodes a source in linear memory that grows during the call", () => {
    const core = new Core();
    const bytes = memoryLike(900_000);
    const block = compressBlockWithNapi(bytes.subarray(0, 90_000));
    const address = core.memory.acquire(block.length);
    core.memory.bytes.set(block, address);
    expectBytes(
      decodeLz4Block(core.memory.bytes.subarray(address, address + block.length), 90_000, { core }),
      bytes.subarray(0, 90_000),
    );
  });

  it("a decoder decodes in memory above 2 GiB", () => {
    const core = new Core();
    core.memory.acquire(2 ** 31 + 2 ** 20);
    const bytes = memoryLike(300_000);
    expectBytes(decodeZstd(compressZstd(bytes, 3), bytes.length, { core }), bytes);
    expectBytes(decodeLz4Block(compressBlockWithNapi(bytes), bytes.length, { core }), bytes);
  });

  it("a decoder decodes in shared memory to an array that is not shared", () => {
    const core = new Core({ shared: true, initialBytes: 1 << 20 });
    const bytes = text(50_000);
    const result = decodeZstd(compressZstd(bytes, 3), bytes.length, { core });
    expectBytes(result, bytes);
    expect(result.ok && result.bytes.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it("a decoder decodes a huge payload without growing the memory of the default core", () => {
    const zeros = new Uint8Array(2_000_000);
    const before = defaultCore().memory.bytes.length;
    expectFailure(decodeLz4Block(zeros, 400_000_000), "malformed", 1);
    expect(defaultCore().memory.bytes.length).toBeLessThan(before + 3_000_000);
  });

  it("a decoder returns the failure memory where linear memory has no room, and does not throw", () => {
    const core = new Core();
    // The size is plausible for the source's length, and more than decoders can count.
    const zeros = new Uint8Array(20_000_000);
    expectFailure(decodeLz4Block(zeros, 2 ** 32 + 5, { core }), "memory", 0);
    expectFailure(decodeLz4Block(zeros, 2 ** 32 - 200_000, { core }), "malformed", 1);
    const full = new Core();
    full.memory.acquire(2 ** 32 - 18_000_000);
    expectFailure(decodeLz4Block(zeros, 30_000_000, { core: full }), "memory", 0);
  });
});

it("a decoder returns bytes that later calls do not change", () => {
  const first = decodeZstd(compressZstd(text(5000, 1), 3), 5000);
  decodeZstd(compressZstd(text(5000, 2), 3), 5000);
  expectBytes(first, text(5000, 1));
});
