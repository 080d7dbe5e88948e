import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { BytesSink, type Capture, HeaderFlag, MslError, openCapture } from "../src/index.js";
import { lintCapture } from "../src/lint.js";
import { holdsBlocks, openDamagedCapture, repairCapture } from "../src/repair.js";
import { bigEndianCapture } from "./big-endian-capture.js";
import { ENCRYPTED, expectation, fixtureBytes, READABLE, REFUSED } from "./fixtures.js";
import { END_OF_CAPTURE, fates, type Repaired, repaired, requireRepaired, secretsOf, walk } from "./repair-support.js";
import { CountingSource } from "./support/counting-source.js";
import { concatenated, vectorV1 } from "./vectors.js";

const digest = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The payloads of the source that the output lacks, although the report names no change of their block. */
function changedInSilence(
  source: readonly { type: number; uuid: string; payload: Uint8Array }[],
  { bytes, report }: Repaired,
): number[] {
  const there = new Set(walk(bytes).map(({ payload }) => digest(payload)));
  const told = new Set([...report.blocks.map(({ source: { index } }) => index), ...report.leftOut.map(({ index }) => index)]);
  return source.flatMap(({ type, payload }, index) =>
    type === END_OF_CAPTURE || told.has(index) || there.has(digest(payload)) ? [] : [index],
  );
}

/** Repairs a damaged capture: the output verifies, says so, and has every block of `whole`, whose blocks an independent walk finds. */
async function requireBlocksSaved(whole: Uint8Array, damaged: Uint8Array): Promise<{ capture: Capture; result: Repaired }> {
  const blocks = walk(whole);
  const result = await repaired(damaged);
  const capture = await requireRepaired(damaged, result);
  expect(fates(blocks, result)).toEqual([]);
  expect(changedInSilence(blocks, result)).toEqual([]);
  return { capture, result };
}

const withBytes = (bytes: Uint8Array, at: number, values: ArrayLike<number>) => {
  const copy = bytes.slice();
  copy.set(values, at);
  return copy;
};

const MAGIC = new TextEncoder().encode("MEMSLICE");

describe.each([0, 1, 2] as const)("a capture whose HashAlgo is %i", (algorithm) => {
  const whole = vectorV1(algorithm);

  it("repair saves every block, whichever byte of the header is damaged", async () => {
    for (let at = 0; at < 64; at++) {
      const stored = whole[at] ?? 0;
      for (const value of [stored ^ 0xff, stored ^ 0x01, stored ^ 0x04, stored ^ 0x80, 0x77]) {
        const { capture, result } = await requireBlocksSaved(whole, withBytes(whole, at, [value]));
        if (value !== stored) expect([at, value, result.report.source.integrity?.outcome]).toEqual([at, value, "altered"]);
        await capture.close();
      }
    }
  }, 120_000);
});

/** Ways to damage the header of a capture that has blocks behind it. */
const DAMAGES: readonly (readonly [string, (whole: Uint8Array, first: number) => Uint8Array])[] = [
  ["is zero", (whole, first) => withBytes(whole, 0, new Uint8Array(first))],
  ["has a HeaderSize that is too large", (whole) => withBytes(whole, 9, [0xf0])],
  ["was cut off in part", (whole) => whole.slice(20)],
];
const MORE_DAMAGES: typeof DAMAGES = [
  ["is overwritten", (whole, first) => withBytes(whole, 0, new Uint8Array(first).fill(0xa5))],
  ["has another magic", (whole) => withBytes(whole, 0, [0])],
  ["has a HeaderSize that is too small", (whole) => withBytes(whole, 9, [7])],
  ["has the Encrypted flag", (whole) => withBytes(whole, 0x0c, [(whole[0x0c] ?? 0) | 4])],
  ["lacks its magic", (whole) => whole.slice(8)],
  ["was cut off", (whole, first) => whole.slice(first)],
];

const firstBlockOf = (name: string) => fixtureBytes(name)[9] ?? 64;
const WITH_BLOCKS = READABLE.filter((name) => fixtureBytes(name).length > firstBlockOf(name));
const SOME = [
  "ms-basic-plain",
  "ms-header-edge",
  "md-investigation-full",
  "lm-basic",
  "r2-genmsl-mt",
  "ms-hash-sha512-256",
  "x-headersize-72",
];

