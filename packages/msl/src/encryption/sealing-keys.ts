/** The content key of a new capture, and what the header tells readers about how to get it. */
import { MslError } from "../errors.js";
import { KdfType, KEM_MECHANISMS, KeyEncap } from "../format/encryption-extension.js";
import type { SealingSecret } from "./encryption-options.js";
import { passphraseBytes } from "./key-material.js";

/** What the random generator is asked for. */
export interface SealRandomness {
  /** As many bytes as the cipher's nonce has. */
  readonly nonce: Uint8Array;
  /** 16 bytes, for Argon2id. */
  readonly salt: Uint8Array;
  /** Of the KEM: X25519's ephemeral private key, ML-KEM's message, or both. */
  readonly encapsulationSeed: Uint8Array;
}

export interface SealingKey {
  /** Zeroed by its user. */
  readonly contentKey: Uint8Array;
  readonly kdfType: number;
  readonly kdfTime: number;
  readonly kdfMemoryKiB: number;
  readonly kdfLanes: number;
  readonly kdfSalt: Uint8Array;
  readonly keyEncap: number;
  readonly kemCiphertext: Uint8Array;
}

const NO_KDF = { kdfType: KdfType.None, kdfTime: 0, kdfMemoryKiB: 0, kdfLanes: 0, kdfSalt: new Uint8Array(16) } as const;
const NO_KEM = { keyEncap: KeyEncap.None, kemCiphertext: new Uint8Array(0) } as const;

/** `dumpUuid`: the 16 bytes as stored. Throws `bad-key` for a public key that is none. */
export async function sealingKeyOf(
  secret: SealingSecret,
  dumpUuid: Uint8Array,
  randomness: Partial<SealRandomness>,
): Promise<SealingKey> {
  if (secret.kind === "key") return { contentKey: new Uint8Array(secret.key), ...NO_KDF, ...NO_KEM };
  if (secret.kind === "passphrase") {
    const kdfSalt = randomBytes(16, randomness.salt, "salt");
    const { deriveKey } = await import("./argon2/derive-key.js");
    const password = passphraseBytes(secret.passphrase);
    try {
      const contentKey = await deriveKey(password, kdfSalt, secret.argon2);
      return { contentKey, kdfType: KdfType.Argon2id, ...secret.argon2, kdfSalt, ...NO_KEM };
    } finally {
      password.fill(0);
    }
  }
  const [{ encapsulate, encapsulationSeedSize }, { contentKeyOfSecret }] = await Promise.all([
    import("./kem.js"),
    import("./hkdf-blake3.js"),
  ]);
  const keyEncap = KEM_MECHANISMS[secret.mechanism];
  const seed = randomBytes(encapsulationSeedSize(keyEncap), randomness.encapsulationSeed, "encapsulationSeed");
  const { ciphertext, sharedSecret } = encapsulate(keyEncap, secret.publicKey, seed);
  const contentKey = contentKeyOfSecret(sharedSecret, dumpUuid);
  seed.fill(0);
  sharedSecret.fill(0);
  return { contentKey, ...NO_KDF, keyEncap, kemCiphertext: ciphertext };
}

/** A copy of what was given, or bytes of the platform's generator. Throws `usage` where another number was given. */
export function randomBytes(length: number, given: Uint8Array | undefined, name: keyof SealRandomness): Uint8Array {
  if (given === undefined) return crypto.getRandomValues(new Uint8Array(length));
  if (given.length === length) return new Uint8Array(given);
  throw new MslError("usage", `sealRandomness.${name} has ${given.length} bytes, expected ${length}`);
}
