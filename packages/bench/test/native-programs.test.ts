import { decompress as fzstdDecompress } from "fzstd";
import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryLike } from "../src/captures/memory-like.js";
import { type NativeProgram, NativePrograms, versionOf } from "../src/measurements/peers/native-programs.js";

const MIB = 1024 * 1024;
const BYTES = memoryLike(4 * MIB);

/** Prints why a test is skipped. */
function isMissing(program: NativeProgram): boolean {
  const missing = versionOf(program) === undefined;
  if (missing) console.warn(`${program} is not installed: tests against it are skipped`);
  return missing;
}

describe("NativePrograms", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.for(["zstd", "lz4"] as const)("NativePrograms runs %s to compress and to decompress", async (program, { skip }) => {
    skip(isMissing(program), `${program} is not installed on this machine`);
    using programs = new NativePrograms();
    const [compressor] = programs.compressor(program, 1, BYTES);
    const [decompressor] = programs.decompressor(program, BYTES);
    const packed = compressor?.run();
    expect(packed?.data.length).toBeLessThan(BYTES.length / 2);
    expect(Buffer.compare(packed?.unpack() ?? Buffer.alloc(0), BYTES)).toBe(0);
    expect(Buffer.compare(decompressor?.run() ?? Buffer.alloc(0), BYTES)).toBe(0);
    expect(await decompressor?.elsewhere.time(1)).toBeGreaterThan(0);
    expect(compressor?.name).toMatch(new RegExp(`^${program} \\d+\\.\\d+\\.\\d+ -1`));
  });

  it("NativePrograms runs zstd to write frames that other decoders read", ({ skip }) => {
    skip(isMissing("zstd"), "zstd is not installed on this machine");
    using programs = new NativePrograms();
    const frame = programs.compressor("zstd", 3, BYTES)[0]?.run().data ?? new Uint8Array();
    expect(Buffer.compare(fzstdDecompress(frame), BYTES)).toBe(0);
  });

  it("NativePrograms names the Debian package of a program that is not installed, and throws when run", () => {
    vi.stubEnv("PATH", "");
    using programs = new NativePrograms();
    const [compressor] = programs.compressor("lz4", 1, BYTES);
    expect(compressor?.name).toContain("not installed: Debian package lz4");
    expect(() => compressor?.run()).toThrow(/lz4/);
  });

  it("NativePrograms offers no contenders for few bytes", () => {
    using programs = new NativePrograms();
    const few = BYTES.subarray(0, 4 * MIB - 1);
    expect([programs.compressor("zstd", 1, few), programs.decompressor("lz4", few)]).toEqual([[], []]);
  });
});
