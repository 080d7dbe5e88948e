/** How a capture is to be encrypted: the cipher, and one secret. */
import { MslError } from "../errors.js";
import { ARGON2_MINIMUM, CONTENT_KEY_SIZE, EncAlgo, KEM_MECHANISMS, type KemMechanism } from "../format/encryption-extension.js";
import { isUint8Array } from "../tags.js";
import type { Argon2Parameters } from "./argon2/argon2.js";
import { isRunnable } from "./argon2/argon2-limits.js";

/** Default `aes-256-gcm`. Where one raw key serves several captures prefer the other, whose random nonces are twice as long. */
export type CipherName = "aes-256-gcm" | "xchacha20-poly1305";

interface CipherOptions {
  readonly cipher?: CipherName;
}

/** 32 bytes, used as they are. */
interface RawKeyOptions extends CipherOptions {
  readonly key: Uint8Array;
}

/** Text, or its bytes in UTF-8; not empty. Argon2id's parameters are the specification's minimum unless higher ones are given. */
interface PassphraseOptions extends CipherOptions {
  readonly passphrase: string | Uint8Array;
  readonly argon2?: Partial<Argon2Parameters>;
}

/** For the holder of the private key. */
interface RecipientOptions extends CipherOptions {
  readonly mechanism: KemMechanism;
  readonly recipientPublicKey: Uint8Array;
}

export type EncryptionOptions = RawKeyOptions | PassphraseOptions | RecipientOptions;
/** All fields that one of them has. */
export type EncryptionFields = Partial<RawKeyOptions & PassphraseOptions & RecipientOptions>;

const ENC_ALGO = {
  "aes-256-gcm": EncAlgo.Aes256Gcm,
  "xchacha20-poly1305": EncAlgo.XChaCha20Poly1305,
} as const satisfies Record<CipherName, number>;

export const CIPHER_NAMES = Object.keys(ENC_ALGO) as CipherName[];

/** The code of the chosen cipher. */
export function encAlgoOf({ cipher = "aes-256-gcm" }: EncryptionOptions): (typeof ENC_ALGO)[CipherName] {
  return ENC_ALGO[cipher];
}

/** Options with byte arrays of their own, which `zeroSecrets` clears: the caller's may change before they are used. */
export function withOwnSecrets(options: EncryptionOptions): EncryptionOptions {
  const own = Object.entries(options).map(([name, value]) => [name, isUint8Array(value) ? new Uint8Array(value) : value]);
  return Object.fromEntries(own) as EncryptionOptions;
}

export function zeroSecrets(options: EncryptionOptions): void {
  for (const value of Object.values(options)) if (isUint8Array(value)) value.fill(0);
}

/** One secret, told apart. */
export type SealingSecret =
  | { readonly kind: "key"; readonly key: Uint8Array }
  | { readonly kind: "passphrase"; readonly passphrase: string | Uint8Array; readonly argon2: Argon2Parameters }
  | { readonly kind: "recipient"; readonly mechanism: KemMechanism; readonly publicKey: Uint8Array };

/** Throws `usage` unless there is exactly one secret that may be used, `bad-key` for a raw key of another length. */
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
