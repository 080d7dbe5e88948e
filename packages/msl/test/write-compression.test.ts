import { decodeLz4Block, encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { type CompressionChoice, MslSliceReader, openCapture, type WriterOptions } from "../src/index.js";
import { compressPayload } from "../src/write/compress-payload.js";
import { begin, CONTEXT, HANDLE, HEADER, lead, PAGE, PROVENANCE, region, written } from "./write-support.js";

const zeros = (pages: number) => ({ ...region(pages), pageData: new Uint8Array(pages * PAGE) });
/** Bytes that differ from their neighbours, in place of a payload that compression does not make smaller. */
const mixed = (pages: number) => ({
  ...region(pages),
  pageData: Uint8Array.from({ length: pages * PAGE }, (_, i) => (i * 31 + (i >> 8)) & 0xff),
});

async function regionBlock(input: ReturnType<typeof region>, options: Partial<WriterOptions>, compression?: CompressionChoice) {
  const { reader } = await written({ contents: ["MemoryRegion"], ...options }, async (writer) => {
    await lead(writer);
    await writer.memoryRegion(input, compression === undefined ? {} : { compression });
  });
  const block = reader.at(2);
  return { flags: block.flags, length: block.length, payload: block.decode().payload };
}

const CHOICES = ["none", "zstd", "zstd-fast", "lz4", "auto"] as const;
const FLAGS = { none: 0, zstd: 3, "zstd-fast": 3, lz4: 5, auto: 3 } as const;

describe.each(CHOICES)("compression %s", (compression) => {
  it("a compressed region reads back as it was written", async () => {
    const plain = await regionBlock(zeros(200), {});
    const block = await regionBlock(zeros(200), { compression });
    expect(block.flags).toBe(FLAGS[compression]);
    expect(block.payload).toEqual(plain.payload);
  });

  it("the compression option of a single block applies to that block", async () => {
    expect((await regionBlock(zeros(200), {}, compression)).flags).toBe(FLAGS[compression]);
    expect((await regionBlock(zeros(200), { compression }, "none")).flags).toBe(0);
  });
});

describe("the choice of compression", () => {
  it("a writer stores a block plain with auto if compression does not make it smaller", async () => {
    expect((await regionBlock(mixed(3), { compression: "auto", codecs: { encodeZstd: (bytes) => bytes } })).flags).toBe(0);
    const grown = await regionBlock(mixed(3), { compression: "lz4" });
    expect(grown.flags).toBe(5);
  });

  it("a writer compresses regions and large tables, and no block that readers need first", async () => {
    const header = { ...HEADER, investigation: true };
    const { reader } = await written(
      { header, contents: ["HandleTable", "ProcessTable", "MemoryRegion"], compression: "lz4" },
      async (writer) => {
        await lead(writer);
        await writer.systemContext({ ...CONTEXT, osDetail: "x".repeat(5000) });
        await writer.handleTable({ entries: new Array(200).fill(HANDLE) });
        await writer.processTable({ entries: [] });
        await writer.memoryRegion(zeros(1));
      },
    );
    expect([...reader].map(({ compression }) => compression)).toEqual(["none", "none", "none", "lz4", "none", "lz4", "none"]);
    const imported = await written({ header: { ...HEADER, imported: true }, compression: "zstd" }, async (writer) => {
      await expect(writer.importProvenance(PROVENANCE, { compression: "lz4" })).rejects.toThrow(
        "ImportProvenance is never compressed",
      );
      await writer.importProvenance({ ...PROVENANCE, note: "x".repeat(9000) });
    });
    expect(imported.reader.at(0).compression).toBe("none");
  });

  it("a writer stores payloads above compressionLimit plain", async () => {
    expect((await regionBlock(zeros(5), { compression: "zstd", compressionLimit: 5 * PAGE })).flags).toBe(0);
    expect((await regionBlock(zeros(5), { compression: "zstd", compressionLimit: 5 * PAGE + 40 })).flags).toBe(3);
  });

  it("a writer compresses every fragment of a split region", async () => {
    const { reader } = await written(
      { contents: ["MemoryRegion"], compression: "zstd", splitAbove: 3 * PAGE },
      async (writer) => {
        await lead(writer);
        await writer.memoryRegion(zeros(5));
      },
    );
    expect([...reader].map(({ flags }) => flags)).toEqual([0, 0, 0x13, 0x23, 0x23, 0]);
  });
});

describe("encoders", () => {
  it("a writer compresses with encoders given by `codecs`", async () => {
    const calls: string[] = [];
    const codecs = {
      encodeZstd: (bytes: Uint8Array, level: "fast" | "default") => {
        calls.push(level);
        return encodeZstd(bytes, level);
      },
      encodeLz4Block: (bytes: Uint8Array) => {
        calls.push("lz4");
        return encodeLz4Block(bytes);
      },
    };
    for (const compression of CHOICES) await regionBlock(zeros(1), { compression, codecs });
    expect(calls).toEqual(["default", "fast", "lz4", "default"]);
  });

  it("a writer refuses the output of a wrong encoder before a byte of the block is written", async () => {
    const wrong = (bytes: Uint8Array) => {
      const other = bytes.slice();
      other[100] = 1;
      return encodeZstd(other, "fast");
    };
    for (const encodeZstd of [wrong, () => Uint8Array.of(1, 2, 3), (bytes: Uint8Array) => wrong(bytes.subarray(1))]) {
      const { sink, writer } = begin({ contents: ["MemoryRegion"], compression: "zstd", codecs: { encodeZstd } });
      await lead(writer);
      const before = sink.bytes().length;
      await expect(writer.memoryRegion(zeros(2))).rejects.toMatchObject({
        code: "internal",
        message: expect.stringMatching(/zstd encoder's output does not hold/),
      });
      expect(sink.bytes().length).toBe(before);
      await writer.memoryRegion(zeros(2), { compression: "none" });
      await writer.end();
    }
  });

  it("compressPayload names the first byte that an encoder changed, wherever the decoded bytes lie in memory", () => {
    const unaligned = (source: Uint8Array, size: number) => {
      const result = decodeLz4Block(source, size);
      if (!result.ok) return result;
      const bytes = new Uint8Array(size + 3).subarray(3);
      bytes.set(result.bytes);
      return { ...result, bytes };
    };
    const length = 300_005;
    const payload = Uint8Array.from({ length }, (_, at) => (at >> 4) & 0xff);
    const first = Array.from({ length: 40 }, (_, at) => at);
    for (const changed of [...first, 131_071, 131_072, 131_073, 262_144, length - 6, length - 2, length - 1]) {
      const other = payload.slice();
      other[changed] = (other[changed] ?? 0) ^ 0x80;
      const codecs = { encodeZstd: () => encodeZstd(other, "fast"), encodeLz4Block: () => encodeLz4Block(other) };
      for (const [choice, decoders] of [
        ["zstd", {}],
        ["lz4", {}],
        ["lz4", { lz4Block: unaligned }],
      ] as const) {
        const rules = { choice, verify: true, offered: [] };
        const compress = () => compressPayload(payload, rules, { ...codecs, ...decoders });
        expect(compress, `${choice}, byte ${changed}`).toThrow(`the decoded bytes differ from byte ${changed} on`);
      }
    }
  });

  it("a writer verifies compressed payloads larger than readers hold in memory", async () => {
    for (const compression of ["zstd", "lz4"] as const) {
      const { sink, writer } = begin({ contents: ["MemoryRegion"], compression });
      await lead(writer);
      await writer.memoryRegion(zeros(20_000));
      await writer.end();
      const capture = await openCapture(sink.bytes());
      const { segments } = await capture.memory.read(zeros(1).baseAddr, 20_000 * PAGE);
      const { bytes } = segments[0] ?? {};
      expect([bytes?.length, bytes?.every((byte) => byte === 0)]).toEqual([20_000 * PAGE, true]);
    }
  });

  it("a writer writes the output of a wrong encoder with verifyCompression false", async () => {
    const { sink, writer } = begin({
      contents: ["MemoryRegion"],
      compression: "lz4",
      verifyCompression: false,
      codecs: { encodeLz4Block: () => Uint8Array.of(9) },
    });
    await lead(writer);
    await writer.memoryRegion(zeros(1));
    await writer.end();
    expect(new MslSliceReader(sink.bytes()).at(2).decode().problem?.id).toBe("CMP-SIZE");
  });

  it("a writer compresses payloads of any size with the built-in encoders", async () => {
    for (const pages of [0, 1, 127, 128, 129, 300]) {
      for (const compression of CHOICES) {
        const { payload } = await regionBlock(mixed(pages), { compression });
        if (payload?.kind !== "MemoryRegion") throw new Error("no region");
        expect(Buffer.compare(payload.pageData, mixed(pages).pageData)).toBe(0);
      }
    }
  });
});
