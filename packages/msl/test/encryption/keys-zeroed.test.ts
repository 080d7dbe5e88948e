import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { derivedKeysOf, keysOf } from "../../../bench/src/samples/recorded-values.js";
import { platformAead } from "../../src/encryption/aead/aead-node.js";
import { openCapture, verifyCapture, verifyStream } from "../../src/index.js";
import { BytesSource } from "../../src/source/source.js";
import { expectation, fixtureBytes } from "../fixtures.js";

const NAMES = ["md-enc-aes-raw", "md-enc-xchacha-raw", "md-enc-x25519"];

/** The keys that ciphers were made with: the arrays themselves, which their owner has to zero. */
let used: Uint8Array[];

beforeEach(() => {
  used = [];
  for (const make of ["createTagCheck", "createKeyStream"] as const) {
    const original = platformAead[make] as (...given: unknown[]) => unknown;
    vi.spyOn(platformAead, make).mockImplementation(((...given: Parameters<typeof platformAead.createTagCheck>) => {
      used.push(given[0].key);
      return original(...given);
    }) as never);
  }
});
afterEach(() => vi.restoreAllMocks());

const requireZeroed = () => {
  expect(used.length).toBeGreaterThan(0);
  for (const key of used) expect(key).toEqual(new Uint8Array(32));
};

describe("the key of an encrypted capture is zeroed", () => {
  it.each(NAMES)("the key is zeroed when verifyCapture is done (%s)", async (name) => {
    expect((await verifyCapture(fixtureBytes(name), { keys: keysOf(expectation(name)) })).verdict).toMatch(/^aead-ok/);
    requireZeroed();
  });

  it("the key is zeroed when verifyCapture fails after authentication", async () => {
    const name = "md-enc-aes-raw";
    const bytes = fixtureBytes(name);
    const source = new BytesSource(bytes);
    const failing = {
      size: source.size,
      read: async (offset: number, length: number) => {
        // Altered as soon as the plaintext is asked for.
        if (used.length > 1) bytes[200] = (bytes[200] ?? 0) ^ 1;
        return source.read(offset, length);
      },
    };
    await expect(verifyCapture(failing, { keys: keysOf(expectation(name)) })).rejects.toMatchObject({ code: "changed" });
    requireZeroed();
  });

  it("the key is zeroed after a stream was verified", async () => {
    const name = "md-enc-aes-raw";
    await verifyStream(new Blob([new Uint8Array(fixtureBytes(name))]).stream(), { keys: keysOf(expectation(name)) });
    requireZeroed();
  });

  it("the key is zeroed when a capture is closed, and not before", async () => {
    const name = "md-enc-aes-passphrase";
    const capture = await openCapture(fixtureBytes(name), { keys: derivedKeysOf(expectation(name)) });
    expect(used.at(-1)).not.toEqual(new Uint8Array(32));
    await capture.close();
    requireZeroed();
  });

  it("the key is zeroed if it is the wrong one", async () => {
    const keys = { key: new Uint8Array(32).fill(7) };
    await expect(openCapture(fixtureBytes("md-enc-aes-raw"), { keys })).rejects.toMatchObject({ code: "authentication-failed" });
    requireZeroed();
  });

  it("the key is zeroed when authentication is cancelled or fails to read", async () => {
    const name = "md-enc-aes-raw";
    const controller = new AbortController();
    const keys = keysOf(expectation(name));
    const onProgress = () => controller.abort();
    await expect(openCapture(fixtureBytes(name), { keys, signal: controller.signal, onProgress })).rejects.toMatchObject({
      code: "aborted",
    });
    requireZeroed();
  });
});
