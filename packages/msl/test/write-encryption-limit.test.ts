/** The most that a cipher may encrypt, made small. */
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

/** Block headers of 80 bytes; the lead's payloads, the region's head and states and pages, End-of-Capture. */
const LEAD = 80 + (24 + 8 + 8) + 80 + 8;
const REGION = 80 + 32 + 8 + 2048;
const END = 80 + 48;

function begin() {
  const sink = new BytesSink();
  return { sink, writer: new MslWriter(sink, optionsFor({ contents: ["MemoryRegion"], encryption: { key: KEY } })) };
}

it("everything that the cipher may encrypt is used", async () => {
  cipher.limit = LEAD + REGION + END;
  const { sink, writer } = begin();
  await lead(writer);
  await writer.memoryRegion(region(2));
  expect((await writer.end()).size).toBe(128 + cipher.limit + 16);
  const capture = await openCapture(sink.bytes(), { keys: { key: KEY } });
  await capture.close();
});

it("a block that leaves End-of-Capture too little is refused, and the capture goes on without it", async () => {
  cipher.limit = LEAD + REGION + END - 1;
  const { sink, writer } = begin();
  await lead(writer);
  await expect(writer.memoryRegion(region(2))).rejects.toMatchObject({ code: "limit" });
  await expect(writer.memoryRegion(region(2))).rejects.toThrow(
    /A block of 2168 bytes .* may encrypt 2295 more bytes; end the capture/,
  );
  expect(sink.bytes().length).toBe(128 + LEAD);
  await writer.memoryRegion(region(1));
  expect((await writer.end()).blocks).toBe(4);
  const capture = await openCapture(sink.bytes(), { keys: { key: KEY } });
  await capture.close();
});
