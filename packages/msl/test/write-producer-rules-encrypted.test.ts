/** The specification's numbered rules for producers of encrypted captures, P21 to P27. The tests decrypt with node:crypto. */
import { createDecipheriv, createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BytesSink, type EncryptionOptions, generateKeyPair, inspectCapture, MslWriter, openCapture } from "../src/index.js";
import { CIPHERS, KEY, SECRETS, secretOf } from "./write-encrypted.js";
import { HEADER, lead, optionsFor, region } from "./write-support.js";

async function encrypted(encryption: EncryptionOptions, hashAlgo = 0): Promise<Uint8Array> {
  const sink = new BytesSink();
  const options = { header: { ...HEADER, hashAlgo }, contents: ["MemoryRegion"], blockCount: 4, encryption } as const;
  const writer = new MslWriter(sink, optionsFor(options));
  await lead(writer);
  await writer.memoryRegion(region(3));
  await writer.end();
  return sink.bytes();
}

/** The blocks of the same capture without encryption, without its header. */
async function plainBlocks(): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, optionsFor({ header: HEADER, contents: ["MemoryRegion"] }));
  await lead(writer);
  await writer.memoryRegion(region(3));
  await writer.end();
  return sink.bytes().subarray(64);
}

/** The plaintext of an AES-256-GCM capture without a KEM. Throws unless the tag is right. */
function decrypted(file: Uint8Array, key: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("aes-256-gcm", key, file.subarray(0x50, 0x5c));
  decipher.setAAD(file.subarray(0, 128));
  decipher.setAuthTag(file.subarray(-16));
  return Buffer.concat([decipher.update(file.subarray(128, -16)), decipher.final()]);
}

/** Offsets of the blocks in the plaintext. */
function blockOffsets(plaintext: Uint8Array): number[] {
  const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.length);
  const offsets: number[] = [];
  for (let at = 0; at < plaintext.length; at += view.getUint32(at + 8, true)) offsets.push(at);
  return offsets;
}

afterEach(() => vi.restoreAllMocks());

const COMBINATIONS = CIPHERS.flatMap((cipher) => SECRETS.map((secret) => [cipher, secret] as const));
const KEM_CT_LEN = { x25519: 32, "ml-kem-768": 1088, "ml-kem-1024": 1568, "x25519-ml-kem-768": 1120 };
const kemCtLenOf = (secret: (typeof SECRETS)[number]) => (secret in KEM_CT_LEN ? KEM_CT_LEN[secret as "x25519"] : 0);

