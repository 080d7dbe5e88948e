/** Raw exports: which byte stands where, and what the manifest says about those that do not. */
import { createHash } from "node:crypto";
import { BytesSink } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import { exportRaw, type RawOptions, type SparseSink } from "../../src/index.js";
import { type SmallCapture, smallCapture } from "./small-capture.js";

const PAGE = 4096;

/** A file in memory whose holes read as zeros, as those of a file system do. */
class SparseBytes implements SparseSink {
  readonly pieces: { at: number; bytes: Uint8Array }[] = [];
  position = 0;
  closed = 0;

  write(bytes: Uint8Array): void {
    this.pieces.push({ at: this.position, bytes: bytes.slice() });
    this.position += bytes.length;
  }

  skip(bytes: bigint): void {
    this.position += Number(bytes);
  }

  close(): void {
    this.closed++;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.position);
    for (const { at, bytes } of this.pieces) all.set(bytes, at);
    return all;
  }
}

interface Manifest {
  readonly files: readonly {
    readonly path: string;
    readonly sha256: string;
    readonly bytes: string;
    readonly captured: string;
    readonly runs: readonly {
      readonly address: string;
      readonly length: string;
      readonly state: string;
      readonly offset?: string;
    }[];
  }[];
  readonly complete: boolean;
}

async function exported(content: SmallCapture, options: RawOptions = {}) {
  const files = new Map<string, SparseBytes>();
  const file = async (name: string) => {
    if (files.has(name)) throw new Error(`${name} twice`);
    const sink = new SparseBytes();
    files.set(name, sink);
    return sink;
  };
  const report = await exportRaw(await smallCapture(content), { file }, options);
  const manifest: Manifest = JSON.parse(new TextDecoder().decode(files.get("manifest.json")?.bytes()));
  return { files, report, manifest };
}

