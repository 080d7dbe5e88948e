import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MslSliceReader, openCapture, verifyStream } from "../src/index.js";
import { V1_HASHES, V1_PREV_HASH_WITHOUT_BLOCK_COUNT, V6_SHA256, type VectorHashes, vectorV1, vectorV6 } from "./vectors.js";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const ALGORITHMS = [0, 1, 2] as const;

describe.each(ALGORITHMS)("vector V1 with HashAlgo %i", (hashAlgo) => {
  const bytes = vectorV1(hashAlgo);

  it("vector V1 is assembled to the published file", () => {
    expect(bytes.length).toBe(2560);
    expect(sha256(bytes)).toBe(V1_HASHES[hashAlgo]?.sha256);
  });

  it("vector V1 verifies as intact, as a source and as a stream", async () => {
    const capture = await openCapture(bytes);
    expect(await capture.verify()).toMatchObject({
      verdict: "chain-ok+filehash-ok",
      outcome: "intact",
      anchor: "header-hash",
    });
    expect(await verifyStream([bytes])).toMatchObject({ verdict: "chain-ok+filehash-ok", blocks: 4, eocIndex: 3 });
  });

  it("vector V1 decodes to the described values", () => {
    const reader = new MslSliceReader(bytes);
    expect(reader.header).toMatchObject({
      versionMajor: 1,
      versionMinor: 1,
      capBitmap: 0x103n,
      dumpUuid: "00112233-4455-4677-8899-aabbccddeeff",
      timestampNs: 1_700_000_000_000_000_000n,
      osTypeName: "Linux",
      archTypeName: "x86_64",
      pid: 4242,
      clockSourceName: "CLOCK_REALTIME",
      blockCount: 4,
      hashAlgo,
    });
    expect(reader.deviations).toEqual([]);
    const payloads = [...reader].map((block) => block.decode());
    expect(payloads.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined, undefined]);
    expect(payloads[0]?.payload).toEqual({
      kind: "ProcessIdentity",
      ppid: 1,
      sessionId: 2,
      startTimeNs: 1_699_999_999_000_000_000n,
      exePath: "/bin/ls",
      cmdLine: "",
    });
    expect(payloads[1]?.payload).toEqual({ kind: "ModuleListIndex", entryCount: 0, entries: [] });
    expect(payloads[3]?.payload).toMatchObject({ kind: "EndOfCapture", acqEndNs: 1_700_000_000_000_000_002n });
  });

  it("the region of vector V1 has the page states C F U C, and bytes of the captured pages only", async () => {
    const capture = await openCapture(bytes);
    const [region] = await capture.regions();
    expect([...((await region?.pages())?.runs() ?? [])]).toEqual([
      { start: 0, count: 1, state: "captured" },
      { start: 1, count: 1, state: "failed" },
      { start: 2, count: 1, state: "unmapped" },
      { start: 3, count: 1, state: "captured" },
    ]);
    const read = await capture.memory.read(0x400000n, 4096);
    expect(read.segments.map(({ length, state }) => [length, state])).toEqual([
      [1024, "captured"],
      [1024, "failed"],
      [1024, "unmapped"],
      [1024, "captured"],
    ]);
    expect(read.segments[0]?.bytes).toEqual(new Uint8Array(1024).fill(0xaa));
    expect(read.segments[3]?.bytes).toEqual(new Uint8Array(1024).fill(0xbb));
    expect(() => read.bytes()).toThrow(/0x400400 was not captured: failed/);
  });
});

describe("vector V1 with BlockCount patched after hashing", () => {
  it("a capture whose BlockCount was patched after hashing is explained, and not intact", async () => {
    const [blake3] = V1_HASHES;
    if (!blake3) throw new Error("V1 has hashes");
    const [, ...others] = blake3.prevHash;
    const hashes: VectorHashes = { ...blake3, prevHash: [V1_PREV_HASH_WITHOUT_BLOCK_COUNT, ...others] };
    const report = await (await openCapture(vectorV1(0, hashes))).verify();
    expect(report).toMatchObject({ outcome: "altered", anchor: "other" });
    expect(report.explanation?.variant.id).toBe("block-count-zero");
  });
});

describe("vector V6, MSL 0.1", () => {
  const bytes = vectorV6();

  it("vector V6 is assembled to the published file", () => {
    expect(bytes.length).toBe(4664);
    expect(sha256(bytes)).toBe(V6_SHA256);
  });

  it("vector V6 verifies as intact", async () => {
    expect((await (await openCapture(bytes)).verify()).verdict).toBe("chain-ok+filehash-ok");
  });

  it("vector V6 decodes in the layout of MSL 0.1, and every deviation is reported", () => {
    const reader = new MslSliceReader(bytes);
    expect(reader.header).toMatchObject({ versionMajor: 1, versionMinor: 0, osTypeName: "Android", archTypeName: "ARM64" });
    expect(reader.deviations.map(({ id }) => id)).toEqual(["HDR-VERSION-BYTES", "ORD-IDENTITY"]);
    const [region, index, module] = [...reader].map((block) => block.decode());
    expect(region?.payload).toMatchObject({
      kind: "MemoryRegion",
      layout: "0.1",
      pageSize: 4096,
      numPages: 2,
      baseAddr: 0x1000n,
    });
    expect(region?.deviations.map(({ id }) => id)).toEqual(["BLK-PAYLOADVERSION", "REG-LEGACY"]);
    expect(index?.payload).toEqual({ kind: "ModuleListIndex", entryCount: 1, entries: [] });
    expect(index?.deviations.map(({ id }) => id)).toContain("MOD-COUNTONLY");
    expect(module?.payload).toMatchObject({ path: "/lib/a.so", version: "", baseAddr: 0x400000n });
    expect(module?.deviations.map(({ id }) => id)).toContain("STR-PADDEDLEN");
  });

  it("a strict reader refuses vector V6", () => {
    expect(() => new MslSliceReader(bytes, { strict: true })).toThrow(/HDR-VERSION-BYTES/);
  });
});
