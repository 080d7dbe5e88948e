/** The recorded secrets of encrypted samples. Nothing of Node: runs in every runtime. */
import type { KeyMaterial } from "../src/index.js";
import type { Expectation } from "./fixtures.js";

/** The secret that the program which wrote an encrypted capture was given; nothing for a plain one. */
export function keysOf({ secrets }: Expectation): KeyMaterial {
  const { passphrase, rawKeyHex, kemPrivateKeyHex } = secrets ?? {};
  if (passphrase !== undefined) return { passphrase };
  if (rawKeyHex !== undefined) return { key: hexBytes(rawKeyHex) };
  return kemPrivateKeyHex === undefined ? {} : { privateKey: hexBytes(kemPrivateKeyHex) };
}

/** The AEAD key itself, for tests that need not wait for Argon2id. */
export function derivedKeysOf({ secrets }: Expectation): KeyMaterial {
  return secrets?.derivedKeyHex === undefined ? {} : { key: hexBytes(secrets.derivedKeyHex) };
}

export function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
