import { createCipheriv, createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { LINT_CATALOGUE, type LintId, MslError, openCapture } from "../src/index.js";
import { type LintFinding, type LintOptions, type LintSummary, lintCapture, lintRule, lintRules } from "../src/lint.js";
import { blockBytes, captureOf, PAGE, regionPayload, uuidBytes } from "./build-capture.js";
import { ENCRYPTED, expectation, fixtureBytes, fixturePath, READABLE } from "./fixtures.js";
import { concatenated, vectorV1 } from "./vectors.js";

interface Linted {
  readonly findings: readonly LintFinding[];
  readonly summary: LintSummary;
}

async function linted(input: Uint8Array | string, options: LintOptions = {}): Promise<Linted> {
  const linting = lintCapture(input, options);
  const findings: LintFinding[] = [];
  for await (const batch of linting) findings.push(...batch);
  return { findings, summary: linting.summary };
}

const keysFor = (name: string): LintOptions => (ENCRYPTED.includes(name) ? { keys: keysOf(expectation(name)) } : {});
const of = (name: string) => () => ({ input: fixtureBytes(name), options: keysFor(name) });
const built =
  (make: () => Uint8Array, options: LintOptions = {}) =>
  () => ({ input: make(), options });

/** The bytes with some of them replaced, by their offsets. */
function patched(bytes: Uint8Array, patches: Readonly<Record<number, number>>): Uint8Array {
  const copy = bytes.slice();
  for (const [at, value] of Object.entries(patches)) copy[Number(at)] = value;
  return copy;
}

/** A payload of `length` bytes with numbers of 1, 2, 4 or 8 bytes, by their offsets. */
function payloadOf(length: number, ...fields: readonly [at: number, size: number, value: number | bigint][]): Uint8Array {
  const payload = new Uint8Array(length);
  for (const [at, size, value] of fields)
    for (let i = 0; i < size; i++) payload[at + i] = Number((BigInt(value) >> BigInt(8 * i)) & 0xffn);
  return payload;
}

const REGION = { base: 0x10000n, states: [1, 0, 0], fill: 7 };
const region = (over: Partial<typeof REGION> = {}) => regionPayload({ ...REGION, ...over });
/** A Process Identity whose path has these bytes, of which `length` count. */
function identity(path: readonly number[], length: number): Uint8Array {
  const payload = payloadOf(24 + path.length, [16, 2, length]);
  payload.set(path, 24);
  return payload;
}
function keyHint(offset: number): Uint8Array {
  const payload = payloadOf(44, [16, 8, offset], [24, 4, 16]);
  payload.set(uuidBytes(1));
  return payload;
}
const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());

/** A capture that says BLAKE3 and is hashed with SHA-256 throughout. */
function hashedWithSha256(): Uint8Array {
  const header = captureOf([]);
  const first = blockBytes({ type: 0x40, payload: payloadOf(24) }, 1);
  first.set(sha256(header), 48);
  const end = blockBytes({ type: 0x0fff, payload: new Uint8Array(48) }, 2);
  end.set(sha256(first), 48);
  end.set(sha256(concatenated(header, first)), 80);
  return concatenated(header, first, end);
}

const KEY = new Uint8Array(32).fill(3);
/** An encrypted capture of one block, whose PrevHash is not zero. `patches`: of the header, which is authenticated. */
function sealed(patches: Readonly<Record<number, number>> = {}): Uint8Array {
  const header = patched(concatenated(captureOf([]), new Uint8Array(64)), { 9: 128, 12: 4, 64: 1, 80: 9, ...patches });
  const block = blockBytes({ type: 0x40, payload: payloadOf(24) }, 1);
  block.fill(0xee, 48, 80);
  const cipher = createCipheriv("aes-256-gcm", KEY, header.subarray(80, 92));
  cipher.setAAD(header);
  const ciphertext = cipher.update(block);
  cipher.final();
  return concatenated(header, ciphertext, cipher.getAuthTag());
}

/** CapBitmap as it is stored: 8 bytes, little-endian. */
function capBitmapOf(name: string): string {
  return `0x${new DataView(fixtureBytes(name).buffer, fixtureBytes(name).byteOffset + 16).getBigUint64(0, true).toString(16)}`;
}