const CONTENT: SmallCapture = {
  regions: [
    { base: 0x10000n, pages: [1, "failed", 2, "unmapped"] },
    { base: 0x100000n, pages: [3] },
  ],
};
const page = (value: number) => new Uint8Array(PAGE).fill(value);
const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe("exportRaw", () => {
  it("a file for each region has its captured bytes one behind the other, and the manifest all states", async () => {
    const { files, manifest, report } = await exported(CONTENT);
    const [first, second] = ["regions/0001-000000010000-anonymous.bin", "regions/0002-000000100000-anonymous.bin"];
    expect([...files.keys()]).toEqual(["manifest.json", first, second]);
    expect(files.get(first ?? "")?.bytes()).toEqual(joined(page(1), page(2)));
    expect(files.get(second ?? "")?.bytes()).toEqual(page(3));
    expect(manifest.files[0]).toMatchObject({
      ...{ path: first, address: "0x10000", length: "16384", bytes: "8192", captured: "8192" },
      sha256: createHash("sha256")
        .update(joined(page(1), page(2)))
        .digest("hex"),
      runs: [
        { address: "0x10000", length: "4096", state: "captured", offset: "0" },
        { address: "0x11000", length: "4096", state: "failed" },
        { address: "0x12000", length: "4096", state: "captured", offset: "4096" },
        { address: "0x13000", length: "4096", state: "unmapped" },
      ],
    });
    expect([...files.values()].every(({ closed }) => closed === 1)).toBe(true);
    expect(report).toMatchObject({
      ...{ target: "raw", size: 12288n, segments: 5, complete: true },
      memory: { captured: 12288n, failed: 4096n, unmapped: 4096n, missing: 0n },
    });
  });

  it("one sparse file has every byte at its address minus the first one, and leaves long holes out", async () => {
    const { files, manifest, report } = await exported(CONTENT, { layout: "sparse" });
    const image = files.get("memory.raw");
    const bytes = image?.bytes() ?? new Uint8Array(0);
    expect(bytes.length).toBe(0xf0000 + PAGE);
    expect([bytes[0], bytes[0x1000], bytes[0x2fff], bytes[0xf0000]]).toEqual([1, 0, 2, 3]);
    // The long hole takes no room; short ones are zeros.
    expect(image?.pieces.reduce((total, piece) => total + piece.bytes.length, 0)).toBe(4 * PAGE);
    expect(manifest.files[0]?.runs).toEqual([
      { address: "0x10000", length: "4096", state: "captured", offset: "0" },
      { address: "0x11000", length: "4096", state: "failed" },
      { address: "0x12000", length: "4096", state: "captured", offset: "8192" },
      { address: "0x13000", length: "4096", state: "unmapped" },
      { address: "0x14000", length: "966656", state: "absent" },
      { address: "0x100000", length: "4096", state: "captured", offset: "983040" },
    ]);
    expect(report).toMatchObject({ size: BigInt(bytes.length), complete: true });
    expect(report.notes.map(({ subject }) => subject)).toContain("PageStates");
  });

  it("only memory in the ranges is written", async () => {
    const ranges = [{ start: 0x12800n, end: 0x13000n }];
    const { files, report } = await exported(CONTENT, { layout: "sparse", ranges });
    expect(files.get("memory.raw")?.bytes()).toEqual(new Uint8Array(0x800).fill(2));
    expect(report.memory).toEqual({ captured: 0x800n, failed: 0n, unmapped: 0n, missing: 0n });
    const none = await exported(CONTENT, { ranges: [{ start: 0n, end: 0x100n }] });
    expect([...none.files.keys()]).toEqual(["manifest.json"]);
  });

  it("bytes of overlapping regions are those that reads by address prefer, in the files of both", async () => {
    const { files } = await exported({
      regions: [
        { base: 0x10000n, pages: [1, 1], timestampNs: 1n },
        { base: 0x11000n, pages: [2, 2], timestampNs: 2n },
      ],
    });
    const [, first, second] = [...files.values()].map((file) => file.bytes());
    expect(first).toEqual(joined(page(1), page(2)));
    expect(second).toEqual(joined(page(2), page(2)));
  });

  it("a compressed capture of alternating pages has the bytes of the plain one", async () => {
    const regions = [{ base: 0x10000n, pages: Array.from({ length: 999 }, (_, i) => (i % 2 ? ("failed" as const) : i % 250)) }];
    const [plain, compressed] = [await exported({ regions }), await exported({ regions, writer: { compression: "zstd" } })];
    expect(compressed.manifest.files).toEqual(plain.manifest.files);
    const bytes = [...plain.files.values()][1]?.bytes();
    expect(bytes).toEqual(joined(...Array.from({ length: 500 }, (_, i) => page((2 * i) % 250))));
  });

  it("addresses that are too far apart for one file are refused, and so is a sink without skip", async () => {
    const far = { regions: [...CONTENT.regions, { base: 0xffff_ffff_ffff_0000n, pages: [1] }] };
    await expect(exported(far, { layout: "sparse" })).rejects.toMatchObject({ code: "usage" });
    const target = { file: async () => new BytesSink() };
    await expect(exportRaw(await smallCapture(CONTENT), target, { layout: "sparse" })).rejects.toThrow("a sink with skip");
    await expect(exported(CONTENT, { layout: "tar" as never })).rejects.toMatchObject({ code: "usage" });
  });

  it("fills arrays that are no larger than the region of their file", async () => {
    const arrays: number[] = [];
    const file = async () => ({
      keepsBytes: false,
      write: (bytes: Uint8Array) => void arrays.push(bytes.buffer.byteLength),
    });
    const regions = [...CONTENT.regions, { base: 0x200000n, pages: ["failed" as const] }];
    await exportRaw(await smallCapture({ regions }), { file });
    expect(arrays.slice(0, 2)).toEqual([4 * PAGE, PAGE]);
  });

  it("ends with `aborted` on its signal, and closes all sinks", async () => {
    const controller = new AbortController();
    const opened: SparseBytes[] = [];
    const file = async () => {
      const sink = new SparseBytes();
      opened.push(sink);
      if (opened.length === 2) controller.abort();
      return sink;
    };
    await expect(exportRaw(await smallCapture(CONTENT), { file }, { signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(opened.every(({ closed }) => closed > 0)).toBe(true);
  });
});
