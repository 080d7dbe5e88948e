import { blake3 } from "@noble/hashes/blake3.js";
import { expect, it } from "vitest";
import { memoryLike } from "../src/captures/memory-like.js";

/** The built module, since it starts a process from a built file. */
const { BlakeHashProcess } = await import(new URL("../dist/measurements/peers/blake-hash-process.js", import.meta.url).href);

it("BlakeHashProcess hashes several messages with @napi-rs/blake-hash in another process", async () => {
  const bytes = memoryLike(4096);
  await using process = new BlakeHashProcess();
  const { run, elsewhere } = process.digests({ bytes, length: 1024 });
  const expected = [0, 1, 2, 3].map((i) => blake3(bytes.subarray(i * 1024, (i + 1) * 1024)));
  expect(Buffer.compare(await run(), Buffer.concat(expected))).toBe(0);
  expect(await elsewhere.time(3)).toBeGreaterThan(0);
});
