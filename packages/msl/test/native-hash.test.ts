/** @napi-rs/blake-hash, which is installed where these tests run: its digests against those of @noble/hashes, and reports against those of the WebAssembly core. */

import { blake3 } from "@noble/hashes/blake3.js";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadNativeBlake3 } from "#hash";
import { readHeader } from "../src/format/file-header.js";
import { NativeHashers, type NewNativeBlake3 } from "../src/hash/hash-algorithm.js";
import { openCapture, reportJson, verifyCapture, verifyStream } from "../src/index.js";
import { Verification } from "../src/verify/verification.js";
import { chainedCapture, noise } from "./chained-blocks.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { vectorV1 } from "./vectors.js";

let native: NewNativeBlake3;
beforeAll(async () => {
  const loaded = await loadNativeBlake3?.();
  if (!loaded) throw new Error("@napi-rs/blake-hash is not installed");
  native = loaded;
});
afterEach(() => {
  vi.doUnmock("@napi-rs/blake-hash");
  vi.resetModules();
});

describe("a native hasher", () => {
  it("a native hasher gives the digests that noble gives, during a message in any pieces and at its end", () => {
    const hashers = new NativeHashers(native);
    const sizes = fc.oneof(fc.nat(100), fc.integer({ min: 16_300, max: 16_500 }), fc.nat(70_000));
    fc.assert(
      fc.property(fc.array(fc.tuple(sizes, fc.boolean()), { maxLength: 8 }), (pieces) => {
        const hasher = hashers.hasher();
        const expected = blake3.create({});
        for (const [size, asks] of pieces) {
          const piece = noise(size, size);
          hasher.update(piece);
          expected.update(piece);
          if (asks) expect(hasher.digest()).toEqual(expected.clone().digest());
        }
        expect(hasher.digest()).toEqual(expected.digest());
        hasher.release();
        hasher.release();
      }),
      { numRuns: 300, seed: 4 },
    );
  });

  it("a native hasher accepts shared bytes, and keeps two messages apart", () => {
    const hashers = new NativeHashers(native);
    const shared = new Uint8Array(new SharedArrayBuffer(40_000));
    shared.set(noise(40_000));
    const [a, b] = [hashers.hasher(), hashers.hasher()];
    a.update(shared.subarray(0, 30_000));
    b.update(noise(20_000, 7));
    a.update(shared.subarray(30_000));
    expect(a.digest()).toEqual(blake3(noise(40_000)));
    expect(b.digest()).toEqual(blake3(noise(20_000, 7)));
  });
});

function reportOf(bytes: Uint8Array, strict: boolean, using: NewNativeBlake3 | null): object {
  const header = readHeader(bytes, [], {});
  const verification = new Verification(bytes.slice(0, header.headerSize), header, strict, using);
  for (let at = header.headerSize; at < bytes.length; at += 40_000) verification.update(bytes.subarray(at, at + 40_000));
  const { elapsedMs: _, hasher, breaks, ...report } = verification.finish();
  expect(hasher).toBe(header.hashAlgo === 0 ? (using ? "@napi-rs/blake-hash" : "core-wasm") : "sha-2");
  return { ...report, breaks: [...breaks] };
}

describe("a report by the native package", () => {
  it.each(READABLE)("the native package and the core make the same report: %s", (name) => {
    const bytes = fixtureBytes(name);
    for (const strict of [false, true]) expect(reportOf(bytes, strict, native)).toEqual(reportOf(bytes, strict, null));
  });

  it("the native package and the core make the same report for blocks of all sizes, broken links and blocks behind End-of-Capture", () => {
    const header = vectorV1(0).slice(0, 64);
    for (let seed = 1; seed <= 40; seed++) {
      const blocks = Array.from({ length: 1 + (seed % 7) }, (_, i) => ({
        type: i === 4 ? 0x0fff : 1,
        payload: noise(48 + ((seed * 7919 + i * 104_729) % 60_000), seed),
        wrongLink: (seed + i) % 3 === 0,
      }));
      const bytes = chainedCapture(header, blocks);
      const cut = bytes.subarray(0, bytes.length - (seed % 5 === 0 ? seed * 11 : 0));
      expect(reportOf(cut, false, native), `seed ${seed}`).toEqual(reportOf(cut, false, null));
    }
  });
});

describe("the hasher of a verification", () => {
  const header = vectorV1(0).slice(0, 64);
  const end = { type: 0x0fff, payload: new Uint8Array(48) };
  const captureOf = (length: number) => chainedCapture(header, [{ type: 1, payload: noise(length) }, end]);

  it("the report names the hasher, which is native for captures of 4 MiB and more unless `nativeHash` is false", async () => {
    const large = captureOf(5 * 1024 * 1024);
    const hasherOf = async (bytes: Uint8Array, options = {}) => {
      const { hasher, outcome } = await verifyCapture(bytes, { threads: 1, ...options });
      expect(outcome).toBe("intact");
      return hasher;
    };
    expect(await hasherOf(large)).toBe("@napi-rs/blake-hash");
    expect(await hasherOf(large, { threads: 2 })).toBe("@napi-rs/blake-hash");
    expect(await hasherOf(large, { nativeHash: false })).toBe("core-wasm");
    expect(await hasherOf(captureOf(50_000))).toBe("core-wasm");
    expect(await hasherOf(fixtureBytes("ms-hash-sha256"))).toBe("sha-2");
    expect((await verifyStream([large])).hasher).toBe("core-wasm");
    expect(reportJson(await verifyCapture(large, { threads: 1 }))).toMatchObject({ hasher: "@napi-rs/blake-hash" });
  });

  it("the core hashes a capture whose header announces many small blocks", async () => {
    const many = header.slice();
    new DataView(many.buffer).setUint32(0x39, 5000, true);
    const bytes = chainedCapture(many, [{ type: 1, payload: noise(5 * 1024 * 1024) }, end]);
    expect((await verifyCapture(bytes, { threads: 1 })).hasher).toBe("core-wasm");
  });

  it("the core hashes a capture in which many small blocks were found, also if its header announces few", async () => {
    const payload = noise(200);
    const bytes = chainedCapture(header, [...Array.from({ length: 20_000 }, () => ({ type: 0x777, payload })), end]);
    const capture = await openCapture(bytes);
    expect([capture.header.blockCount, capture.blocks.length]).toEqual([4, 20_001]);
    expect((await capture.verify({ threads: 1 })).hasher).toBe("core-wasm");
    await capture.close();
    expect((await verifyCapture(bytes, { threads: 1 })).hasher).toBe("@napi-rs/blake-hash");
  });

  it("the core hashes if the native package is missing, is broken, or computes another hash", async () => {
    const broken = [
      () => {
        throw new Error("Cannot find module");
      },
      () => ({ default: {} }),
      () => ({
        default: {
          Blake3Hasher: class {
            update() {}
            reset() {}
            digestBuffer() {
              return new Uint8Array(32);
            }
          },
        },
      }),
    ];
    for (const module of broken) {
      vi.resetModules();
      vi.doMock("@napi-rs/blake-hash", module);
      const fresh = await import("../src/hash/platform-node.js");
      expect(await fresh.loadNativeBlake3?.()).toBeNull();
    }
  });
});
