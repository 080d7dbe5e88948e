/** Secrets that callers give for reading, and new key pairs. */
import { MslError } from "../errors.js";
import type { Encryption } from "../format/encryption-extension.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";
import type { Argon2Limits } from "./argon2/argon2.js";

/** Secrets that may open an encrypted capture. Of several secrets, `key` is used, or else the secret that the header requires. */
export interface KeyMaterial {
  /** The AEAD key itself, 32 bytes. Opens the capture whatever key derivation its header states. */
  readonly key?: Uint8Array;
  /** Text, or its bytes in UTF-8. It is not normalised. */
  readonly passphrase?: string | Uint8Array;
  /** The private key of the recipient: 32 bytes for X25519, 2,400 for ML-KEM-768, 3,168 for ML-KEM-1024, 2,432 for the hybrid. */
  readonly privateKey?: Uint8Array;
}

/** Called for the secrets of an encrypted capture, and only if the capture is encrypted. Its argument is not authenticated yet. */
export type KeyProvider = (encryption: Encryption) => KeyMaterial | Promise<KeyMaterial>;

/** Secrets for encrypted captures. */
export interface KeyOptions {
  /**
   * Secrets for an encrypted capture, or a function that gives them. With secrets, a plain capture is refused: somebody who can write the file
   * could replace an encrypted capture by a plain one. With a function, a plain capture is opened and the function is not called.
   */
  readonly keys?: KeyMaterial | KeyProvider;
}

/** Options for encrypted captures. */
export interface EnvelopeOptions extends KeyOptions {
  /** The limits of the Argon2id parameters in a header. */
  readonly argon2Limits?: Partial<Argon2Limits>;
}

/** The secrets for an encrypted capture. Throws `missing-key` with the cause if the function given as `keys` fails. */
export async function keysFor(encryption: Encryption, { keys = {} }: KeyOptions): Promise<KeyMaterial> {
  if (typeof keys !== "function") return keys;
  try {
    return await keys(encryption);
  } catch (cause) {
    if (cause instanceof MslError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MslError("missing-key", `The capture is encrypted, and the function given as keys failed: ${reason}`, { cause });
  }
}

/** Throws `not-encrypted` for a plain capture if a secret was given. */
export function refuseUnexpectedlyPlain({ encrypted }: FileHeader, { keys = {} }: KeyOptions): void {
  if (encrypted || typeof keys === "function") return;
  if (Object.values(keys).every((secret) => secret === undefined)) return;
  const message =
    "A secret was given, but the capture is not encrypted, so nothing authenticates it; leave the secret out to read it as it is";
  throw new MslError("not-encrypted", message, { offset: headerOffset("flags") });
}

/** A copy, which the caller zeroes after use. */
export function passphraseBytes(passphrase: string | Uint8Array): Uint8Array {
  return typeof passphrase === "string" ? new TextEncoder().encode(passphrase) : new Uint8Array(passphrase);
}
