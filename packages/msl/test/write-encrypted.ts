/** Secrets and ciphers for captures that the tests encrypt. */
import type { EncryptionOptions } from "../src/encryption/sealing-keys.js";
import { generateKeyPair, type KeyMaterial } from "../src/index.js";
import { bytesFrom } from "./encryption/sealed-capture.js";

export const CIPHERS = ["aes-256-gcm", "xchacha20-poly1305"] as const;
export const KEY = bytesFrom(0, 32);

export const SECRETS = ["raw key", "Argon2id", "x25519", "ml-kem-768", "ml-kem-1024", "x25519-ml-kem-768"] as const;

/** Options that encrypt a capture, and the keys that open it. */
export async function secretOf(
  kind: (typeof SECRETS)[number],
  cipher: (typeof CIPHERS)[number],
): Promise<{ encryption: EncryptionOptions; keys: KeyMaterial }> {
  if (kind === "raw key") return { encryption: { cipher, key: KEY }, keys: { key: KEY } };
  if (kind === "Argon2id")
    return { encryption: { cipher, passphrase: "battery staple" }, keys: { passphrase: "battery staple" } };
  const { publicKey, privateKey } = await generateKeyPair(kind);
  return { encryption: { cipher, mechanism: kind, recipientPublicKey: publicKey }, keys: { privateKey } };
}