describe("producer rules of encryption", () => {
  it("P21: HeaderSize is 128, the Encrypted flag is set, BlockCount is 0 though it is known", async () => {
    for (const flags of [0, 2]) {
      const sink = new BytesSink();
      const header = { ...HEADER, investigation: flags !== 0 };
      const writer = new MslWriter(sink, optionsFor({ header, encryption: { key: KEY }, flush: "block" }));
      expect(writer.header).toMatchObject({ headerSize: 128, encrypted: true, flags: 4 | flags, blockCount: 0 });
      await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
      expect(sink.bytes()[0x09]).toBe(0x80);
      expect([...sink.bytes().subarray(0x0c, 0x10)]).toEqual([4 | flags, 0, 0, 0]);
    }
    const file = await encrypted({ key: KEY });
    expect([...file.subarray(0x39, 0x3d)]).toEqual([0, 0, 0, 0]);
    expect(blockOffsets(decrypted(file, KEY)).length).toBe(4);
  });

  it.each(COMBINATIONS)("P22: the extension of %s with %s is valid, and unused fields are zero", async (cipher, secret) => {
    const file = await encrypted((await secretOf(secret, cipher)).encryption);
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    const derived = secret === "Argon2id";
    expect(file[0x40]).toBe(cipher === "aes-256-gcm" ? 1 : 2);
    expect(file[0x41]).toBe(derived ? 1 : 0);
    expect(file[0x42]).toBe(["x25519", "ml-kem-768", "ml-kem-1024", "x25519-ml-kem-768"].indexOf(secret) + 1);
    expect(file[0x43]).toBe(0);
    expect([view.getUint32(0x44, true), view.getUint32(0x48, true), file[0x4c]]).toEqual(derived ? [3, 65_536, 4] : [0, 0, 0]);
    expect(file[0x4d]).toBe(0);
    expect(view.getUint16(0x4e, true)).toBe(kemCtLenOf(secret));
    expect(file.subarray(0x68, 0x78).some((byte) => byte !== 0)).toBe(derived);
    expect([...file.subarray(0x78, 0x80)]).toEqual(new Array(8).fill(0));
    expect((await inspectCapture(file)).deviations).toEqual([]);
  });

  it("P23: header and KEM ciphertext are authenticated", async () => {
    const { publicKey, privateKey } = await generateKeyPair("x25519");
    const file = await encrypted({ mechanism: "x25519", recipientPublicKey: publicKey });
    await (await openCapture(file, { keys: { privateKey } })).close();
    for (let at = 0; at < 128 + 32; at++) {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      await expect(openCapture(changed, { keys: { privateKey } }), `byte ${at}`).rejects.toThrow();
    }
    const raw = await encrypted({ key: KEY });
    decrypted(raw, KEY);
    raw[0x38] = (raw[0x38] ?? 0) ^ 1;
    expect(() => decrypted(raw, KEY)).toThrow(/authenticate/);
  });

  it.each(COMBINATIONS)(
    "P24: %s with %s: the file is header, KEM ciphertext, blocks and a tag of 16 bytes",
    async (cipher, secret) => {
      const file = await encrypted((await secretOf(secret, cipher)).encryption);
      expect(file.length).toBe(128 + kemCtLenOf(secret) + (await plainBlocks()).length + 16);
    },
  );

  it("P25: every PrevHash is zero, and no other byte of the blocks differs except FileHash", async () => {
    const plaintext = decrypted(await encrypted({ key: KEY }), KEY);
    const expected = (await plainBlocks()).slice();
    for (const at of blockOffsets(expected)) expected.fill(0, at + 48, at + 80);
    const end = expected.length - 48;
    expected.set(plaintext.subarray(end, end + 32), end);
    expect(Buffer.compare(plaintext, expected)).toBe(0);
    for (const [hashAlgo, name] of [
      [1, "sha256"],
      [2, "sha512-256"],
    ] as const) {
      const file = await encrypted({ key: KEY }, hashAlgo);
      const blocks = decrypted(file, KEY);
      const endOfCapture = blockOffsets(blocks).at(-1) ?? 0;
      const digest = createHash(name).update(file.subarray(0, 128)).update(blocks.subarray(0, endOfCapture)).digest();
      expect(Buffer.compare(blocks.subarray(endOfCapture + 80, endOfCapture + 112), digest)).toBe(0);
    }
  });

  it.each([
    ["aes-256-gcm", 12],
    ["xchacha20-poly1305", 24],
  ] as const)("P26: the nonce of %s is %i bytes of the platform's generator, others for every capture", async (cipher, size) => {
    const drawn: string[] = [];
    const generator = crypto.getRandomValues.bind(crypto);
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      generator(array);
      drawn.push(Buffer.from(array as unknown as Uint8Array).toString("hex"));
      return array;
    });
    const files = [await encrypted({ cipher, key: KEY }), await encrypted({ cipher, key: KEY })];
    const nonces = files.map((file) => Buffer.from(file.subarray(0x50, 0x50 + size)).toString("hex"));
    expect(drawn).toEqual(nonces);
    expect(nonces[0]).not.toBe(nonces[1]);
    for (const file of files) expect([...file.subarray(0x50 + size, 0x68)]).toEqual(new Array(24 - size).fill(0));
  });

  it("P27: the KEM ciphertext stands directly behind the header", async () => {
    for (const secret of SECRETS) {
      const kemCtLen = kemCtLenOf(secret);
      if (kemCtLen === 0) continue;
      const { encryption, keys } = await secretOf(secret, "aes-256-gcm");
      const file = await encrypted(encryption);
      const { decapsulate } = await import("../src/encryption/kem.js");
      const { contentKeyOfSecret } = await import("../src/encryption/kem.js");
      const kemCiphertext = file.subarray(128, 128 + kemCtLen);
      const sharedSecret = decapsulate(file[0x42] as 1, kemCiphertext, keys.privateKey ?? KEY);
      const key = contentKeyOfSecret(sharedSecret ?? KEY, file.subarray(0x18, 0x28));
      const decipher = createDecipheriv("aes-256-gcm", key, file.subarray(0x50, 0x5c));
      decipher.setAAD(file.subarray(0, 128 + kemCtLen));
      decipher.setAuthTag(file.subarray(-16));
      const blocks = Buffer.concat([decipher.update(file.subarray(128 + kemCtLen, -16)), decipher.final()]);
      expect(blocks.subarray(0, 4).toString()).toBe("MSLC");
    }
  });
});
