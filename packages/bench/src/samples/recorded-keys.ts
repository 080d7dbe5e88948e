/** Recorded secrets of encrypted captures, in the vocabulary of fixtures/README.md. */
import type { KeyMaterial } from "@memslice/msl";
import { isObject } from "./differences.js";

export interface RecordedKeys {
  /** What the writer was given. */
  readonly given: KeyMaterial;
  /** The AEAD key itself where it is recorded: opening with it takes no time for deriving it. */
  readonly derived: KeyMaterial;
}

/** undefined where nothing is recorded that opens a capture. */
export function recordedKeys(secrets: unknown): RecordedKeys | undefined {
  if (!isObject(secrets)) return undefined;
  const { passphrase, rawKeyHex, kemPrivateKeyHex, derivedKeyHex } = secrets;
  const derivedKey = hexBytes(derivedKeyHex);
  const rawKey = hexBytes(rawKeyHex);
  const privateKey = hexBytes(kemPrivateKeyHex);
  const given: KeyMaterial = {
    ...(typeof passphrase === "string" && { passphrase }),
    ...(rawKey && { key: rawKey }),
    ...(privateKey && { privateKey }),
  };
  const derived = derivedKey && { key: derivedKey };
  if (Object.keys(given).length === 0) return derived && { given: derived, derived };
  return { given, derived: derived ?? given };
}

function hexBytes(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || !/^(\s*[0-9a-f]{2})+\s*$/i.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ""), "hex"));
}