/** For each id a capture with this departure: of another writer where there is one, or built here byte by byte. */
const CAPTURES: Record<LintId, () => { readonly input: Uint8Array; readonly options: LintOptions }> = {
  "HDR-MAGIC": of("x-bad-magic"),
  "HDR-ENDIAN": of("x-endianness"),
  "HDR-SIZE": of("x-headersize-72"),
  "HDR-VERSION-BYTES": of("lm-basic"),
  "HDR-VERSION-OLD": of("ms-hash-sha256"),
  "HDR-VERSION-NEW": of("x-new-minor"),
  "HDR-RESERVED": of("x-reserved-nonzero"),
  "HDR-FLAGS-D3": built(() => patched(captureOf([{ type: 0x20, payload: keyHint(0) }]), { 10: 0, 11: 1, 12: 2 })),
  "HDR-CAPBITMAP": of("ms-basic-plain"),
  "HDR-HASHALGO": built(() => patched(captureOf([]), { 61: 9 })),
  "HDR-BLOCKCOUNT": of("ms-header-edge"),
  "HDR-DAMAGED": of("x-bad-major"),
  "HDR-ENUM": built(() => patched(captureOf([]), { 48: 0xfe })),
  "UUID-VERSION": built(() => patched(captureOf([{ type: 0x40, payload: payloadOf(24) }]), { [64 + 16 + 6]: 0x10 })),
  "UUID-NIL": of("r2-genmsl-mt"),
  "UUID-DUP": of("x-dup-uuid"),
  "BLK-LENGTH": of("x-blocklen-small"),
  "BLK-TRUNCATED": of("x-trunc-lastblock"),
  "BLK-FRAMING": built(() => concatenated(captureOf([{ type: 0x40, payload: payloadOf(24) }]), new Uint8Array(100).fill(5))),
  "BLK-TYPE0": of("x-block-type-0"),
  "BLK-RESERVED": of("x-reserved-nonzero"),
  "BLK-PAYLOADVERSION": of("x-payload-version-2"),
  "BLK-COMPALGO": of("x-compalgo-3"),
  "BLK-PADDING": of("ms-basic-plain"),
  "PAY-RESERVED": built(() => captureOf([{ type: 0x40, payload: payloadOf(24, [20, 1, 1]) }])),
  "TYP-UNSPECIFIED": of("x-unknown-type"),
  "EXT-MEMSLICER": of("ms-investigation-full"),
  "EXT-MEMDIVER": of("md-vasmap"),
  "EXT-THREAD": of("rf-threads-x64"),
  "THR-CURRENT": of("rf-threads-edge"),
  "THR-DUP": of("rf-threads-edge"),
  "THR-ROLE": of("rf-threads-edge"),
  "THR-STATE": of("rf-threads-edge"),
  "CMP-NOPREFIX": of("md-zstd"),
  "CMP-SIZE": of("x-comp-corrupt"),
  "CMP-LZ4SHAPE": of("ms-lz4-mixed"),
  "CMP-TRAILING": of("ms-zstd-mixed"),
  "CMP-LIMIT": () => ({ input: fixtureBytes("ms-zstd-mixed"), options: { payloadLimit: 64 } }),
  "REF-DANGLING": built(() => captureOf([{ type: 0x41, parent: 77, payload: payloadOf(24) }])),
  "REF-CYCLE": built(() =>
    captureOf([
      { type: 0x41, parent: 2 },
      { type: 0x41, parent: 1 },
    ]),
  ),
  "REF-PARENT": built(() => captureOf([{ type: 0x02, payload: payloadOf(64) }])),
  "REF-FLAGS": built(() => captureOf([{ type: 0x40, flags: 0x10, payload: payloadOf(24) }])),
  "ORD-IDENTITY": of("lm-basic"),
  "ORD-MODLIST": of("r2-dgm"),
  "ORD-PROVENANCE": of("ms-provenance"),
  "ORD-SYSCTX": of("md-investigation-full"),
  "INT-CHAIN": of("x-flip-middle"),
  "INT-FILEHASH": of("x-flip-eoc-filehash"),
  "INT-ANCHOR-ZERO": of("md-live-modules"),
  "INT-HEADER-EDITED": built(() => patched(fixtureBytes("lm-modules-many"), { 11: 1 })),
  "INT-ALGO-MIX": built(hashedWithSha256),
  "INT-ENC-PREVHASH": built(() => sealed(), { keys: { key: KEY } }),
  "EOC-MISSING": of("ms-noeoc"),
  "EOC-SHORT": of("md-live-modules"),
  "EOC-TRAILING": of("x-zero-tail"),
  "EOC-OVERLAY": of("ms-enriched"),
  "REG-PAGESIZE": of("x-pagesizelog2-out-of-range"),
  "REG-ALIGN": of("x-region-size-not-multiple"),
  "REG-WRAP": built(() => captureOf([{ type: 1, payload: region({ base: 0xffff_ffff_ffff_f800n }) }])),
  "REG-LEGACY": of("lm-basic"),
  "REG-SHORTDATA": of("x-region-missing-pagedata"),
  "REG-SURPLUS": built(() => captureOf([{ type: 1, payload: concatenated(region(), new Uint8Array(16).fill(1)) }])),
  "REG-STATE3": of("x-state-reserved"),
  "REG-MAPPAD": built(() => captureOf([{ type: 1, payload: patched(region(), { 33: 0x55 }) }])),
  "REG-OVERLAP": of("md-regions-edge"),
  "REG-EMPTY": of("ms-regions-edge"),
  "REG-CONT": built(() => captureOf([{ type: 1, flags: 0x20, parent: 9, payload: region() }])),
  "STR-UTF8": of("x-invalid-utf8"),
  "STR-NUL": built(() => captureOf([{ type: 0x40, payload: identity([97, 98, 99, 100, 97, 98, 99, 100], 8) }])),
  "STR-PAD": built(() => captureOf([{ type: 0x40, payload: identity([97, 98, 0, 1, 0, 0, 0, 0], 3) }])),
  "STR-PADDEDLEN": of("lm-basic"),
  "STR-OVERRUN": of("x-count-bomb"),
  "MOD-COUNTONLY": of("lm-basic"),
  "MOD-SHORT": of("md-live-modules"),
  "MOD-MISMATCH": of("x-blocklen-small"),
  "SYS-LAYOUT-B": of("ms-investigation-full"),
  "SYS-TAIL": built(() => captureOf([{ type: 0x50, payload: payloadOf(48, [32, 8, 5]) }])),
  "SYS-BITMAP": of("md-investigation-full"),
  "CON-TYPE": of("ms-investigation-full"),
  "CON-ROW": built(() => captureOf([{ type: 0x55, payload: payloadOf(15, [0, 4, 1], [8, 1, 1], [9, 2, 4]) }])),
  "HND-WIDE": built(() => captureOf([{ type: 0x53, payload: payloadOf(24, [0, 4, 1], [17, 1, 2]) }])),
  "LEN-EXTRA": of("md-related-dumps"),
  "KEY-RANGE": of("ms-basic-plain"),
  "KEY-AMBIGUOUS": built(() =>
    captureOf([
      { type: 1, payload: region() },
      { type: 0x20, payload: keyHint(PAGE) },
    ]),
  ),
  "RED-FLAG": of("md-investigation-full"),
  "ENC-SIZE": built(() => patched(captureOf([]), { 12: 4 })),
  "ENC-PARAM": built(() => sealed({ 65: 7 })),
  "ENC-KDFWEAK": of("ms-enc-weak-argon2"),
  "ENC-KEMLEN": built(() => sealed({ 66: 1, 78: 31 })),
  "ENC-DUAL": built(() => sealed({ 65: 1, 66: 1, 78: 32 })),
  "ENC-BLOCKCOUNT": built(() => sealed({ 57: 2 }), { keys: { key: KEY } }),
};

