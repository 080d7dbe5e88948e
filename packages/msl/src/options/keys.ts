/** The options for secrets and for the encryption of a capture. */
import type { Argon2Limits, Argon2Parameters } from "../encryption/argon2/argon2.js";
import type { EnvelopeOptions, KeyMaterial, KeyProvider } from "../encryption/key-material.js";
import type { EncryptionFields, EncryptionOptions, SealRandomness } from "../encryption/sealing-keys.js";
import { ARGON2_MINIMUM, CIPHERS, type CipherName, KEM_MECHANISMS, type KemMechanism } from "../format/encryption-extension.js";
import {
  bytes,
  type Check,
  callback,
  checksOf,
  countOf,
  either,
  integer,
  type OptionTable,
  objectOf,
  oneOf,
  tableOf,
  text,
} from "./checks.js";

const U8_MOST = 0xff;
const U32_MOST = 0xffff_ffff;
const PASSPHRASE = either(text, bytes);
const CIPHER_NAMES = Object.keys(CIPHERS) as CipherName[];
const MECHANISMS = Object.keys(KEM_MECHANISMS) as KemMechanism[];

const SECRETS = checksOf<KeyMaterial>()({ key: bytes, passphrase: PASSPHRASE, privateKey: bytes });

const ARGON2_LIMITS = checksOf<Partial<Argon2Limits>>()({
  time: countOf("passes"),
  memoryKiB: countOf("KiB"),
  lanes: countOf("lanes"),
  work: countOf("passes times KiB"),
});

const ARGON2 = checksOf<Partial<Argon2Parameters>>()({
  kdfTime: integer(ARGON2_MINIMUM.kdfTime, U32_MOST, "passes"),
  kdfMemoryKiB: integer(ARGON2_MINIMUM.kdfMemoryKiB, U32_MOST, "KiB"),
  kdfLanes: integer(ARGON2_MINIMUM.kdfLanes, U8_MOST, "lanes"),
});

export const KEYS = checksOf<EnvelopeOptions>()({
  keys: either(objectOf(SECRETS), callback<KeyProvider>()),
  argon2Limits: objectOf(ARGON2_LIMITS),
});

/** `sealingSecretOf` checks which of these options belong together: there is exactly one secret. */
const ENCRYPTION_CHECKS = checksOf<EncryptionFields>()({
  cipher: oneOf(CIPHER_NAMES),
  key: bytes,
  passphrase: PASSPHRASE,
  argon2: objectOf(ARGON2),
  mechanism: oneOf(MECHANISMS),
  recipientPublicKey: bytes,
});

/** The rule of the option `encryption`. */
export const ENCRYPTION: Check<EncryptionOptions> = objectOf<EncryptionFields, EncryptionOptions>(ENCRYPTION_CHECKS);
export const SEAL: OptionTable<EncryptionFields> = tableOf<EncryptionFields>("encryption")(ENCRYPTION_CHECKS);

/** The rule of the option `sealRandomness`. */
export const SEAL_RANDOMNESS: Check<Partial<SealRandomness>> = objectOf<Partial<SealRandomness>>({
  nonce: bytes,
  salt: bytes,
  encapsulationSeed: bytes,
});

/** The result of a function that is passed as `keys`. */
export const KEY_MATERIAL = tableOf<KeyMaterial>("keys")(SECRETS);
