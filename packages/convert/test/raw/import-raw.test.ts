import { createHash } from "node:crypto";
import { codeName, MslError, OS_TYPE } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { type ImportOptions, importCapture } from "../../src/index.js";
import { imported, provenanceOf } from "../support/imported.js";

/** Bytes that differ from page to page. */
function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 12) * 13 + 1) & 0xff);
}

const nowhere = { write: () => {} };

describe("a raw image without maps", () => {
  it("is one region at the base, whose last page ends with zeros that the report tells", async () => {
    const bytes = content(2 * 4096 + 100);
    const { report, capture } = await imported(bytes, {
      base: 0x10000n,
      arch: "ARM64",
      os: "Android",
      pid: 77,
      importTimeNs: 5n,
    });
    expect(capture.header).toMatchObject({ imported: true, pid: 77, timestampNs: 0n, archType: 2 });
    expect(codeName(OS_TYPE, capture.header.osType)).toBe("Android");
    const read = await capture.memory.read(0x10000n, 3 * 4096);
    expect(Buffer.from(await read.bytes()).equals(Buffer.concat([bytes, new Uint8Array(4096 - 100)]))).toBe(true);
    expect(report).toMatchObject({
      ...{ format: "raw", words: "raw bytes", sourceSize: 8292n, filledBytes: 3996, regions: 1, modules: 0, threads: 0 },
      pages: { captured: { pages: 3, bytes: 12288n }, failed: { pages: 0 }, unmapped: { pages: 0 } },
      sourceSha256: createHash("sha256").update(bytes).digest("hex"),
    });
    expect(await provenanceOf(capture)).toMatchObject({
      ...{ sourceFormat: 1, importTimeNs: 5n, origFileSize: 8292n, toolName: "memslice", note: report.note },
    });
    expect(report.note).toContain(`source-sha256=${report.sourceSha256}`);
    expect(report.note).toContain("3996 bytes of pages of which the dump has a part only are zeros: 0x12064-0x13000");
  });

  it("is written without a digest if none is wanted, and the note says so", async () => {
    const { report } = await imported(content(4096), { format: "raw", digest: false });
    expect(report.sourceSha256).toBeNull();
    expect(report.note).toContain("the digest of the source was not computed");
  });

  it.each(["zstd", "lz4"] as const)("is compressed by %s in fragments, with the same bytes", async (compression) => {
    const bytes = content(20 * 2 ** 20);
    const { capture, report } = await imported(bytes, { format: "raw", compression, threads: 2 });
    expect(report.size).toBeLessThan(bytes.length);
    const read = await capture.memory.read(0n, bytes.length);
    expect(Buffer.from(await read.bytes()).equals(bytes)).toBe(true);
  });

  it.each([
    [new Uint8Array(0), { format: "raw" }, "not-importable", "The file is empty"],
    [content(4096), {}, "not-importable", "in no format that is known; for the bytes of memory themselves pass the format raw"],
    [content(4096), { base: 2n ** 64n - 1n }, "bad-value", "passes 2^64"],
    [content(4096), { format: "raw", outputLimit: 4095 }, "limit", "raise the option outputLimit"],
    [content(4096), { colour: "red" }, "usage", "there is no option"],
    [content(4096), { pageSize: 4095 }, "usage", "the option pageSize is 4095"],
    [
      Buffer.from("EMiL".padEnd(64)),
      {},
      "not-importable",
      "LiME image of physical memory holds the physical memory of a machine",
    ],
    [Buffer.from("AVML".padEnd(64)), {}, "not-importable", "volatility3"],
    [Buffer.from("MEMSLICE".padEnd(64)), {}, "not-importable", "msl transcode rewrites captures"],
    [Buffer.from("7f454c4602010100000000000000000003003e00", "hex"), {}, "not-importable", "is a program or a library"],
    [Buffer.from("cffaedfe070000010300000002000000", "hex"), {}, "not-importable", "is a program or a library"],
  ])("is refused with the code and a sentence: %#", async (bytes, options, code, message) => {
    const error = await importCapture(bytes, nowhere, options as ImportOptions).catch((refused) => refused);
    expect(error).toBeInstanceOf(MslError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("closes the sink, also if the import fails", async () => {
    let closed = 0;
    await importCapture(new Uint8Array(0), { ...nowhere, close: () => void closed++ }, { base: 0n }).catch(() => {});
    await importCapture(content(10), { ...nowhere, close: () => void closed++ }, { base: 0n });
    expect(closed).toBe(2);
  });

  it("is refused if it changes between the digest and the copy", async () => {
    const bytes = content(4096 * 64);
    let reads = 0;
    const source = {
      size: bytes.length,
      read: async (offset: number, length: number) => {
        if (reads++ === 1) bytes[100000] = (bytes[100000] ?? 0) ^ 1;
        return bytes.slice(offset, offset + length);
      },
    };
    await expect(importCapture(source, nowhere, { format: "raw" })).rejects.toMatchObject({
      code: "changed",
      message: expect.stringContaining("The dump was changed while it was open: bytes 0-131071 are not those read before"),
    });
  });

  it("ends with the signal", async () => {
    const signal = AbortSignal.abort();
    await expect(importCapture(content(4096), nowhere, { format: "raw", signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("tells its progress in both passes", async () => {
    const phases = new Map<string, number>();
    await importCapture(content(8192), nowhere, {
      format: "raw",
      onProgress: ({ phase, bytesDone }) => phases.set(phase, bytesDone),
    });
    expect([...phases]).toEqual([
      ["digest", 8192],
      ["copy", 8192],
    ]);
  });
});

describe("a raw image with maps", () => {
  const maps = `10000-12000 r-xp 00000000 08:01 12 /bin/tool
20000-21000 rw-p 00000000 00:00 0 [heap]
7ffd3b5d1000-7ffd3b5d2000 rw-p 00000000 00:00 0 [stack]
`;

  it("has the mappings back to back, with their protection and kind", async () => {
    const bytes = content(4 * 4096);
    const { capture, report } = await imported(bytes, { maps });
    const regions = await capture.regions();
    expect(regions.map(({ head }) => [head.baseAddr, head.regionSize, head.protection, head.regionType])).toEqual([
      [0x10000n, 0x2000n, 5, 3],
      [0x20000n, 0x1000n, 3, 1],
      [0x7ffd3b5d1000n, 0x1000n, 3, 2],
    ]);
    const stack = await capture.memory.read(0x7ffd3b5d1000n, 4096);
    expect(Buffer.from(await stack.bytes()).equals(bytes.subarray(3 * 4096))).toBe(true);
    expect(report.assumed.join()).toContain("back to back, in the order of the maps");
    expect(report.osType).toBe("Linux");
    // No ELF header is at its first byte, but it is executable.
    expect((await capture.modules()).map(({ baseAddr, moduleSize, path }) => [baseAddr, moduleSize, path])).toEqual([
      [0x10000n, 0x2000n, "/bin/tool"],
    ]);
    expect(report.assumed).toContain("1 module without headers in the image, assumed by executable mappings of files");
  });

  it("fails the pages that the image is too short for, and tells bytes behind the last mapping", async () => {
    const short = await imported(content(3 * 4096 + 2048), { maps });
    expect(short.report.damaged).toEqual([
      "the image lacks the end of 1 of its mappings: 4096 bytes are failed pages; of these the image has 2048 bytes, parts of pages, which are left out",
    ]);
    expect(short.report).toMatchObject({ filledBytes: 0, pages: { captured: { pages: 3 }, failed: { pages: 1 } } });
    expect(await short.capture.memory.stateAt(0x7ffd3b5d1000n)).toBe("failed");
    const shorter = await imported(content(2 * 4096), { maps });
    expect(shorter.report.pages).toMatchObject({ captured: { pages: 2 }, failed: { pages: 2, bytes: 8192n } });
    expect((await shorter.capture.memory.stateAt(0x20000n)).toString()).toContain("failed");
    const long = await imported(content(5 * 4096), { maps });
    expect(long.report.damaged).toEqual(["4096 bytes of the image lie behind the last mapping and were left out"]);
  });
});

describe("large ranges that are not in the dump", () => {
  it("are failed, byte for byte, in a capture of few bytes", async () => {
    const maps = "1000-fffffffffffff000 rw-p 00000000 00:00 0 \n";
    const { capture, report } = await imported(content(4096), { maps });
    expect(report.size).toBeLessThan(2 ** 24);
    expect(report.pages.failed.bytes).toBe(2n ** 64n - 0x3000n);
    const regions = [...(await capture.regions())].map(({ head }) => head);
    const ends = regions.map(({ baseAddr, regionSize }) => baseAddr + regionSize);
    expect(regions.map(({ baseAddr }) => baseAddr)).toEqual([0x1000n, ...ends.slice(0, -1)]);
    expect(ends.at(-1)).toBe(0xfffffffffffff000n);
    expect((await capture.memory.read(0x1000n, 4096)).complete).toBe(true);
  });

  it("are refused above the limit of page-state maps", async () => {
    const maps = "1000-10000000 rw-p 00000000 00:00 0 \n";
    await expect(importCapture(content(4096), nowhere, { maps, pageMapLimit: 16383 })).rejects.toMatchObject({
      ...{ code: "limit", message: expect.stringContaining("raise the option pageMapLimit") },
    });
  });
});