describe.each([...WITH_BLOCKS.map((name) => [name, DAMAGES] as const), ...SOME.map((name) => [name, MORE_DAMAGES] as const)])(
  "%s without its header",
  (name, damages) => {
    const whole = fixtureBytes(name);

    it.each(damages)("repair saves every block of a capture whose header %s", async (_, damage) => {
      const { capture } = await requireBlocksSaved(whole, damage(whole, firstBlockOf(name)));
      await capture.close();
    });
  },
);

describe("repairCapture of a damaged header", () => {
  const whole = fixtureBytes("ms-basic-plain");

  it("keeps the fields that block 0 vouches for, and names the field that it mended", async () => {
    const { capture, result } = await requireBlocksSaved(whole, withBytes(whole, 0, [0x6d]));
    const source = await openCapture(whole);
    for (const field of ["dumpUuid", "timestampNs", "osType", "archType", "pid", "clockSource", "hashAlgo"] as const)
      expect([field, capture.header[field]]).toEqual([field, source.header[field]]);
    expect(result.report.header).toContainEqual(
      expect.objectContaining({
        id: "mended",
        lint: "HDR-MAGIC",
        field: "magic",
        message: expect.stringMatching(/^Magic is 6d454d534c494345, expected 4d454d534c494345: /),
      }),
    );
    expect(result.report.repair.note).toContain("Magic is 6d454d534c494345, expected 4d454d534c494345");
    expect(result.report.complete).toBe(true);
    await Promise.all([capture.close(), source.close()]);
  });

  it.each([
    ["zeros", 0],
    ["ones", 0xff],
  ])("takes a header of %s for unknown, and guesses nothing", async (_, fill) => {
    const { capture, result } = await requireBlocksSaved(whole, withBytes(whole, 0, new Uint8Array(64).fill(fill)));
    const { flags, osType, archType, pid, timestampNs, clockSource, hashAlgo, dumpUuid } = capture.header;
    // The output is an import, and so says Flags; nothing else is known of them.
    expect({ flags, osType, archType, pid, timestampNs, clockSource, hashAlgo }).toEqual({
      flags: HeaderFlag.Imported,
      osType: 0xffff,
      archType: 0xffff,
      pid: 0,
      timestampNs: 0n,
      clockSource: 0,
      hashAlgo: 0,
    });
    expect(dumpUuid).toMatch(/^.{14}4/);
    expect(result.report.complete).toBe(false);
    expect(result.report.repair.note).toContain("no hash vouches for them");
    // 0xffff stands for an unknown system already.
    const lost = result.report.header.filter(({ id }) => id === "dropped").map(({ field }) => field);
    expect(lost.includes("osType")).toBe(fill === 0);
    expect(result.report.header).toContainEqual(expect.objectContaining({ id: "uuid", field: "dumpUuid" }));
    await capture.close();
  });

  it("keeps the fields that read well beside overwritten ones that nothing vouches for", async () => {
    const source = await openCapture(whole);
    // Flags, CapBitmap and the first half of DumpUUID.
    const { capture } = await requireBlocksSaved(whole, withBytes(whole, 0, new Uint8Array(0x20)));
    const { osType, archType, pid, dumpUuid } = capture.header;
    expect({ osType, archType, pid }).toEqual({
      osType: source.header.osType,
      archType: source.header.archType,
      pid: source.header.pid,
    });
    expect(dumpUuid).not.toBe(source.header.dumpUuid);
    await Promise.all([capture.close(), source.close()]);
  });

  it("finds the algorithm of the hashes by the links between blocks", async () => {
    const sha256 = fixtureBytes("ms-hash-sha256");
    const { capture } = await requireBlocksSaved(sha256, withBytes(sha256, 0, new Uint8Array(64)));
    expect(capture.header.hashAlgoName).toBe("SHA-256");
    await capture.close();
  });

  it("finds the blocks behind a header whose block 0 is damaged, too", async () => {
    const damaged = withBytes(whole, 0, new Uint8Array(100));
    const result = await repaired(damaged);
    const there = new Set(walk(result.bytes).map(({ uuid }) => uuid));
    expect(
      walk(whole)
        .slice(1, -1)
        .filter(({ uuid }) => !there.has(uuid)),
    ).toEqual([]);
    expect(result.report.repair.salvagedBlocks).toBeGreaterThan(0);
  });

  it.each([
    ["md-live-modules", "1.1"],
    ["lm-basic", "1.0"],
  ])("takes the version from the blocks of %s behind a damaged block 0, too", async (name, version) => {
    const capture = await openDamagedCapture(withBytes(fixtureBytes(name), 0, new Uint8Array(100)));
    const { versionMajor, versionMinor } = capture.header;
    expect(`${versionMajor}.${versionMinor}`).toBe(version);
    await capture.close();
  });

  it("saves a complete block of a file that ends inside the next one", async () => {
    const [first] = walk(whole);
    const cut = withBytes(whole, 0, new Uint8Array(64)).slice(0, (first?.end ?? 0) + 30);
    expect(fates(walk(cut, 64), await repaired(cut))).toEqual([]);
  });

  it("reads blocks in big-endian order under a header that says otherwise", async () => {
    const big = bigEndianCapture();
    for (const damaged of [withBytes(big, 8, [1]), withBytes(big, 0, new Uint8Array(64)), withBytes(big, 0, [0])]) {
      const result = await repaired(damaged);
      const capture = await requireRepaired(damaged, result);
      expect(capture.blocks.length).toBeGreaterThanOrEqual(4);
      expect((await capture.memory.read(0x400000n, 4)).segments[0]?.bytes).toEqual(new Uint8Array(4).fill(0xaa));
      await capture.close();
    }
  });

  it.each(REFUSED.filter((name) => fixtureBytes(name).length > 64))(
    "saves every block of %s, which readers refuse",
    async (name) => {
      const bytes = fixtureBytes(name);
      await expect(openCapture(bytes)).rejects.toBeInstanceOf(MslError);
      const { capture } = await requireBlocksSaved(bytes, bytes);
      expect(capture.blocks.length).toBeGreaterThan(2);
      await capture.close();
    },
  );

  it("is what openDamagedCapture reads, unless it is strict", async () => {
    const damaged = withBytes(whole, 0, [0]);
    await expect(openCapture(damaged)).rejects.toMatchObject({ code: "not-msl" });
    await expect(openDamagedCapture(damaged, { strict: true })).rejects.toMatchObject({ code: "not-msl" });
    const capture = await openDamagedCapture(damaged);
    expect(capture.blocks.length).toBe(walk(whole).length);
    await capture.close();
  });
});

