/** The seal of a writer: keys, nonces, refused options and limits. */
import { describe, expect, it } from "vitest";
import { createSeal, SealingStream } from "../../src/encryption/seal.js";
import type { EncryptionOptions, SealRandomness } from "../../src/encryption/sealing-keys.js";
import { generateKeyPair, inspectCapture, KEM_MECHANISMS, type KemMechanism, openCapture } from "../../src/index.js";
import { captureOf } from "../build-capture.js";
import { bytesFrom, DUMP_UUID, encryptedHeader, sealedCapture } from "./sealed-capture.js";

const KEY = bytesFrom(0, 32);
const BLOCKS = captureOf([{ type: 0xfff, payload: new Uint8Array(48) }]).subarray(64);

describe("a seal", () => {
  it.each(Object.keys(KEM_MECHANISMS) as KemMechanism[])(
    "a seal for %s opens with the private key, and with no other key",
    async (mechanism) => {
      const { publicKey, privateKey } = await generateKeyPair(mechanism);
      const file = await sealedCapture([BLOCKS], { mechanism, recipientPublicKey: publicKey, cipher: "xchacha20-poly1305" });
      const capture = await openCapture(file, { keys: { privateKey } });
      expect(capture.encryption).toMatchObject({ keyEncap: KEM_MECHANISMS[mechanism], kdfType: 0, encAlgo: 2 });
      expect(capture.deviations.filter(({ id }) => id.startsWith("ENC") || id === "HDR-RESERVED")).toEqual([]);
      const other = (await generateKeyPair(mechanism)).privateKey;
      await expect(openCapture(file, { keys: { privateKey: other } })).rejects.toMatchObject({ code: "authentication-failed" });
    },
  );

  it("each seal has a new nonce and a new salt", async () => {
    const extensions = await Promise.all([1, 2].map(async () => (await createSeal({ key: KEY }, DUMP_UUID)).extension));
    const [a, b] = extensions.map((extension) => Buffer.from(extension.subarray(0x10, 0x1c)).toString("hex"));
    expect(a).not.toBe(b);
    const { encryption } = await inspectCapture(await sealedCapture([BLOCKS], { passphrase: "p" }));
    expect(encryption?.nonce.subarray(12)).toEqual(new Uint8Array(12));
    expect(encryption).toMatchObject({ kdfTime: 3, kdfMemoryKiB: 65_536, kdfLanes: 4, kemCtLen: 0 });
    expect(encryption?.kdfSalt.some((byte) => byte !== 0)).toBe(true);
  });

  it.each<[string, object, RegExp]>([
    ["no secret", {}, /exactly one of/],
    ["two secrets", { key: KEY, passphrase: "p" }, /exactly one of/],
    ["an empty passphrase", { passphrase: "" }, /protects nothing/],
    ["a short key", { key: KEY.subarray(1) }, /31 bytes, expected 32/],
    ["a recipient without mechanism", { recipientPublicKey: KEY }, /needs a mechanism/],
    [
      "a public key of another mechanism",
      { recipientPublicKey: KEY, mechanism: "ml-kem-768" },
      /has 32 bytes, but one of ML-KEM-768 has 1184/,
    ],
    ["too few passes", { passphrase: "p", argon2: { kdfTime: 2 } }, /kdfTime is 2, expected an integer from 3 to/],
    ["too little memory", { passphrase: "p", argon2: { kdfMemoryKiB: 65_535 } }, /an integer from 65536 to/],
    ["too few lanes", { passphrase: "p", argon2: { kdfLanes: 3 } }, /an integer from 4 to 255/],
    ["lanes beyond the field", { passphrase: "p", argon2: { kdfLanes: 256 } }, /an integer from 4 to 255/],
    ["a fraction of a pass", { passphrase: "p", argon2: { kdfTime: 3.5 } }, /kdfTime is 3.5/],
    ["an unknown cipher", { key: KEY, cipher: "rot13" }, /cipher is "rot13", expected "aes-256-gcm" or "xchacha20-poly1305"/],
  ])("a seal is refused for %s", async (_, options, message) => {
    await expect(createSeal(options as EncryptionOptions, DUMP_UUID)).rejects.toThrow(message);
  });

  it.each<[string, EncryptionOptions, Partial<SealRandomness>]>([
    ["nonce", { key: KEY }, { nonce: new Uint8Array(24) }],
    ["nonce", { key: KEY, cipher: "xchacha20-poly1305" }, { nonce: new Uint8Array(12) }],
    ["salt", { passphrase: "p" }, { salt: new Uint8Array(15) }],
    ["encapsulationSeed", { mechanism: "x25519", recipientPublicKey: KEY }, { encapsulationSeed: new Uint8Array(64) }],
  ])("a seal is refused for a %s of another length", async (name, options, randomness) => {
    await expect(createSeal(options, DUMP_UUID, randomness)).rejects.toThrow(
      new RegExp(`sealRandomness\\.${name} has \\d+ bytes, expected \\d+`),
    );
  });

  it("a seal encrypts one message, under the header that has its extension", async () => {
    const seal = await createSeal({ key: KEY }, DUMP_UUID);
    const header = encryptedHeader(seal.extension);
    expect(() => seal.start(header.subarray(0, 64))).toThrow(/128 bytes/);
    const other = header.slice();
    other[0x50] = (other[0x50] ?? 0) ^ 1;
    expect(() => seal.start(other)).toThrow(/extension/);
    const plain = header.slice();
    plain[0x0c] = 0;
    expect(() => seal.start(plain)).toThrow(/Encrypted flag/);
    const stream = seal.start(header);
    expect(() => seal.start(header)).toThrow(/a seal of its own/);
    expect(stream.finish().length).toBe(16);
    expect(() => stream.finish()).toThrow(/finished/);
    expect(() => stream.update(BLOCKS)).toThrow(/finished/);
  });

  it("a seal zeroes its own key when it has finished, and not the caller's", async () => {
    const given = Buffer.from(KEY);
    const key = { name: "aes-256-gcm", key: KEY.slice(), nonce: new Uint8Array(12) } as const;
    const encryptor = { update: (bytes: Uint8Array) => bytes, finish: () => new Uint8Array(16) };
    new SealingStream(encryptor, key, 100).finish();
    expect(key.key).toEqual(new Uint8Array(32));
    await sealedCapture([BLOCKS], { key: given });
    expect(new Uint8Array(given)).toEqual(KEY);
  });

  it("a seal refuses bytes beyond the limit of the cipher's counter", () => {
    const key = { name: "aes-256-gcm", key: KEY.slice(), nonce: new Uint8Array(12) } as const;
    const encrypted: number[] = [];
    const encryptor = {
      update: (bytes: Uint8Array) => {
        encrypted.push(bytes.length);
        return bytes;
      },
      finish: () => new Uint8Array(16),
    };
    const stream = new SealingStream(encryptor, key, 100);
    stream.update(new Uint8Array(60));
    expect(() => stream.update(new Uint8Array(41))).toThrow(/at most 100 bytes; 60 and 41 are more/);
    stream.update(new Uint8Array(40));
    expect(encrypted).toEqual([60, 40]);
  });
});
