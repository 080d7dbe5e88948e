/** `transcode` that encrypts a plain capture, or changes the key of an encrypted one. */
import { describe, expect, it } from "vitest";
import { derivedKeysOf } from "../../bench/src/samples/recorded-values.js";
import {
  BytesSink,
  type EncryptionOptions,
  generateKeyPair,
  KEM_MECHANISMS,
  type KemMechanism,
  type KeyMaterial,
  openCapture,
  transcode,
} from "../src/index.js";
import { differencesByAddress } from "./addresses.js";
import { expectation, fixtureBytes } from "./fixtures.js";
import { keysOf, modulesOf, opened, regionsOf, tablesOf, transcoded } from "./transcode-support.js";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const CIPHERS = ["aes-256-gcm", "xchacha20-poly1305"] as const;

const contentOf = (bytes: Uint8Array, keys?: KeyMaterial) =>
  opened(
    bytes,
    async (capture) =>
      [await regionsOf(capture), await modulesOf(capture), await keysOf(capture), await tablesOf(capture)] as const,
    { strict: true, ...(keys ? { keys } : {}) },
  );

/** The output opens with the secret, has the content of a plain output, and shows no block without the secret. */
async function requireSealed(name: string, encryption: EncryptionOptions, keys: KeyMaterial): Promise<void> {
  const source = fixtureBytes(name);
  const { bytes: plain } = await transcoded(source);
  const { bytes, report } = await transcoded(source, { encryption });
  expect(await contentOf(bytes, keys)).toEqual(await contentOf(plain));
  expect(report.output).toMatchObject({ encrypted: true, size: bytes.length });
  expect(report.header).toContainEqual({
    id: "flags",
    field: "flags",
    message: "The header's flag Encrypted is set, and was clear",
  });
  await expect(openCapture(bytes)).rejects.toMatchObject({ code: "missing-key" });
  const exposed = Buffer.from(bytes).indexOf("MSLC", 64);
  expect(exposed).toBe(-1);
  const end = await opened(bytes, async ({ blocks }) => blocks.at(blocks.length - 1).offset, { keys });
  expect(report.blocks.every(({ output }) => output.offset <= end)).toBe(true);
}

describe("encryption of a plain capture", () => {
  it.each(CIPHERS)("transcode encrypts a plain capture under a key, with %s", async (cipher) => {
    await requireSealed("ms-investigation-full", { key: KEY, cipher }, { key: KEY });
    expect(KEY[0]).toBe(1);
  });

  it("transcode encrypts a plain capture under a passphrase", async () => {
    await requireSealed("ms-basic-plain", { passphrase: "größer" }, { passphrase: "größer" });
  }, 30_000);

  it.each(Object.keys(KEM_MECHANISMS) as KemMechanism[])(
    "transcode encrypts a plain capture for the holder of a private key of %s",
    async (mechanism) => {
      const { privateKey, publicKey } = await generateKeyPair(mechanism);
      await requireSealed("md-live-modules", { mechanism, recipientPublicKey: publicKey }, { privateKey });
    },
  );

  it("reads by address are the same before encryption and after decryption", async () => {
    const source = fixtureBytes("ms-basic-plain");
    const { bytes } = await transcoded(source, { encryption: { key: KEY } });
    const { bytes: plain } = await transcoded(bytes, { keys: { key: KEY } });
    expect(await differencesByAddress(source, plain)).toEqual([]);
  });
});

describe("an encrypted capture", () => {
  const name = "md-enc-aes-raw";

  it("transcode of an encrypted capture changes the key, and uses a new nonce under the same key", async () => {
    const source = fixtureBytes(name);
    const keys = derivedKeysOf(expectation(name));
    const same = await transcoded(source, { keys, encryption: { key: keys.key ?? KEY } });
    const again = await transcoded(source, { keys, encryption: { key: keys.key ?? KEY } });
    const other = await transcoded(source, { keys, encryption: { key: KEY } });
    const nonce = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0x50, 0x50 + 12)).toString("hex");
    expect(new Set([source, same.bytes, again.bytes, other.bytes].map(nonce)).size).toBe(4);
    const { bytes: plain } = await transcoded(source, { keys });
    expect(await contentOf(same.bytes, keys)).toEqual(await contentOf(plain));
    expect(await contentOf(other.bytes, { key: KEY })).toEqual(await contentOf(plain));
    await expect(openCapture(other.bytes, { keys })).rejects.toMatchObject({ code: "authentication-failed" });
  });

  it("transcode uses a new ephemeral key for each output, though two outputs have the same DumpUUID as HKDF salt", async () => {
    const { privateKey, publicKey } = await generateKeyPair("x25519");
    const encryption = { mechanism: "x25519", recipientPublicKey: publicKey } as const;
    const source = fixtureBytes("ms-basic-plain");
    const [one, two] = [await transcoded(source, { encryption }), await transcoded(source, { encryption })];
    expect(one.report.output.dumpUuid).toBe(two.report.output.dumpUuid);
    const ephemeral = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes.subarray(128, 160)).toString("hex");
    expect(ephemeral(one)).not.toBe(ephemeral(two));
    expect(await contentOf(two.bytes, { privateKey })).toEqual(await contentOf(one.bytes, { privateKey }));
  });
});

it.each([
  ["no secret", {}, "usage"],
  ["two secrets", { key: KEY, passphrase: "x" }, "usage"],
  ["an empty passphrase", { passphrase: "" }, "usage"],
  ["a key that is too short", { key: KEY.subarray(1) }, "bad-key"],
  ["an unknown cipher", { key: KEY, cipher: "aes-128" }, "usage"],
  ["null", null, "usage"],
])("encryption with %s is refused before the source is read", async (_, encryption, code) => {
  const bytes = fixtureBytes("ms-basic-plain");
  let reads = 0;
  const read = async (offset: number, length: number) => {
    reads++;
    return bytes.slice(offset, offset + length);
  };
  const sink = new BytesSink();
  await expect(transcode({ size: bytes.length, read }, sink, { encryption: encryption as never })).rejects.toMatchObject({
    code,
  });
  expect(reads).toBe(0);
  expect(sink.bytes()).toHaveLength(0);
});
