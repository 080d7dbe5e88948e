/** For readers: the keys that may decrypt a capture, from its header and the secrets of the caller (specification, which key for which file). */

import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import {
  ARGON2_MINIMUM,
  CONTENT_KEY_SIZE,
  describeSecret,
  type Encryption,
  expectedKemCtLen,
  extensionOffset,
  isDualControl,
  isKemCode,
  isWeak,
  KdfType,
  KeyEncap,
} from "../format/encryption-extension.js";
import { isKnownEncAlgo } from "./aead/aead.js";
import type { Argon2Parameters } from "./argon2/argon2.js";
import { type Argon2Limits, isRunnable, requireAffordable } from "./argon2/argon2.js";
import { type KeyMaterial, passphraseBytes } from "./key-material.js";

export interface ContentKeyContext {
  readonly encryption: Encryption;
  /** The 16 bytes as stored. */
  readonly dumpUuid: Uint8Array;
  readonly kemCiphertext: Uint8Array;
  readonly keys: KeyMaterial;
  readonly argon2Limits: Partial<Argon2Limits>;
  readonly strict: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A key to try. The caller zeroes it. */
export interface ContentKey {
  readonly key: Uint8Array;
  /** A deviation of the capture if this key opens it. */
  readonly deviation?: Deviation;
}

/** Throws `unsupported-encryption` for encryption that is not implemented or not defined, and `bad-header` for a KEMCtLen that does not fit. */
export function requireKnownEncryption(encryption: Encryption, keys: KeyMaterial): void {
  const kemCtLen = expectedKemCtLen(encryption);
  if (kemCtLen !== undefined && encryption.kemCtLen !== kemCtLen) {
    const message = `KEMCtLen at offset 0x4E is ${encryption.kemCtLen}, expected ${kemCtLen} for KeyEncap ${encryption.keyEncapName} (ENC-KEMLEN)`;
    throw new MslError("bad-header", message, { offset: extensionOffset("kemCtLen") });
  }
  if (!isKnownEncAlgo(encryption.encAlgo)) throw unsupported("EncAlgo", "encAlgo", encryption.encAlgoName);
  if (keys.key !== undefined) return;
  if (isDualControl(encryption)) {
    const message = `The capture asks for a passphrase (KDFType ${encryption.kdfTypeName}) and a private key (KeyEncap ${encryption.keyEncapName}): dual control, for which no key derivation is specified (ENC-DUAL)`;
    throw new MslError("unsupported-encryption", message, { offset: extensionOffset("kdfType") });
  }
  if (encryption.kdfType !== KdfType.None && encryption.kdfType !== KdfType.Argon2id) {
    throw unsupported("KDFType", "kdfType", encryption.kdfTypeName);
  }
  if (encryption.keyEncap !== KeyEncap.None && !isKemCode(encryption.keyEncap)) {
    throw unsupported("KeyEncap", "keyEncap", encryption.keyEncapName);
  }
}

function unsupported(name: string, field: "encAlgo" | "kdfType" | "keyEncap", value: string): MslError {
  const offset = extensionOffset(field);
  return new MslError(
    "unsupported-encryption",
    `${name} at offset 0x${offset.toString(16)} is ${value}, which is not supported`,
    {
      offset,
    },
  );
}

/** The keys to try, the most likely one first. Throws `missing-key`, `bad-key`, `aborted` and, before Argon2id runs, `limit`. */
export async function* contentKeys(context: ContentKeyContext): AsyncGenerator<ContentKey, void, undefined> {
  const { encryption, keys, kemCiphertext, dumpUuid } = context;
  if (keys.key !== undefined) {
    yield rawKey(keys.key, encryption);
    return;
  }
  if (encryption.secret === "passphrase" && keys.passphrase !== undefined) {
    yield* passphraseKeys(keys.passphrase, context);
    return;
  }
  if (isKemCode(encryption.keyEncap) && keys.privateKey !== undefined) {
    // Key encapsulation and Argon2id are loaded when they are needed: together they are most of the code.
    const { contentKeyOfSecret, decapsulate } = await import("./kem.js");
    const sharedSecret = decapsulate(encryption.keyEncap, kemCiphertext, keys.privateKey);
    if (!sharedSecret) return;
    const key = contentKeyOfSecret(sharedSecret, dumpUuid);
    sharedSecret.fill(0);
    yield { key };
    return;
  }
  throw missingKey(encryption, keys);
}

function rawKey(key: Uint8Array, { kdfType, kdfTypeName }: Encryption): ContentKey {
  if (key.length !== CONTENT_KEY_SIZE) {
    throw new MslError("bad-key", `The key has ${key.length} bytes, expected ${CONTENT_KEY_SIZE}`);
  }
  if (kdfType === KdfType.None) return { key: new Uint8Array(key) };
  const message = `KDFType is ${kdfTypeName}, but the key was given as it is: there was no passphrase (memslicer), or the key was derived elsewhere`;
  return {
    key: new Uint8Array(key),
    deviation: { id: "ENC-PARAM", message, offset: extensionOffset("kdfType"), field: "kdfType" },
  };
}

async function* passphraseKeys(
  passphrase: string | Uint8Array,
  { encryption, argon2Limits, strict, signal }: ContentKeyContext,
): AsyncGenerator<ContentKey, void, undefined> {
  const stated: Argon2Parameters = encryption;
  const raised: Argon2Parameters | undefined = isWeak(encryption) && !strict ? raisedToMinimum(encryption) : undefined;
  requireAffordable(stated, argon2Limits);
  if (raised) requireAffordable(raised, argon2Limits);
  if (!isRunnable(stated) && !raised) {
    const message = `Argon2id cannot run with ${stated.kdfTime} passes over ${stated.kdfMemoryKiB} KiB in ${stated.kdfLanes} lanes`;
    throw new MslError("unsupported-encryption", message, { offset: extensionOffset("kdfTime") });
  }
  const { deriveKey } = await import("./argon2/derive-key.js");
  const password = passphraseBytes(passphrase);
  try {
    if (isRunnable(stated)) yield { key: await deriveKey(password, encryption.kdfSalt, stated, signal) };
    if (!raised) return;
    const message = `Argon2id ran with ${raised.kdfTime} passes, ${raised.kdfMemoryKiB} KiB and ${raised.kdfLanes} lanes, more than the header states (MemDiver)`;
    const deviation: Deviation = { id: "ENC-KDFWEAK", message, offset: extensionOffset("kdfTime"), field: "kdfTime" };
    yield { key: await deriveKey(password, encryption.kdfSalt, raised, signal), deviation };
  } finally {
    password.fill(0);
  }
}

/** MemDiver derives the key with at least the specified minimum, even if it writes lower parameters into the header. */
function raisedToMinimum({ kdfTime, kdfMemoryKiB, kdfLanes }: Argon2Parameters): Argon2Parameters {
  return {
    kdfTime: Math.max(kdfTime, ARGON2_MINIMUM.kdfTime),
    kdfMemoryKiB: Math.max(kdfMemoryKiB, ARGON2_MINIMUM.kdfMemoryKiB),
    kdfLanes: Math.max(kdfLanes, ARGON2_MINIMUM.kdfLanes),
  };
}

/** The message names the secret that is needed and the kinds of secrets that were given. It holds no secret. */
function missingKey(encryption: Encryption, keys: KeyMaterial): MslError {
  const given = [
    ...(keys.passphrase === undefined ? [] : ["a passphrase"]),
    ...(keys.privateKey === undefined ? [] : ["a private key"]),
  ].join(" and ");
  const was = given === "" ? "none was given" : `${given} was given`;
  return new MslError(
    "missing-key",
    `The capture is encrypted with ${encryption.encAlgoName} and needs ${describeSecret(encryption)}; ${was}`,
  );
}
