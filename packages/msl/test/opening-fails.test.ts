import { describe, expect, it } from "vitest";
import { keysOf } from "../../bench/src/samples/recorded-values.js";
import { type OpenOptions, openCapture, type Source, verifyCapture, verifyStream } from "../src/index.js";
import { expectation, fixtureBytes } from "./fixtures.js";

/** A source that counts calls of `close`, and whose reads behind `failAt` fail. */
function watched(bytes: Uint8Array, failAt = Number.POSITIVE_INFINITY): Source & { closed: number } {
  return {
    size: bytes.length,
    closed: 0,
    async read(offset, length) {
      if (offset + length > failAt) throw new Error("the disk is gone");
      return bytes.subarray(offset, offset + length);
    },
    async close() {
      this.closed++;
    },
  };
}

const plain = fixtureBytes("ms-basic-plain");
const sealed = fixtureBytes("md-enc-aes-raw");
const aborted = AbortSignal.abort();

describe("a source whose capture cannot be opened is closed", () => {
  it.each<[string, () => Source & { closed: number }, OpenOptions]>([
    ["is no capture", () => watched(new Uint8Array(200)), {}],
    ["ends inside its header", () => watched(plain.subarray(0, 40)), {}],
    ["cannot be read", () => watched(plain, 100), {}],
    ["is opened with an aborted signal", () => watched(plain), { signal: aborted }],
    ["has no key", () => watched(sealed), {}],
    ["has a wrong key", () => watched(sealed), { keys: { key: new Uint8Array(32) } }],
    ["is not encrypted, though a key is there", () => watched(plain), { keys: { key: new Uint8Array(32) } }],
    ["has more blocks than are allowed", () => watched(plain), { blockLimit: 3 }],
  ])("openCapture and verifyCapture close a source that %s", async (_, source, options) => {
    for (const open of [openCapture, verifyCapture]) {
      const given = source();
      if (open === verifyCapture && options.blockLimit !== undefined) continue;
      await expect(open(given, options)).rejects.toBeInstanceOf(Error);
      expect(given.closed).toBeGreaterThan(0);
    }
  });

  it("a source is not closed before its capture is closed", async () => {
    const source = watched(plain);
    const capture = await openCapture(source);
    expect(source.closed).toBe(0);
    await capture.close();
    expect(source.closed).toBeGreaterThan(0);
  });
});

describe("an encrypted stream", () => {
  const keys = keysOf(expectation("md-enc-aes-raw"));

  it("verifyStream keeps an encrypted stream up to encryptedStreamLimit, and refuses a longer one", async () => {
    await expect(verifyStream([sealed], { keys, encryptedStreamLimit: sealed.length - 1 })).rejects.toMatchObject({
      code: "limit",
      message: expect.stringMatching(/encryptedStreamLimit/),
    });
    expect((await verifyStream([sealed], { keys, encryptedStreamLimit: sealed.length })).verdict).toMatch(/^aead-ok/);
  });
});

describe("an encrypted capture as long as its cipher can encrypt", () => {
  /** The header of a sealed capture, followed by `ciphertext` bytes that cannot be read. */
  function long(name: string, ciphertext: number): Source {
    const header = fixtureBytes(name).subarray(0, 128);
    return {
      size: 128 + ciphertext + 16,
      async read(offset, length) {
        if (offset + length <= 128) return header.subarray(offset, offset + length);
        if (offset === 128 + ciphertext) return new Uint8Array(16);
        throw new Error("the ciphertext was asked for");
      },
    };
  }

  // NIST SP 800-38D allows 2^39 - 256 bits; RFC 8439 counts 2^32 blocks of 64 bytes, the first of which is not for the text.
  it.each([
    ["md-enc-aes-raw", 2 ** 36 - 32],
    ["md-enc-xchacha-raw", 2 ** 38 - 64],
  ])(
    "an encrypted capture as long as its cipher can encrypt is opened, and one byte more is refused (%s)",
    async (name, most) => {
      const keys = keysOf(expectation(name));
      await expect(openCapture(long(name, most), { keys })).rejects.toThrow(/the ciphertext was asked for/);
      await expect(openCapture(long(name, most + 1), { keys })).rejects.toMatchObject({
        code: "unsupported-encryption",
        offset: 128,
      });
    },
  );
});
