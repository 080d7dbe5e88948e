/** Known answers of the key derivation: vectors of the format (A.2, A.3 of its reference), and of the sample collection. */
import { blake3 } from "@noble/hashes/blake3.js";
import { extract, hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { describe, expect, it } from "vitest";
import { hexBytes } from "../../../bench/src/samples/recorded-values.js";
import { argon2id as byHashWasm } from "../../src/encryption/argon2/argon2-hash-wasm.js";
import { argon2id as byNoble } from "../../src/encryption/argon2/argon2-noble.js";
import {
  contentKeyOfSecret,
  decapsulate,
  encapsulate,
  encapsulationSeedSize,
  keyPairOf,
  newKeySeed,
} from "../../src/encryption/kem.js";
import { isKemCode, KeyEncap, kemSizes } from "../../src/format/encryption-extension.js";
import { bytesFrom, DUMP_UUID } from "./sealed-capture.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const ascii = (text: string) => new TextEncoder().encode(text);
const V4_SECRET = hexBytes("a84dc7c3c8f058b1b2dc4cd1e9b5dc0a7987f88b6a9564cde3391fc421159e77");

describe("HKDF-BLAKE3", () => {
  it.each([
    [bytesFrom(0, 32), "52d4533d76a6d58c091a7330c0bb4080d239c63a2b2a28f773eb83fa91f8e309"],
    [bytesFrom(0, 64), "9ffe9b215942d4a98a6e5aa77642b23a17d4cffc4fddf4c62d417346b363ed50"],
    [V4_SECRET, "42222cf75c8151046f4a776ae0c246b010f591923b94c1e69174306a1f7948e9"],
    [hexBytes(`${hex(V4_SECRET)}${"42".repeat(32)}`), "bbbf0ac29c10372766c596d17762364ef396c019458e475ba8d562b7287f960f"],
  ])("HKDF-BLAKE3 derives the published content key", (sharedSecret, expected) => {
    expect(hex(contentKeyOfSecret(sharedSecret, DUMP_UUID))).toBe(expected);
  });

  it("HKDF-BLAKE3 gives the published intermediate values", () => {
    expect(hex(hmac(blake3, ascii("key"), ascii("msg")))).toBe(
      "72f3db4c76f3f1ac55db4c2847745e8e918a003d1e1573b2eff8ebf83d2b3f66",
    );
    // Of the sample collection's crypto-vectors.json.
    expect(hex(hmac(blake3, bytesFrom(0, 32), ascii("msl")))).toBe(
      "ca2158c32f5097532fb77b17e506a8e3e3f7fe0baa512a55d9a784de18462fb0",
    );
    expect(hex(extract(blake3, bytesFrom(0, 32), DUMP_UUID))).toBe(
      "1889ff4de5a5dfc33e5bc51d4fb1dbdc0d7a87f1303d7bae24ba5b1670f03037",
    );
  });

  // Of the sample collection's crypto-vectors.json.
  it.each([
    [bytesFrom(0, 32), bytesFrom(0, 16), "MSL-CEK-v1", 32, "c5ffe9e909eb2c662191bf2c11bea8fbb99db7d5c17e09fcdfbaf39cbb38a322"],
    [
      bytesFrom(0, 64),
      new Uint8Array(0),
      "MSL-CEK-v1",
      64,
      "c3e5650edcf54bf651918c9ada640bac115b418c5dd58d8ce8facafb47a2d7d86bec3b728726b0d8d99d7eaccc0a684d419eae66116f8629bd5fa77f5f2e519c",
    ],
    [ascii("x"), bytesFrom(0, 80), "", 32, "10b9e2abb5b7be38fd1c666a1003e3576161632cccf92ae608d6c591708f4f77"],
  ])("HKDF-BLAKE3 agrees with noble's HKDF over BLAKE3", (ikm, salt, info, length, expected) => {
    expect(hex(hkdf(blake3, ikm, salt, ascii(info), length))).toBe(expected);
  });
});

describe.each([
  ["hash-wasm", byHashWasm],
  ["noble", byNoble],
])("Argon2id by %s", (_, argon2id) => {
  // The last three are of the sample collection's crypto-vectors.json.
  it.each([
    ["correct horse", 3, 65536, 4, "577f1ff37e9a3e52c97d39f8e83891c1b73b0e87ffe0429cee8ede2fb005fe44"],
    ["pässwörd", 3, 65536, 4, "7240f238380e3bd9af44323106fee2e644a10f9575684f69a95d130fbf502cc2"],
    ["a", 1, 64, 1, "fccc9ce7d8d5cd93c10712ab53d6518d6b83912ac9e0e39f901cb78015c06a5d"],
    ["a", 2, 1024, 2, "934f0403d36611af36b05b3783cf92654ca9b2d64baf70879dacb43d085492c4"],
  ])("Argon2id derives the published key from %s", async (passphrase, kdfTime, kdfMemoryKiB, kdfLanes, expected) => {
    const key = await argon2id(ascii(passphrase), bytesFrom(0, 16), { kdfTime, kdfMemoryKiB, kdfLanes });
    expect(hex(key)).toBe(expected);
  });

  it("Argon2id accepts an empty passphrase", async () => {
    const key = await argon2id(new Uint8Array(0), bytesFrom(0, 16), { kdfTime: 1, kdfMemoryKiB: 64, kdfLanes: 1 });
    expect(key.length).toBe(32);
  });
});

describe("key encapsulation", () => {
  const CODES = Object.values(KeyEncap).filter(isKemCode);

  it.each(CODES)("KeyEncap %i: sizes as the specification says, and a secret that both sides share", (code) => {
    const sizes = kemSizes(code);
    const { publicKey, privateKey } = keyPairOf(code, newKeySeed(code));
    const { ciphertext, sharedSecret } = encapsulate(
      code,
      publicKey,
      crypto.getRandomValues(new Uint8Array(encapsulationSeedSize(code))),
    );
    expect([ciphertext.length, publicKey.length, privateKey.length]).toEqual([
      sizes.ciphertext,
      sizes.publicKey,
      sizes.privateKey,
    ]);
    expect(decapsulate(code, ciphertext, privateKey)).toEqual(sharedSecret);
    expect(sharedSecret.length).toBe(code === KeyEncap.X25519MlKem768 ? 64 : 32);
  });

  it("key encapsulation refuses a point of low order, which would make the secret zero", () => {
    expect(decapsulate(KeyEncap.X25519, new Uint8Array(32), bytesFrom(1, 32))).toBeUndefined();
    expect(() => encapsulate(KeyEncap.X25519, new Uint8Array(32), bytesFrom(1, 32))).toThrow(/not a valid X25519 key/);
  });

  it("key encapsulation refuses a public key with numbers beyond the modulus, and keys of other lengths", () => {
    const invalid = new Uint8Array(1184).fill(0xff);
    expect(() => encapsulate(KeyEncap.MlKem768, invalid, bytesFrom(0, 32))).toThrow(/not a valid ML-KEM-768 key/);
    expect(() => encapsulate(KeyEncap.MlKem768, invalid.subarray(1), bytesFrom(0, 32))).toThrow(
      /has 1183 bytes, but .* has 1184/,
    );
    expect(() => decapsulate(KeyEncap.MlKem1024, new Uint8Array(1568), new Uint8Array(2400))).toThrow(/has 2400 bytes/);
  });
});
