/** For writers: the content key of a new capture, from its options, and the header fields from which readers derive the key. */
import { MslError } from "../errors.js";
import {
  ARGON2_MINIMUM,
  CIPHERS,
  type CipherName,
  CONTENT_KEY_SIZE,
  KdfType,
  KEM_MECHANISMS,
  type KemMechanism,
  KeyEncap,
} from "../format/encryption-extension.js";
import { shownName } from "../options/checks.js";
import { isUint8Array } from "../tags.js";
import { type Argon2Parameters, isRunnable } from "./argon2/argon2.js";
import type { KeyPair } from "./kem.js";
import { passphraseBytes } from "./key-material.js";

interface CipherOptions {
  readonly cipher?: CipherName;
}

/** A content key of 32 bytes. */
export interface RawKeyOptions extends CipherOptions {
  readonly key: Uint8Array;
}

/** Text, or its bytes in UTF-8; not empty. Argon2id's parameters are the specification's minimum unless higher ones are given. */
export interface PassphraseOptions extends CipherOptions {
  readonly passphrase: string | Uint8Array;
  readonly argon2?: Partial<Argon2Parameters>;
}

/** A capture that the holder of the private key can open. */
export interface RecipientOptions extends CipherOptions {
  readonly mechanism: KemMechanism;
  readonly recipientPublicKey: Uint8Array;
}

/** How a capture is encrypted: by a raw key, by a passphrase, or for the public key of a recipient. */
export type EncryptionOptions = RawKeyOptions | PassphraseOptions | RecipientOptions;
/** The union of the fields of all three kinds of options. */
export type EncryptionFields = Partial<RawKeyOptions & PassphraseOptions & RecipientOptions>;

/** The code of the chosen cipher. */
export function encAlgoOf({ cipher = "aes-256-gcm" }: EncryptionOptions): (typeof CIPHERS)[CipherName] {
  return CIPHERS[cipher];
}

/** Options with copies of all byte arrays, since the caller may change its arrays before they are used. `zeroSecrets` clears the copies. */
export function withOwnSecrets(options: EncryptionOptions): EncryptionOptions {
  const own = Object.entries(options).map(([name, value]) => [name, isUint8Array(value) ? new Uint8Array(value) : value]);
  return Object.fromEntries(own) as EncryptionOptions;
}

/** Overwrites every byte array of the options with zeros: only for options of `withOwnSecrets`, whose arrays nobody else has. */
export function zeroSecrets(options: EncryptionOptions): void {
  for (const value of Object.values(options)) if (isUint8Array(value)) value.fill(0);
}

/** The one secret of the options. */
export type SealingSecret =
  | { readonly kind: "key"; readonly key: Uint8Array }
  | { readonly kind: "passphrase"; readonly passphrase: string | Uint8Array; readonly argon2: Argon2Parameters }
  | { readonly kind: "recipient"; readonly mechanism: KemMechanism; readonly publicKey: Uint8Array };

/** Throws `usage` unless the options have exactly one usable secret, `bad-key` for a raw key of another length. */
export function sealingSecretOf(options: EncryptionOptions): SealingSecret {
  const { key, passphrase, recipientPublicKey, mechanism, argon2 }: EncryptionFields = options;
  if ([key, passphrase, recipientPublicKey].filter((secret) => secret !== undefined).length !== 1) {
    throw new MslError("usage", "Encryption takes exactly one of key, passphrase and recipientPublicKey");
  }
  if (argon2 && passphrase === undefined) throw new MslError("usage", "encryption.argon2 goes with a passphrase only");
  if (mechanism && !recipientPublicKey) throw new MslError("usage", "encryption.mechanism goes with recipientPublicKey only");
  if (key) {
    if (key.length === CONTENT_KEY_SIZE) return { kind: "key", key };
    throw new MslError("bad-key", `The key has ${key.length} bytes, expected ${CONTENT_KEY_SIZE}`);
  }
  if (recipientPublicKey) {
    if (mechanism !== undefined) return { kind: "recipient", mechanism, publicKey: recipientPublicKey };
    throw new MslError("usage", `recipientPublicKey needs a mechanism: ${Object.keys(KEM_MECHANISMS).join(", ")}`);
  }
  if (!passphrase || passphrase.length === 0) throw new MslError("usage", "An empty passphrase protects nothing");
  return { kind: "passphrase", passphrase, argon2: argon2ParametersOf(argon2) };
}

function argon2ParametersOf(given: Partial<Argon2Parameters> = {}): Argon2Parameters {
  const { kdfTime, kdfMemoryKiB, kdfLanes } = ARGON2_MINIMUM;
  const parameters = {
    kdfTime: given.kdfTime ?? kdfTime,
    kdfMemoryKiB: given.kdfMemoryKiB ?? kdfMemoryKiB,
    kdfLanes: given.kdfLanes ?? kdfLanes,
  };
  if (!isRunnable(parameters)) throw new MslError("usage", "Argon2id needs at least 8 KiB of memory for each lane");
  return parameters;
}

/** All random bytes of an encrypted capture. */
export interface SealRandomness {
  /** 12 bytes for AES-256-GCM, 24 for XChaCha20-Poly1305. */
  readonly nonce: Uint8Array;
  /** 16 bytes, for Argon2id. */
  readonly salt: Uint8Array;
  /** For the KEM: the ephemeral private key of X25519, the message of ML-KEM, or both. */
  readonly encapsulationSeed: Uint8Array;
}

export interface SealingKey {
  /** The caller zeroes it. */
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

/** `dumpUuid`: the 16 bytes as stored. Throws `bad-key` for an invalid public key. */
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
  const { contentKeyOfSecret, encapsulate, encapsulationSeedSize } = await import("./kem.js");
  const keyEncap = KEM_MECHANISMS[secret.mechanism];
  const seed = randomBytes(encapsulationSeedSize(keyEncap), randomness.encapsulationSeed, "encapsulationSeed");
  const { ciphertext, sharedSecret } = encapsulate(keyEncap, secret.publicKey, seed);
  const contentKey = contentKeyOfSecret(sharedSecret, dumpUuid);
  seed.fill(0);
  sharedSecret.fill(0);
  return { contentKey, ...NO_KDF, keyEncap, kemCiphertext: ciphertext };
}

/** A copy of the given bytes, or bytes of the platform's random generator. Throws `usage` for given bytes of another length. */
export function randomBytes(length: number, given: Uint8Array | undefined, name: keyof SealRandomness): Uint8Array {
  if (given === undefined) return crypto.getRandomValues(new Uint8Array(length));
  if (given.length === length) return new Uint8Array(given);
  throw new MslError("usage", `sealRandomness.${name} has ${given.length} bytes, expected ${length}`);
}

/** A new key pair for a recipient, from the platform's random generator. Throws `usage` for an unknown mechanism. */
export async function generateKeyPair(mechanism: KemMechanism): Promise<KeyPair> {
  if (!Object.hasOwn(KEM_MECHANISMS, mechanism)) {
    const given = typeof mechanism === "string" ? shownName(mechanism) : `of the type ${typeof mechanism}`;
    throw new MslError("usage", `There is no mechanism ${given}; there are: ${Object.keys(KEM_MECHANISMS).join(", ")}`);
  }
  const code = KEM_MECHANISMS[mechanism];
  const { keyPairOf, newKeySeed } = await import("./kem.js");
  const seed = newKeySeed(code);
  try {
    return keyPairOf(code, seed);
  } finally {
    seed.fill(0);
  }
}
