import { createDecipheriv, createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { decompress as unzstd } from "fzstd";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HUGE_BLOCK } from "../src/corpus/captures/big.js";
import { makeCorpus, NAMES } from "../src/corpus/corpus.js";
import { recipeOf } from "../src/corpus/make-capture.js";
import { isRegion, type RegionRecipe } from "../src/corpus/recipe.js";
import { capturedBytes, regionSize } from "../src/corpus/region-memory.js";
import { peakOf } from "../src/processes/peak-memory.js";
import { contentFaults, recordedFor } from "../src/samples/recorded-file.js";
import { keysOf, verdictDifferences } from "../src/samples/recorded-values.js";
import { blake3Hex, blocksOf, HASHES, hex, regionOf } from "./independent-walk.js";

const SIZE = 128 * 1024;
const folder = mkdtempSync(join(tmpdir(), "memslice-corpus-test-"));
const DIST = new URL("../dist/", import.meta.url);
const MIB = 1024 * 1024;
const COMPRESSED = 3;

beforeAll(() => makeCorpus(join(folder, "first"), { seed: 5, size: SIZE }), 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

interface ManifestBlock {
  readonly type: number;
  readonly typeName: string;
  readonly flags: number;
  readonly compression: string;
  readonly payloadLength: number;
  readonly payloadBlake3: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

interface Manifest {
  readonly size: number;
  readonly fileBlake3: string;
  readonly secrets: { readonly rawKeyHex: string };
  readonly encryption: { readonly nonceHex: string };
  readonly blocks: readonly ManifestBlock[];
  readonly integrity: { readonly wire: { readonly chainBreaks: readonly number[] } };
}

function made(name: string): { bytes: Uint8Array; json: Manifest } {
  const path = join(folder, "first", name);
  return { bytes: new Uint8Array(readFileSync(`${path}.msl`)), json: JSON.parse(readFileSync(`${path}.json`, "utf8")) };
}

function digests(name: string): Map<string, string> {
  const path = join(folder, name);
  const digest = (file: string) =>
    createHash("sha256")
      .update(readFileSync(join(path, file)))
      .digest("hex");
  return new Map(readdirSync(path).map((file) => [file, digest(file)]));
}

describe("the corpus", () => {
  it("the corpus consists of a capture and a manifest for each name, and an index", () => {
    const expected = [...NAMES.flatMap((name) => [`${name}.json`, `${name}.msl`]), "corpus.json"];
    expect(new Set(NAMES).size).toBe(NAMES.length);
    expect(readdirSync(join(folder, "first")).sort()).toEqual(expected.sort());
    const { captures } = JSON.parse(readFileSync(join(folder, "first", "corpus.json"), "utf8"));
    expect(captures.map(({ name }: { name: string }) => name)).toEqual(NAMES);
    for (const { name, size, fileBlake3 } of captures) {
      const { bytes, json } = made(name);
      expect([name, size, json.size]).toEqual([name, bytes.length, bytes.length]);
      if (size < MIB) expect([name, fileBlake3, json.fileBlake3]).toEqual([name, blake3Hex(bytes), blake3Hex(bytes)]);
    }
  });

  it("the corpus has every capture described by its name in docs/corpus.md", () => {
    const page = readFileSync(new URL("../../../docs/corpus.md", import.meta.url), "utf8");
    const rows = page.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual([...NAMES].sort());
  });

  it("the corpus is identical for the same seed, and every file differs for another seed", { timeout: 120_000 }, async () => {
    await makeCorpus(join(folder, "again"), { seed: 5, size: SIZE });
    await makeCorpus(join(folder, "other"), { seed: 6, size: SIZE });
    const first = digests("first");
    expect(digests("again")).toEqual(first);
    const other = digests("other");
    expect([...other.keys()].sort()).toEqual([...first.keys()].sort());
    expect([...first].filter(([file, digest]) => other.get(file) === digest)).toEqual([]);
  });

  it.each(NAMES)("the corpus has a capture %s that is read as its manifest says", async (name) => {
    const path = join(folder, "first", `${name}.msl`);
    const recorded = recordedFor(path);
    if (!recorded) throw new Error("There is no manifest");
    const opening = openCapture(path, { keys: keysOf(recorded) });
    if (recorded.features?.includes("aead-fail")) return expect(opening).rejects.toMatchObject({ code: "authentication-failed" });
    if (recorded.features?.includes("reject")) return expect(opening).rejects.toMatchObject({ name: "MslError" });
    await using capture = await opening;
    expect([...(await contentFaults(recorded, capture)), ...verdictDifferences(recorded, await capture.verify())]).toEqual([]);
  });
});

describe("expected values in manifests", () => {
  it.each(["minimal", "plain", "hash-sha256", "hash-sha512-256", "zstd", "partial-failure", "continuation", "investigation"])(
    "the manifest of %s holds the values found by a walk that shares no code with the generator",
    (name) => {
      const { bytes, json } = made(name);
      const hash = HASHES[bytes[0x3d] ?? -1];
      if (!hash) throw new Error("The header tells no HashAlgo");
      const blocks = blocksOf(bytes, 64);
      expect(json.blocks.length).toBe(blocks.length);
      expect(json.integrity).toMatchObject({ verdict: "chain-ok+filehash-ok", wire: { chainBreaks: [], trailingBytes: 0 } });
      let previous = hash(bytes.subarray(0, 64));
      for (const [index, { payload, bytes: block, ...header }] of blocks.entries()) {
        const expected = json.blocks[index];
        expect(expected).toMatchObject({ ...header, index, prevHash: previous, afterEoc: false, payloadVersion: 1 });
        previous = hash(block);
        if (!expected || expected.payloadBlake3 === null) continue;
        const plain = header.flags & 1 ? uncompressed(payload, header.flags) : payload;
        expect([expected.payloadLength, expected.payloadBlake3]).toEqual([plain.length, blake3Hex(plain)]);
        if (header.type === 1) expect(expected.payload).toEqual(regionOf(plain));
      }
      const last = blocks.at(-1);
      const fileHash = hash(bytes.subarray(0, last?.offset));
      expect(json.blocks.at(-1)?.payload["fileHash"]).toBe(fileHash);
      expect(hex(last?.payload.subarray(0, 32) ?? new Uint8Array(0))).toBe(fileHash);
    },
  );

  function uncompressed(payload: Uint8Array, flags: number): Uint8Array {
    expect(flags & 7).toBe(COMPRESSED);
    const plain = unzstd(payload.subarray(8));
    expect(new DataView(payload.buffer, payload.byteOffset).getBigUint64(0, true)).toBe(BigInt(plain.length));
    return plain;
  }

  it("the manifest of an encrypted capture holds the values of the plaintext that OpenSSL decrypts", () => {
    const { bytes, json } = made("enc-aes-raw");
    const { rawKeyHex } = json.secrets;
    const { nonceHex } = json.encryption;
    const header = bytes.subarray(0, 128);
    const decipher = createDecipheriv("aes-256-gcm", Buffer.from(rawKeyHex, "hex"), Buffer.from(nonceHex.slice(0, 24), "hex"));
    decipher.setAAD(header).setAuthTag(bytes.subarray(-16));
    const stream = new Uint8Array(Buffer.concat([decipher.update(bytes.subarray(128, -16)), decipher.final()]));
    const blocks = blocksOf(stream, 0);
    expect(json.blocks.length).toBe(blocks.length);
    for (const [index, { payload, bytes: _, ...rest }] of blocks.entries()) {
      expect(json.blocks[index]).toMatchObject({ ...rest, prevHash: "0".repeat(64) });
      if (rest.flags & 1) continue;
      expect(json.blocks[index]?.payloadBlake3).toBe(blake3Hex(payload));
      if (rest.type === 1) expect(json.blocks[index]?.payload).toEqual(regionOf(payload));
    }
    const before = Buffer.concat([header, stream.subarray(0, blocks.at(-1)?.offset)]);
    expect(json.blocks.at(-1)?.payload["fileHash"]).toBe(blake3Hex(before));
  });

  it("manifests of captures with defects hold the values of the damaged bytes", () => {
    const sound = (name: string) => {
      const { bytes, json } = made(name);
      return { json, breaks: breaksIn(blocksOf(bytes, 64), bytes) };
    };
    for (const name of ["x-flip-page-data", "x-prev-hash", "x-zero-anchor", "x-swapped-blocks", "x-file-hash", "x-entry-count"]) {
      const { json, breaks } = sound(name);
      expect([name, json.integrity.wire.chainBreaks]).toEqual([name, breaks]);
    }
    expect(sound("x-prev-hash").breaks).toEqual([7]);
    expect(sound("x-flip-page-data").breaks).toEqual([5]);
    expect(sound("x-swapped-blocks").breaks).toEqual([5, 6, 7]);
  });

  function breaksIn(blocks: ReturnType<typeof blocksOf>, bytes: Uint8Array): number[] {
    return blocks.flatMap(({ prevHash }, index) => {
      const before = blocks[index - 1]?.bytes ?? bytes.subarray(0, 64);
      return prevHash === blake3Hex(before) ? [] : [index];
    });
  }
});

describe("big captures of the corpus", () => {
  it.each([
    [16 * MIB, 1],
    [10 * 1024 * MIB, 3],
  ])("a capture with %i bytes of memory has %i adjacent fragments, none longer than a block can be", async (size, count) => {
    const { blocks } = await recipeOf(HUGE_BLOCK, { seed: 1, size });
    const regions = blocks.filter(isRegion);
    expect(regions.length).toBe(count);
    expect(regions.reduce((sum, { payload }) => sum + capturedBytes(payload), 0)).toBe(size);
    for (const [index, { payload, continuationOf }] of regions.entries()) {
      expect(80 + 32 + Math.ceil(capturedBytes(payload) / 4096 / 32) * 8 + capturedBytes(payload)).toBeLessThan(2 ** 32);
      const before = regions[index - 1];
      if (before) expect(payload.baseAddr).toBe(before.payload.baseAddr + regionSize(before.payload));
      expect(continuationOf).toBe(index === 0 ? undefined : (regions[0] as RegionRecipe).uuid);
    }
  });

  it("writing a big capture takes no more memory than writing a small one", { timeout: 120_000 }, () => {
    const peak = (size: number) => peakOf(["--input-type=module", "-e", making(size)]);
    const [small, big] = [peak(MIB), peak(192 * MIB)];
    expect((big - small) / MIB).toBeLessThan(64);
  });

  function making(size: number): string {
    return `
      import { HUGE_BLOCK, MANY_REGIONS } from "${DIST}corpus/captures/big.js";
      import { makeCapture } from "${DIST}corpus/make-capture.js";
      import { ownPeakBytes } from "${DIST}processes/own-peak.js";
      for (const kind of [HUGE_BLOCK, MANY_REGIONS]) {
        const { size } = await makeCapture(kind, { seed: 1, size: ${size} }, { write() {} });
        if (size < ${size}) throw new Error("The capture is too small");
      }
      process.stdout.write(String(ownPeakBytes()));`;
  }
});
