import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { memoryLike } from "../src/captures/memory-like.js";
import { zstdPackages } from "../src/measurements/peers/zstd.js";

const MIB = 1024 * 1024;

/** The built module, since it starts a process from a built file. */
const { ZstdCodecProcess } = await import(new URL("../dist/measurements/peers/zstd-codec-process.js", import.meta.url).href);

describe("ZstdCodecProcess", () => {
  it("ZstdCodecProcess decodes small frames, names the input when it fails at 16 MiB, and works again afterwards", async () => {
    expect(existsSync(new URL("../dist/measurements/children/zstd-codec.js", import.meta.url))).toBe(true);
    const { compress } = await zstdPackages();
    await using codec = new ZstdCodecProcess();
    const small = memoryLike(64 * 1024);
    const decoder = codec.decoder(compress(small));
    expect(Buffer.compare(await decoder.run(), small)).toBe(0);
    expect(await decoder.elsewhere.time(3)).toBeGreaterThan(0);
    expect(await decoder.elsewhere.peak()).toBeGreaterThan(10 * MIB);
    const large = codec.decoder(compress(memoryLike(16 * MIB)));
    await expect(large.run()).rejects.toThrow(/input: zstd frame of \d+ bytes, beginning 28b52ffd/);
    const again = codec.decoder(compress(small));
    await expect(again.run()).resolves.toHaveLength(small.length);
  });
});
