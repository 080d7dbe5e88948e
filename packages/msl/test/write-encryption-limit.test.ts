/** The limit of bytes that a cipher may encrypt, replaced by a small one. */
import { expect, it, vi } from "vitest";
import type * as CipherSuites from "../src/encryption/aead/aead.js";
import { BytesSink, MslWriter, openCapture } from "../src/index.js";
import { KEY } from "./write-encrypted.js";
import { lead, optionsFor, region } from "./write-support.js";

const cipher = vi.hoisted(() => ({ limit: 0 }));

vi.mock("../src/encryption/aead/aead.js", async (original) => ({
  ...(await original<typeof CipherSuites>()),
  PLAINTEXT_LIMIT: {
    get 1() {
      return cipher.limit;
    },
  },
}));

/** Bytes of all blocks: headers of 80 bytes, and the payloads of the first blocks, the region and End-of-Capture. */
const LEAD = 80 + (24 + 8 + 8) + 80 + 8;
const REGION = 80 + 32 + 8 + 2048;
const END = 80 + 48;

function begin() {
  const sink = new BytesSink();
  return { sink, writer: new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], encryption: { key: KEY } })) };
}

it("an encrypting writer writes as many bytes as the cipher may encrypt", async () => {
  cipher.limit = LEAD + REGION + END;
  const { sink, writer } = begin();
  await lead(writer);
  await writer.memoryRegion(region(2));
  expect((await writer.end()).size).toBe(128 + cipher.limit + 16);
  const capture = await openCapture(sink.bytes(), { keys: { key: KEY } });
  await capture.close();
});

it("an encrypting writer refuses a block that leaves no room for End-of-Capture, and accepts a smaller one", async () => {
  cipher.limit = LEAD + REGION + END - 1;
  const { sink, writer } = begin();
  await lead(writer);
  await expect(writer.memoryRegion(region(2))).rejects.toMatchObject({ code: "limit" });
  await expect(writer.memoryRegion(region(2))).rejects.toThrow(
    /A block of 2168 bytes .* may encrypt 2295 more bytes; end the capture/,
  );
  expect(writer.size).toBe(128 + LEAD);
  await writer.memoryRegion(region(1));
  expect((await writer.end()).blocks).toBe(4);
  const capture = await openCapture(sink.bytes(), { keys: { key: KEY } });
  await capture.close();
});
