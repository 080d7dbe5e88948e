/** Options of `transcode`: compression, hashes, redaction, selection, splitting, cancelling. */
import { describe, expect, it } from "vitest";
import { BlockType, BytesSink, openCapture, redactionOf, type TranscodeProgress, transcode } from "../src/index.js";
import { fixtureBytes, fixturePath } from "./fixtures.js";
import { keysOf, opened, regionsOf, transcoded } from "./transcode-support.js";
import { CONTEXT, HANDLE, IDENTITY, MODULE, PAGE, PROCESS, region, requireConforming, written } from "./write-support.js";

const SOURCES = ["lm-zstd", "lm-lz4", "ms-zstd-mixed", "ms-lz4-mixed", "md-zstd", "md-lz4", "ms-basic-plain"] as const;
const MATRIX = SOURCES.flatMap((name) =>
  (["none", "zstd", "zstd-fast", "lz4", "auto", "keep"] as const).map((compression) => [name, compression] as const),
);

describe("compression", () => {
  it.each(MATRIX)(
    "transcode of %s with compression %s stores regions as asked, and keeps their pages",
    async (name, compression) => {
      const source = fixtureBytes(name);
      const { bytes } = await transcoded(source, { compression });
      await requireConforming(bytes);
      const wanted = await opened(source, regionsOf);
      expect(await opened(bytes, regionsOf, { strict: true })).toEqual(wanted);
      const used = await opened(bytes, async ({ blocks }) =>
        [...blocks.ofType(BlockType.MemoryRegion)].map((block) => block.compression),
      );
      if (compression === "none") expect(new Set(used)).toEqual(new Set(["none"]));
      if (compression === "lz4") expect(new Set(used)).toEqual(new Set(["lz4"]));
      if (compression === "zstd" || compression === "zstd-fast") expect(new Set(used)).toEqual(new Set(["zstd"]));
      if (compression === "keep" && !name.startsWith("lm")) {
        expect(used).toEqual(
          await opened(source, async ({ blocks }) =>
            [...blocks.ofType(BlockType.MemoryRegion)].map((block) => block.compression),
          ),
        );
      }
    },
  );

  it.each([
    ["md-zstd", 0, 8],
    ["ms-zstd-mixed", 8, 8],
  ])("transcode copies the zstd frames of %s without compressing again", async (name, before, after) => {
    const source = fixtureBytes(name);
    const { bytes } = await transcoded(source);
    const stored = async (file: Uint8Array) =>
      opened(file, async ({ blocks }) => {
        const compressed = [...blocks.ofType(BlockType.MemoryRegion)].filter((block) => block.compression === "zstd");
        return Promise.all(compressed.map(async (block) => Buffer.from(await block.stored().read(0, block.payloadLength))));
      });
    const [old, now] = [await stored(source), await stored(bytes)];
    expect(old.length).toBeGreaterThan(0);
    for (const [i, frame] of now.entries()) {
      // Zeros may have followed the frame in the source.
      expect(old[i]?.subarray(before).indexOf(frame.subarray(after))).toBe(0);
    }
  });
});

