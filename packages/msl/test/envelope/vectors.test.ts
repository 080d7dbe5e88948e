/** The published vectors V2 to V5: V1's blocks encrypted in four ways, byte for byte. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EncryptionOptions } from "../../src/envelope/encryption-options.js";
import type { SealRandomness } from "../../src/envelope/sealing-keys.js";
import { type KeyMaterial, openCapture, verifyStream } from "../../src/index.js";
import { hexBytes } from "../secrets.js";
import { vectorV1 } from "../vectors.js";
import { bytesFrom, sealedCapture, unevenPieces } from "./sealed-capture.js";

interface Vector {
  readonly name: string;
  readonly options: EncryptionOptions;
  readonly randomness: Partial<SealRandomness>;
  readonly keys: KeyMaterial;
  readonly size: number;
  readonly fileHash: string;
  readonly tag: string;
  readonly sha256: string;
}

const KEY = bytesFrom(0, 32);

const VECTORS: readonly Vector[] = [
  {
    name: "V2, AES-256-GCM, raw key",
    options: { key: KEY },
    randomness: { nonce: bytesFrom(0x40, 12) },
    keys: { key: KEY },
    size: 2640,
    fileHash: "dd8bc4e91d69e5fd495a2ee414ca0151f296037b5dce41a970af2d799669b814",
    tag: "36f282e7334a29ebf44bba4c150936a0",
    sha256: "5fe354be2ce9bd39b5fac9b8a610a4820ec7b04b92a15aed39b74c731581fa2d",
  },
  {
    name: "V3, XChaCha20-Poly1305, raw key",
    options: { key: KEY, cipher: "xchacha20-poly1305" },
    randomness: { nonce: bytesFrom(0x40, 24) },
    keys: { key: KEY },
    size: 2640,
    fileHash: "ec23cb1470b73f3f00fd66b1bccca46b673ebf40cc529d41ccc4ab8767305a20",
    tag: "c1f1f9a0d1d0e8a974a3f6cb37c9c5e3",
    sha256: "18795f098f0575c33489768c7c2eef040f64d6baed11f6031f8a99a6ae7874d1",
  },
  {
    name: "V4, AES-256-GCM, X25519",
    options: {
      mechanism: "x25519",
      recipientPublicKey: hexBytes("07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"),
    },
    randomness: { nonce: bytesFrom(0x40, 12), encapsulationSeed: bytesFrom(0x21, 32) },
    keys: { privateKey: bytesFrom(0x01, 32) },
    size: 2672,
    fileHash: "9508215279a31ec8c41fd6ed36d2eb526c7b6c28c6d761a445c4464382ff9cc0",
    tag: "4683d5aaf75923a7e2148e57e12c8b5c",
    sha256: "27b7fe61c78fc6bea1cbdab39a55df417bfb76702c62cb506b4fefce979cb812",
  },
  {
    name: "V5, AES-256-GCM, Argon2id",
    options: { passphrase: "correct horse", argon2: { kdfTime: 3, kdfMemoryKiB: 65536, kdfLanes: 4 } },
    randomness: { nonce: bytesFrom(0x40, 12), salt: bytesFrom(0, 16) },
    keys: { passphrase: "correct horse" },
    size: 2640,
    fileHash: "78515cfc852c3b39fd9032f1b298b6e0851154bd8d6101869d3f72c8d445fc8e",
    tag: "eb4ffe2225630f87f44921deb24df26b",
    sha256: "b6f68b53cc56a761ff84ba1e0f90bb63cac4f847b7f29a5dace236d14473e158",
  },
];

const ZERO = "00".repeat(32);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each(VECTORS)("vector $name", ({ options, randomness, keys, size, fileHash, tag, sha256: digest }) => {
  const blocks = vectorV1(0, { prevHash: [ZERO, ZERO, ZERO, ZERO], fileHash, sha256: "" }).subarray(64);

  it("is sealed to the published file, in pieces of any size", async () => {
    for (const pieces of [[blocks], unevenPieces(blocks)]) {
      const file = await sealedCapture(pieces, options, randomness);
      expect(file.length).toBe(size);
      expect(Buffer.from(file.subarray(-16)).toString("hex")).toBe(tag);
      expect(sha256(file)).toBe(digest);
    }
  });

  it("opens to the blocks of V1, and verifies", async () => {
    const file = await sealedCapture([blocks], options, randomness);
    const capture = await openCapture(file, { keys });
    expect(capture.deviations).toEqual([]);
    expect([...capture.blocks].map(({ offset, length }) => [offset, length])).toEqual([
      [0, 112],
      [112, 88],
      [200, 2168],
      [2368, 128],
    ]);
    for (const block of capture.blocks) {
      const stored = block.stored();
      expect(await stored.read(0, stored.size)).toEqual(blocks.subarray(block.offset + 80, block.offset + block.length));
    }
    const { segments } = await capture.memory.read(0x400000n, 4096);
    expect(segments[3]?.bytes).toEqual(new Uint8Array(1024).fill(0xbb));
    const report = await capture.verify();
    expect(report).toMatchObject({ verdict: "aead-ok", outcome: "intact", anchor: null, blocks: 4, eocIndex: 3 });
    expect(Buffer.from(report.fileHash.stored ?? []).toString("hex")).toBe(fileHash);
    expect(report.breaks.length).toBe(0);
    await capture.close();
    expect((await verifyStream(unevenPieces(file), { keys })).verdict).toBe("aead-ok");
  });
});
