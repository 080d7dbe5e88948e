/** Encrypted captures where there is neither node:crypto nor WebAssembly compiled at run time: portable ciphers, noble's Argon2id. */
import { describe, expect, it, vi } from "vitest";
import { derivedKeysOf, keysOf } from "../../../bench/src/samples/recorded-values.js";
import { openCapture } from "../../src/index.js";
import { ENCRYPTED, expectation, fixtureBytes } from "../fixtures.js";

vi.mock("#aead", () => import("../../src/encryption/aead/aead-portable.js"));
vi.mock("#argon2", () => import("../../src/encryption/argon2/argon2-noble.js"));

const { platformAead } = await import("#aead");
const { platformAead: portableAead } = await import("../../src/encryption/aead/aead-portable.js");

describe("portable ciphers", () => {
  it("the portable ciphers are in use in this test file", () => expect(platformAead).toBe(portableAead));

  it.each(ENCRYPTED)("portable ciphers open and verify %s", async (name) => {
    const expected = expectation(name);
    const file = fixtureBytes(name);
    // One capture is enough for Argon2id, which is slow here.
    const keys = name === "ms-enc-weak-argon2" ? keysOf(expected) : derivedKeysOf(expected);
    const capture = await openCapture(file, { keys });
    expect((await capture.verify()).verdict).toBe(expected.integrity.verdict);
    await capture.close();
    file[file.length - 100] = (file[file.length - 100] ?? 0) ^ 1;
    await expect(openCapture(file, { keys, strict: true })).rejects.toMatchObject({ code: "authentication-failed" });
  });
});