describe("hash algorithm", () => {
  it.each(
    ["ms-basic-plain", "ms-hash-sha256", "ms-hash-sha512-256", "lm-basic", "md-live-modules"].flatMap((name) =>
      [0, 1, 2].map((hashAlgo) => [name, hashAlgo] as const),
    ),
  )(
    "transcode of %s to hash algorithm %i makes a conforming capture without digests of another algorithm",
    async (name, hashAlgo) => {
      const source = fixtureBytes(name);
      const { bytes, report } = await transcoded(source, { hashAlgo });
      await requireConforming(bytes);
      const before = await opened(source, async ({ header }) => header.hashAlgo);
      expect(await opened(bytes, async ({ header }) => header.hashAlgo)).toBe(hashAlgo);
      const digests = await opened(bytes, async (capture) =>
        (await capture.modules()).map(({ entry }) => entry?.diskHash.some((byte) => byte !== 0) ?? false),
      );
      if (before !== hashAlgo) {
        // A capture has one hash algorithm; digests made with another one cannot be kept.
        expect(digests).not.toContain(true);
        expect(report.header).toContainEqual(expect.objectContaining({ id: "hash", field: "hashAlgo" }));
      }
    },
  );

  it.each([
    ["SHA-256", 1],
    ["BLAKE3", 0],
  ] as const)("transcode takes the hash algorithm by its name, %s", async (hashAlgo, code) => {
    const { report } = await transcoded(fixtureBytes("md-live-modules"), { hashAlgo });
    expect(report.output).toMatchObject({ hashAlgo: code, hashAlgoName: hashAlgo });
    const other = transcoded(fixtureBytes("md-live-modules"), { hashAlgo: "other" });
    await expect(other).rejects.toThrow('0, 1, 2, "BLAKE3", "SHA-256"');
  });

  it("the report lists the digests that a change of the hash algorithm drops", async () => {
    const { report } = await transcoded(fixtureBytes("md-live-modules"), { hashAlgo: 1 });
    const dropped = report.blocks.flatMap(({ changes }) => changes).filter(({ field }) => field === "diskHash");
    expect(dropped.length).toBeGreaterThan(0);
    for (const change of dropped)
      expect(change).toMatchObject({ id: "dropped", lint: "INT-ALGO-MIX", bytes: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(report.complete).toBe(true);
  });
});

const SECRET = "Zq7-secret";

/** An investigation with a different secret in each text field. */
async function investigation(): Promise<Uint8Array> {
  const { bytes } = await written(
    {
      header: { osType: 1, archType: 1, pid: 7, timestampNs: 1n, investigation: true },
      contents: ["ProcessTable", "HandleTable", "ModuleEntry", "MemoryRegion", "KeyHint"],
    },
    async (writer) => {
      const named = <T extends object>(kind: string, value: T): T =>
        Object.fromEntries(
          Object.entries(value).map(([name, one]) => [name, typeof one === "string" ? `${SECRET}-${kind}.${name}.` : one]),
        ) as T;
      const module = { ...MODULE, path: "/m" };
      await writer.processIdentity(named("ProcessIdentity", IDENTITY));
      await writer.moduleListIndex({ entries: [module] });
      await writer.systemContext(named("SystemContext", CONTEXT));
      await writer.processTable({ entries: [named("ProcessTable", PROCESS)] });
      await writer.handleTable({ entries: [named("HandleTable", HANDLE)] });
      await writer.moduleEntry(module);
      const { uuid } = await writer.memoryRegion(region(2), { hasKeyHints: true });
      await writer.keyHint({
        regionUuid: uuid,
        regionOffset: 0n,
        keyLen: 4,
        keyType: 1,
        protocol: 1,
        confidence: 1,
        keyState: 1,
        note: `${SECRET}-KeyHint.note.`,
      });
    },
  );
  return bytes;
}

describe("redaction", () => {
  const FIELDS = [
    "SystemContext.acqUser",
    "SystemContext.hostname",
    "SystemContext.domain",
    "SystemContext.osDetail",
    "SystemContext.caseRef",
    "ProcessIdentity.exePath",
    "ProcessIdentity.cmdLine",
    "ProcessTable.exeName",
    "ProcessTable.cmdLine",
    "ProcessTable.user",
    "HandleTable.path",
    "KeyHint.note",
  ];

  it.each(FIELDS)("redaction of %s empties that field and no other, and the report lists it", async (field) => {
    const { bytes, report } = await transcoded(await investigation(), { redact: redactionOf([field]) });
    await requireConforming(bytes);
    const text = Buffer.from(bytes).toString("latin1");
    for (const other of FIELDS) expect(text.includes(`${SECRET}-${other}.`)).toBe(other !== field);
    expect(await opened(bytes, async ({ header }) => header.redacted)).toBe(true);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual({
      id: "redacted",
      field: field.split(".")[1],
      message: expect.any(String),
    });
    expect(JSON.stringify(report)).not.toContain(SECRET);
  });

  it("redaction by a field name without a kind empties the field in every kind of block", async () => {
    const { bytes } = await transcoded(await investigation(), { redact: redactionOf(["cmdLine", "path"]) });
    const text = Buffer.from(bytes).toString("latin1");
    for (const gone of ["ProcessIdentity.cmdLine.", "ProcessTable.cmdLine.", "HandleTable.path.", "/m\0"])
      expect(text).not.toContain(gone);
  });

  it("redaction of an empty field does not set the flag Redacted", async () => {
    const { bytes } = await written({ header: { osType: 1, archType: 1, pid: 7 } }, async (writer) => {
      await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
      await writer.moduleListIndex({ entries: [] });
    });
    const { bytes: output } = await transcoded(bytes, { redact: redactionOf(["exePath"]) });
    expect(await opened(output, async ({ header }) => header.redacted)).toBe(false);
  });

  it("redactionOf refuses names of fields that cannot be redacted", () => {
    expect(() => redactionOf(["pid"])).toThrow(/pid.*acqUser/s);
    expect(() => redactionOf(["KeyHint.path"])).toThrow(/KeyHint.path/);
  });

  it("redaction leaves out a block that keepNonConforming would copy with the redacted fields in its bytes", async () => {
    const source = fixtureBytes("x-pathlen-overrun");
    const options = { keepNonConforming: true };
    const raw = await transcoded(source, options);
    const [kept] = raw.report.blocks.filter(({ changes }) => changes.some(({ id }) => id === "not-specified"));
    expect(kept).toBeDefined();
    const redacted = await transcoded(source, { ...options, redact: redactionOf(["path", "version", "exePath", "cmdLine"]) });
    expect(redacted.report.leftOut).toContainEqual(
      expect.objectContaining({ index: kept?.source.index, message: expect.stringContaining("redacted") }),
    );
  });
});

describe("selection", () => {
  it("select.ranges selects whole regions that share an address with a range", async () => {
    const source = fixtureBytes("ms-basic-plain");
    const all = await opened(source, async (capture) =>
      (await capture.regions()).map(({ baseAddr, endAddr, head }) => ({ baseAddr, endAddr, type: head.regionType })),
    );
    const [first] = all;
    if (!first) throw new Error("no region");
    const last = first.endAddr - 1n;
    const { bytes, report } = await transcoded(source, { select: { ranges: [{ start: last, end: last + 1n }] } });
    await requireConforming(bytes);
    expect(await opened(bytes, async (capture) => (await capture.regions()).map(({ baseAddr }) => baseAddr))).toEqual([
      first.baseAddr,
    ]);
    expect(report.leftOut.filter(({ reason, typeName }) => reason === "selection" && typeName === "MemoryRegion")).toHaveLength(
      all.length - 1,
    );
  });

  it("select.regionTypes selects regions of a type together with their Key Hints", async () => {
    const source = fixtureBytes("ms-basic-plain");
    const types = await opened(source, async (capture) => (await capture.regions()).map(({ head }) => head.regionType));
    for (const type of new Set(types)) {
      const { bytes, report } = await transcoded(source, { select: { regionTypes: [type] } });
      await requireConforming(bytes);
      expect(await opened(bytes, async (capture) => (await capture.regions()).map(({ head }) => head.regionType))).toEqual(
        types.filter((one) => one === type),
      );
      const hints = await opened(bytes, async ({ blocks }) => [...blocks.ofType(BlockType.KeyHint)].length);
      const left = report.leftOut.filter(({ typeName }) => typeName === "KeyHint").length;
      expect(hints + left).toBe(await opened(source, async ({ blocks }) => [...blocks.ofType(BlockType.KeyHint)].length));
    }
  });

  it("select.ranges refuses an empty range", async () => {
    await expect(
      transcoded(fixtureBytes("ms-basic-plain"), { select: { ranges: [{ start: 2n, end: 2n }] } }),
    ).rejects.toMatchObject({ code: "usage" });
  });
});

describe("splitting", () => {
  it("splitAbove makes Key Hints point to the fragment that holds the key", async () => {
    const { bytes } = await written({ contents: ["MemoryRegion", "KeyHint"] }, async (writer) => {
      await writer.processIdentity(IDENTITY);
      await writer.moduleListIndex({ entries: [] });
      const input = region(8);
      const { uuid } = await writer.memoryRegion(input, { hasKeyHints: true });
      for (const page of [0, 3, 7])
        await writer.keyHint({
          regionUuid: uuid,
          regionOffset: BigInt(page * PAGE + 5),
          keyLen: 16,
          keyType: 1,
          protocol: 1,
          confidence: 1,
          keyState: 1,
        });
    });
    const { bytes: split, report } = await transcoded(bytes, { splitAbove: 32 + 8 + 3 * PAGE });
    await requireConforming(split);
    expect(await opened(split, async ({ blocks }) => [...blocks.ofType(BlockType.MemoryRegion)].length)).toBe(3);
    expect(await opened(split, keysOf)).toEqual(await opened(bytes, keysOf));
    expect(report.blocks.flatMap(({ changes }) => changes).some(({ id }) => id === "split")).toBe(true);
  });

  it("splitAbove leaves out a Key Hint whose key would lie in two fragments, and the report lists it", async () => {
    const { bytes } = await written({ contents: ["MemoryRegion", "KeyHint"] }, async (writer) => {
      await writer.processIdentity(IDENTITY);
      await writer.moduleListIndex({ entries: [] });
      const { uuid } = await writer.memoryRegion(region(8), { hasKeyHints: true });
      const hint = { regionUuid: uuid, keyLen: 16, keyType: 1, protocol: 1, confidence: 1, keyState: 1 };
      await writer.keyHint({ ...hint, regionOffset: BigInt(3 * PAGE - 16) });
      await writer.keyHint({ ...hint, regionOffset: BigInt(3 * PAGE - 15) });
    });
    const { bytes: split, report } = await transcoded(bytes, { splitAbove: 32 + 8 + 3 * PAGE });
    await requireConforming(split);
    expect(report.leftOut).toEqual([expect.objectContaining({ index: 4, reason: "problem", lint: "KEY-RANGE" })]);
  });
});

describe("sources and sinks", () => {
  it("transcode accepts an opened capture, and does not close it", async () => {
    const capture = await openCapture(fixturePath("ms-basic-plain"));
    const sink = new BytesSink();
    await transcode(capture, sink);
    expect(sink.bytes()).toEqual((await transcoded(fixtureBytes("ms-basic-plain"))).bytes);
    expect((await capture.blocks.at(0).decode()).payload?.kind).toBe("ProcessIdentity");
    await capture.close();
  });

  it("transcode closes the sink once, also after a failure", async () => {
    for (const source of [fixtureBytes("ms-basic-plain"), fixtureBytes("x-bad-magic")]) {
      let closed = 0;
      await transcode(source, { write: () => {}, close: () => void closed++ }).catch(() => {});
      expect(closed).toBe(1);
    }
  });

  it("onProgress receives rising byte counts in each phase, up to the total", async () => {
    const steps: TranscodeProgress[] = [];
    await transcoded(fixtureBytes("ms-zstd-mixed"), { onProgress: (step) => steps.push(step) });
    for (const phase of ["verify", "write"]) {
      const of = steps.filter((step) => step.phase === phase);
      expect(of.at(-1)?.bytesDone).toBe(of.at(-1)?.bytesTotal);
      expect(of.map(({ bytesDone }) => bytesDone)).toEqual(of.map(({ bytesDone }) => bytesDone).sort((a, b) => a - b));
    }
  });

  it.each(["verify", "write"])("transcode stops in the phase %s when its signal fires", async (phase) => {
    const controller = new AbortController();
    const sink = new BytesSink();
    const onProgress = (step: TranscodeProgress) => {
      if (step.phase === phase) controller.abort();
    };
    await expect(transcode(fixtureBytes("ms-zstd-mixed"), sink, { signal: controller.signal, onProgress })).rejects.toMatchObject(
      { code: "aborted" },
    );
    if (phase === "write") expect(await opened(sink.bytes(), async ({ end }) => end.eocIndex)).toBe(null);
  });
});