describe("lintCapture with salvage of a damaged header", () => {
  it.each([
    [0, [0x6d], "HDR-MAGIC", "6d454d534c494345", "4d454d534c494345"],
    [8, [2], "HDR-ENDIAN", "2", "1"],
    [9, [96], "HDR-SIZE", "96", "64"],
    [0x0a, [7, 7], "HDR-DAMAGED", "0707 (7.7)", "0001 (1.0)"],
    [0x3d, [9], "HDR-HASHALGO", "0x09", "0 (BLAKE3)"],
  ] as const)("names the field at %i, what was found and what was expected", async (at, values, id, found, expected) => {
    const damaged = withBytes(fixtureBytes("ms-basic-plain"), at, values);
    const linting = lintCapture(damaged, { salvage: true });
    const all = [];
    for await (const findings of linting) all.push(...findings);
    expect(all).toContainEqual(expect.objectContaining({ id, found, expected, offset: at, block: null }));
    expect([linting.summary.blocks, linting.summary.obstacle]).toEqual([11, null]);
  });
});

describe("an encrypted capture with a damaged header", () => {
  const name = "ms-enc-passphrase";
  const whole = fixtureBytes(name);
  const secrets = secretsOf(name);

  it.each([
    ["magic", withBytes(whole, 3, [0])],
    ["Endianness", withBytes(whole, 8, [9])],
    ["HeaderSize", withBytes(whole, 9, [64])],
    ["Encrypted flag", withBytes(whole, 0x0c, [0])],
  ])("repair opens one whose %s is damaged, since the tag vouches for the header", async (_, damaged) => {
    const result = await repaired(damaged, secrets);
    const sound = await repaired(whole, secrets);
    const integrity = ({ report }: Repaired) => report.source.integrity;
    expect(integrity(sound)).toMatchObject({ verdict: "aead-ok", outcome: "intact" });
    expect(integrity(result)).toMatchObject({ verdict: "aead-ok+filehash-mismatch", outcome: "altered" });
    expect(integrity(result)?.findings[0]).toMatch(/or its header was altered and mended/);
    expect(result.report.repair.note).toContain("THE SOURCE WAS ALTERED: FileHash does not match, and the AEAD tag does; ");
    expect(
      walk(result.bytes)
        .slice(1)
        .map(({ payload }) => digest(payload)),
    ).toEqual(
      walk(sound.bytes)
        .slice(1, -1)
        .map(({ payload }) => digest(payload))
        .concat(expect.any(String)),
    );
  });

  it.each([
    ["PID", withBytes(whole, 0x34, [0xff])],
    ["Nonce", withBytes(whole, 0x50, [0, 0, 0])],
    ["KDFSalt and magic", withBytes(withBytes(whole, 0, [0]), 0x68, [0, 0, 0])],
  ])("repair decrypts nothing of one whose %s is damaged", async (_, damaged) => {
    const sink = new BytesSink();
    await expect(repairCapture(damaged, sink, secrets)).rejects.toMatchObject({ code: "authentication-failed" });
    expect(sink.bytes().length).toBe(0);
  });

  it("repair refuses one whose header is overwritten, and says that nothing can be decrypted without it", async () => {
    const sink = new BytesSink();
    const damaged = withBytes(whole, 0, new Uint8Array(128));
    await expect(repairCapture(damaged, sink, secrets)).rejects.toMatchObject({
      code: "not-msl",
      message: expect.stringContaining("nothing of an encrypted capture can be decrypted without its exact header"),
    });
    expect(sink.bytes().length).toBe(0);
  });

  it.each(ENCRYPTED)("repair of %s fails without its key", async (one) => {
    expect(keysOf(expectation(one))).toBeDefined();
    await expect(repaired(withBytes(fixtureBytes(one), 0, [0]))).rejects.toMatchObject({ code: "missing-key" });
  });
});