describe("lintCapture", () => {
  it.each(Object.keys(LINT_CATALOGUE) as LintId[])(
    "finds %s in a capture that departs from the specification in this way",
    async (id) => {
      const { input, options } = CAPTURES[id]();
      const { findings, summary } = await linted(input, options);
      const found = findings.filter((finding) => finding.id === id);
      expect(found, findings.map((finding) => `${finding.id}: ${finding.message}`).join("\n")).not.toEqual([]);
      expect(summary.ids.get(id)).toBe(found.length);
      const rule = lintRule(id);
      for (const { level, message, found: value, expected, meaning, offset } of found) {
        expect(level).toBe(rule?.level);
        expect(meaning).toBe(rule?.meaning);
        expect(message.length).toBeGreaterThan(5);
        expect(value).toMatch(/\S/);
        expect(expected).toMatch(/\S/);
        // A fact, and not the sentence, whole or in part.
        expect([value, expected]).not.toContain(message);
        expect(offset).toBeGreaterThanOrEqual(0);
      }
    },
  );

  it.each([0, 1, 2] as const)("finds nothing in the published vector with hash algorithm %i", async (algorithm) => {
    const { findings, summary } = await linted(vectorV1(algorithm));
    expect(findings).toEqual([]);
    expect(summary).toMatchObject({ counts: { error: 0, warning: 0, info: 0 }, verdict: "chain-ok+filehash-ok", obstacle: null });
  });

  /** The block of a kind as another program recorded it. */
  const recorded = (name: string, type: number) => {
    const block = expectation(name).blocks.find((one) => Number(one["type"]) === type);
    return { index: Number(block?.["index"]), offset: Number(block?.["offset"]), length: Number(block?.["length"]) };
  };

  it("names the block and the offset of a departure, as other programs recorded them", async () => {
    const first = async (name: string, id: LintId) => (await linted(fixtureBytes(name))).findings.find((one) => one.id === id);
    const unknown = recorded("x-unknown-type", 0x777);
    expect(unknown.index).toBeGreaterThan(0);
    expect(await first("x-unknown-type", "TYP-UNSPECIFIED")).toMatchObject({ block: unknown.index });
    const end = recorded("x-zero-tail", 0x0fff);
    expect(await first("x-zero-tail", "EOC-TRAILING")).toMatchObject({ block: null, offset: end.offset + end.length });
    const broken = (expectation("x-flip-middle").integrity.wire["chainBreaks"] as readonly number[])[0];
    const block = expectation("x-flip-middle").blocks.find((one) => one["index"] === broken);
    const prevHash = { block: broken, offset: Number(block?.["offset"]) + 48, field: "prevHash" };
    expect(await first("x-flip-middle", "INT-CHAIN")).toMatchObject(prevHash);
  });

  it("says what a broken link holds and what was expected: hashes by another implementation", async () => {
    const { findings } = await linted(hashedWithSha256().map((byte, at) => (at === 64 + 48 ? byte ^ 1 : byte)));
    const chain = findings.find(({ id, block }) => id === "INT-CHAIN" && block === 0);
    const header = captureOf([]);
    const { blake3 } = await import("@noble/hashes/blake3.js");
    expect(chain?.expected).toContain(Buffer.from(blake3(header)).toString("hex"));
  });

  it.each([
    ["x-bad-magic", "HDR-MAGIC", { found: Buffer.from(fixtureBytes("x-bad-magic").subarray(0, 8)).toString("hex") }],
    ["ms-hash-sha256", "HDR-VERSION-OLD", { found: "1.0", expected: "1.1" }],
    ["ms-basic-plain", "HDR-CAPBITMAP", { found: capBitmapOf("ms-basic-plain"), expected: "0x703" }],
    [
      "ms-header-edge",
      "HDR-BLOCKCOUNT",
      { found: String(expectation("ms-header-edge").header["blockCount"]), expected: "2, or 0" },
    ],
    ["x-payload-version-2", "BLK-PAYLOADVERSION", { found: "2", expected: "1" }],
    ["x-unknown-type", "TYP-UNSPECIFIED", { found: expect.stringMatching(/^0x0777$/) }],
    [
      "x-trunc-lastblock",
      "BLK-TRUNCATED",
      { found: "128 bytes", expected: "at most 118 bytes, which the file has from there on" },
    ],
    ["ms-noeoc", "EOC-MISSING", { found: expect.stringMatching(/^\w+ in block \d+$/) }],
    ["x-zero-tail", "EOC-TRAILING", { found: "200 bytes", expected: "0 bytes" }],
    ["x-pagesizelog2-out-of-range", "REG-PAGESIZE", { expected: "10 to 40" }],
    ["ms-enc-weak-argon2", "ENC-KDFWEAK", { found: "1", expected: "3 or more" }],
    ["lm-basic", "ORD-IDENTITY", { found: expect.stringMatching(/ in block 0$/), expected: "ProcessIdentity in block 0" }],
    ["r2-dgm", "ORD-MODLIST", { found: "ThreadContext in block 1", expected: "ModuleListIndex in block 1" }],
    ["ms-basic-plain", "KEY-RANGE", { found: "regionOffset 9007199254740993, keyLen 0" }],
    ["x-compalgo-3", "BLK-COMPALGO", { found: expect.stringMatching(/^flags 0x[0-9a-f]+$/) }],
    ["md-regions-edge", "REG-OVERLAP", { found: expect.stringMatching(/^baseAddr 0x[0-9a-f]+, regionSize \d+$/) }],
    ["x-region-missing-pagedata", "REG-SHORTDATA", { found: "12288 bytes", expected: "16384 bytes" }],
    ["x-region-size-not-multiple", "REG-ALIGN", { found: "RegionSize 0x7001", expected: "a multiple of PageSize 0x1000" }],
    ["x-blocklen-small", "BLK-LENGTH", { found: "79", expected: "80 or more" }],
    ["x-reserved-nonzero", "BLK-RESERVED", { found: "0xddcc", expected: "0" }],
    ["x-reserved-nonzero", "HDR-RESERVED", { found: "aabb", expected: "0" }],
    ["md-related-dumps", "LEN-EXTRA", { found: "32 bytes", expected: "0 bytes" }],
    ["x-count-bomb", "STR-OVERRUN", { found: "0 bytes left", expected: "16 bytes" }],
    ["x-comp-corrupt", "CMP-SIZE", { found: "zstd frame: truncated", expected: "16424 bytes" }],
    ["ms-zstd-mixed", "CMP-TRAILING", { found: expect.stringMatching(/^(1 zero byte|[2-7] zero bytes)$/), expected: "0 bytes" }],
    ["ms-enriched", "EOC-OVERLAY", { found: expect.stringMatching(/^ModuleBuildIdManifest in block \d+$/) }],
    ["md-live-modules", "EOC-SHORT", { found: "40 bytes", expected: "48 bytes" }],
    [
      "md-live-modules",
      "INT-ANCHOR-ZERO",
      { found: "0".repeat(64), expected: expect.stringMatching(/^[0-9a-f]{64}, the hash of the header$/) },
    ],
  ] as const)("gives the values that were found in %s and expected of %s: %j", async (name, id, values) => {
    const { findings } = await linted(fixtureBytes(name), keysFor(name));
    expect(findings.find((one) => one.id === id)).toMatchObject(values);
  });

  it("gives the values of departures that no sample has", async () => {
    const values = async (id: LintId, bytes: Uint8Array, options: LintOptions = {}) => {
      const finding = (await linted(bytes, options)).findings.find((one) => one.id === id);
      return finding && [finding.found, finding.expected];
    };
    const reserved = captureOf([{ type: 0x40, payload: payloadOf(24, [20, 4, 0x04030201]) }]);
    expect(await values("PAY-RESERVED", reserved)).toEqual(["01020304", "Zero in reserved fields and bits"]);
    const framing = concatenated(captureOf([{ type: 0x40, payload: payloadOf(24) }]), new Uint8Array(100).fill(5));
    expect(await values("BLK-FRAMING", framing)).toEqual(["05050505", "4d534c43 (MSLC)"]);
    const surplus = captureOf([{ type: 1, payload: concatenated(region(), new Uint8Array(16).fill(1)) }]);
    expect(await values("REG-SURPLUS", surplus)).toEqual(["16 bytes", "0 bytes"]);
    const padding = captureOf([{ type: 0x40, payload: identity([97, 98, 0, 1, 0, 0, 0, 0], 3) }]);
    expect(await values("STR-PAD", padding)).toEqual(["0100000000", "Zero in the padding"]);
    const wide = captureOf([{ type: 0x53, payload: payloadOf(24, [0, 4, 1], [17, 1, 2]) }]);
    expect(await values("HND-WIDE", wide)).toEqual(["512", "at most 255"]);
    const counted = captureOf([{ type: 0x53, payload: payloadOf(24, [0, 4, 9]) }]);
    expect(await values("STR-OVERRUN", counted)).toEqual(["a count of 9 entries", "at most 1"]);
    const limited = await values("CMP-LIMIT", fixtureBytes("ms-zstd-mixed"), { payloadLimit: 64 });
    expect(limited).toEqual([expect.stringMatching(/^\d+ bytes$/), "at most 64"]);
  });

  it("names the region that a key hint refers to, and not the parent of the hint", async () => {
    const { findings } = await linted(captureOf([{ type: 0x20, payload: keyHint(0) }]));
    const dangling = findings.filter(({ id }) => id === "REF-DANGLING").map(({ found }) => found);
    expect(dangling).toEqual(["regionUuid 00000000-0000-4000-8000-000000000001"]);
  });

  it("gives out the findings of a level and counts the others", async () => {
    const all = await linted(fixtureBytes("ms-basic-plain"));
    const errors = await linted(fixtureBytes("ms-basic-plain"), { level: "error" });
    expect(errors.findings).toEqual(all.findings.filter(({ level }) => level === "error"));
    expect(errors.summary.counts).toEqual(all.summary.counts);
  });

  it("has every deviation that the readers report, and every finding of crossCheck", async () => {
    for (const name of READABLE) {
      const { findings } = await linted(fixturePath(name));
      for (const { id, message, found, expected } of findings) {
        expect([name, id, found, expected]).not.toContain(message);
        expect([name, id, found, expected]).not.toContain("");
      }
      const has = (id: LintId, message: string) => findings.some((one) => one.id === id && one.message === message);
      const capture = await openCapture(fixturePath(name));
      for (const { id, message } of capture.deviations)
        if (id !== "BLK-TYPE0") expect([name, id, has(id, message)]).toEqual([name, id, true]);
      for await (const { id, message } of capture.crossCheck()) expect([name, id, has(id, message)]).toEqual([name, id, true]);
      for (const block of capture.blocks)
        for (const { id, message } of (await block.decode()).deviations)
          expect([name, id, has(id, message)]).toEqual([name, id, true]);
      await capture.close();
    }
  });

  it("examines the header of an encrypted capture without its key, and says that the rest was not examined", async () => {
    const { findings, summary } = await linted(fixtureBytes("ms-enc-weak-argon2"));
    expect(findings.map(({ id }) => id)).toContain("ENC-KDFWEAK");
    expect(summary.obstacle).toMatchObject({ code: "missing-key" });
    expect(summary.blocks).toBe(0);
  });

  it("reports a file that is no capture as a finding and an obstacle", async () => {
    const { findings, summary } = await linted(new Uint8Array(200));
    expect(findings.map(({ id }) => id)).toEqual(["HDR-MAGIC"]);
    expect(summary.obstacle).toMatchObject({ code: "not-msl" });
  });

  it("leaves an opened capture open, and finds the same in it", async () => {
    const capture = await openCapture(fixturePath("ms-basic-plain"));
    const findings: LintFinding[] = [];
    for await (const batch of lintCapture(capture)) findings.push(...batch);
    expect(findings).toEqual((await linted(fixturePath("ms-basic-plain"))).findings);
    expect((await capture.modules()).length).toBe(3);
    await capture.close();
  });

  it("stops on an abort, and refuses a second iteration", async () => {
    const stopped = new AbortController();
    stopped.abort();
    await expect(linted(fixtureBytes("ms-basic-plain"), { signal: stopped.signal })).rejects.toMatchObject({ code: "aborted" });
    const linting = lintCapture(fixtureBytes("ms-basic-plain"));
    for await (const _ of linting);
    await expect(linting[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(MslError);
  });

  it("throws the error of a source that fails, which is no finding", async () => {
    const failing = { size: 1000, read: async () => Promise.reject(new MslError("source", "gone")) };
    const linting = lintCapture(failing);
    await expect(
      (async () => {
        for await (const _ of linting);
      })(),
    ).rejects.toMatchObject({ code: "source" });
  });
});

describe("lintRule", () => {
  it("explains every id of the catalogue, and no other word", () => {
    expect(lintRules().map(({ id }) => id)).toEqual(Object.keys(LINT_CATALOGUE));
    for (const { title, section, expected, meaning } of lintRules())
      for (const text of [title, section, expected, meaning]) expect(text).toMatch(/\S/);
    for (const word of ["toString", "__proto__", "int-chain", ""]) expect(lintRule(word)).toBeUndefined();
  });
});
