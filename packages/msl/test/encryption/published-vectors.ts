/** V2 to V5 as published: options, random values, and the digest of the file. */

import { hexBytes } from "../../../bench/src/samples/recorded-values.js";
import type { EncryptionOptions, SealRandomness } from "../../src/encryption/sealing-keys.js";
import type { KeyMaterial } from "../../src/index.js";
import { bytesFrom } from "./sealed-capture.js";

export interface SealedVector {
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

export const SEALED_VECTORS: readonly SealedVector[] = [
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