/** Bytes that repeat a pattern. */
function patterned(length: number, pattern: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += pattern.length) bytes.set(pattern.subarray(0, length - at), at);
  return bytes;
}

function randomBytes(length: number): Uint8Array {
  let state = 12345;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const text = new TextEncoder();
const BLOCK_MAGIC = text.encode("MSLC");
const LONG = 4 * 1024 * 1024;

describe.each([
  ["zeros", new Uint8Array(LONG)],
  ["random bytes", randomBytes(LONG)],
  ["text", patterned(LONG, text.encode("MSLC stands for a block of a Memory Slice capture, MEMSLICE for its file.\n"))],
  ["block magics", patterned(LONG, BLOCK_MAGIC)],
  ["file magics without blocks", concatenated(text.encode("MEMSLICX"), patterned(4096, MAGIC))],
  ["no byte", new Uint8Array(0)],
  ["a header without its magic, and nothing else", withBytes(vectorV1(0).slice(0, 64), 0, [0])],
])("a file of %s", (_, bytes) => {
  it("is refused by repair, which writes nothing", async () => {
    const sink = new BytesSink();
    await expect(repairCapture(bytes, sink)).rejects.toMatchObject({ code: "not-msl" });
    expect(sink.bytes().length).toBe(0);
    expect(await holdsBlocks(bytes)).toBe(false);
  });

  it("is read a bounded number of times", async () => {
    const source = new CountingSource(bytes);
    await expect(openDamagedCapture(source)).rejects.toMatchObject({ code: "not-msl" });
    expect(source.bytesRead).toBeLessThan(2 * bytes.length + 4096);
  });
});

it("holdsBlocks tells whether salvage reads blocks behind a header that cannot be read", async () => {
  const whole = fixtureBytes("ms-basic-plain");
  expect(await holdsBlocks(withBytes(whole, 0, [0]))).toBe(true);
  expect(await holdsBlocks(whole.slice(30))).toBe(true);
  expect(await holdsBlocks(withBytes(fixtureBytes("ms-enc-passphrase"), 0, [0]))).toBe(false);
});
