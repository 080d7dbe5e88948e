/** Secrets that a caller hands in. */
import { MslError } from "../errors.js";
import type { Encryption } from "../format/encryption-extension.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";

/** What may open an encrypted capture; of several, the one that fits is used, `key` before the others. */
export interface KeyMaterial {
  /** The 32 bytes of the AEAD key itself, for any capture, whatever its header says about deriving one. */
  readonly key?: Uint8Array;
  /** Text, or its bytes in UTF-8. It is not normalised. */
  readonly passphrase?: string | Uint8Array;
  /** Of the recipient: 32 bytes for X25519, 2,400 for ML-KEM-768, 3,168 for ML-KEM-1024, 2,432 for both in one. */
  readonly privateKey?: Uint8Array;
}

/** Asked for secrets when a capture is encrypted, and only then. What its argument says is not authenticated yet. */
export type KeyProvider = (encryption: Encryption) => KeyMaterial | Promise<KeyMaterial>;

export interface KeyOptions {
  /**
   * What opens an encrypted capture. Secrets given as they are say that the capture has to be encrypted: a plain one is refused, since
   * whoever can write the file can replace an encrypted capture by a plain one. A function is asked if need be.
   */
  readonly keys?: KeyMaterial | KeyProvider;
}

/** The keys for a capture that is encrypted. Throws `missing-key` with the cause where the function that was to give them fails. */
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

/** Throws `not-encrypted` where a secret is there for a plain capture. */
export function refuseUnexpectedlyPlain({ encrypted }: FileHeader, { keys = {} }: KeyOptions): void {
  if (encrypted || typeof keys === "function") return;
  if (Object.values(keys).every((secret) => secret === undefined)) return;
  const message =
    "A secret was given, but the capture is not encrypted, so nothing authenticates it; leave the secret out to read it as it is";
  throw new MslError("not-encrypted", message, { offset: headerOffset("flags") });
}

/** A copy of its own, to be zeroed after use. (`slice` of a Node Buffer would be a view of the caller's bytes.) */
export function passphraseBytes(passphrase: string | Uint8Array): Uint8Array {
  return typeof passphrase === "string" ? new TextEncoder().encode(passphrase) : new Uint8Array(passphrase);
}
