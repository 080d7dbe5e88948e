/** Opens an encrypted capture: derives the key, verifies the tag over all of it, and only then gives access to the plaintext. */

import { concatenated } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError } from "../errors.js";
import { type Encryption, TAG_SIZE } from "../format/encryption-extension.js";
import { headerOffset } from "../format/file-header.js";
import { KEY_MATERIAL } from "../options/keys.js";
import { requireOptions } from "../options/require-options.js";
import { CachingSource } from "../source/caching-source.js";
import type { Source } from "../source/source.js";
import { aeadKeyOf, type EncAlgoCode, isKnownEncAlgo, PLAINTEXT_LIMIT } from "./aead/aead.js";
import type { Argon2Limits } from "./argon2/argon2.js";
import type { WindowDigests } from "./authenticate.js";
import { type AuthenticateOptions, authenticate, type SealedMessage } from "./authenticate.js";
import { contentKeys, requireKnownEncryption } from "./content-keys.js";
import { DecryptingSource } from "./decrypting-source.js";
import { type KeyOptions, keysFor } from "./key-material.js";

/** Options for encrypted captures. */
export interface EnvelopeOptions extends KeyOptions {
  /** The limits of the Argon2id parameters in a header. */
  readonly argon2Limits?: Partial<Argon2Limits>;
}

export interface OpenedEnvelope {
  /** The blocks, from offset 0. Closes the source of the capture when it is closed. */
  readonly plaintext: Source;
  /** The bytes between header and ciphertext; none without a KEM. */
  readonly kemCiphertext: Uint8Array;
  /** Deviations of the header that follow from the key that opened the capture. */
  readonly deviations: readonly Deviation[];
}

/** The most decrypted bytes that are kept, or 8 windows if these have more bytes: readers read the same windows again. */
const CACHE_BYTES = 8 * 1024 * 1024;

/**
 * `headerBytes`: the 128 bytes of the header. Throws `missing-key`, `bad-key`, `unsupported-encryption`, `limit` (Argon2id beyond what is
 * allowed), `authentication-failed`.
 */
export async function openEnvelope(
  source: Source,
  headerBytes: Uint8Array,
  encryption: Encryption,
  options: EnvelopeOptions & AuthenticateOptions & { readonly strict?: boolean },
): Promise<OpenedEnvelope> {
  const { argon2Limits = {}, strict = false } = options;
  const keys = await keysFor(encryption, options);
  requireOptions(KEY_MATERIAL, keys);
  requireKnownEncryption(encryption, keys);
  const { encAlgo } = encryption;
  if (!isKnownEncAlgo(encAlgo)) throw new TypeError("EncAlgo was checked");
  const { message, kemCiphertext } = await readMessage(source, headerBytes, { ...encryption, encAlgo }, options.signal);
  const dumpUuid = headerBytes.subarray(headerOffset("dumpUuid"), headerOffset("dumpUuid") + 16);
  const { signal } = options;
  const context = { encryption, dumpUuid, kemCiphertext, keys, argon2Limits, strict, signal };
  for await (const { key, deviation } of contentKeys(context)) {
    const aeadKey = aeadKeyOf(encAlgo, key, encryption.nonce);
    key.fill(0);
    let digests: WindowDigests | undefined;
    try {
      digests = await authenticate(message, aeadKey, options);
    } finally {
      if (!digests) aeadKey.key.fill(0);
    }
    if (!digests) continue;
    const { windowBytes } = digests;
    const plaintext = new CachingSource(new DecryptingSource(message, aeadKey, digests), {
      pageSize: windowBytes,
      maxBytes: Math.max(CACHE_BYTES, 8 * windowBytes),
    });
    return { plaintext, kemCiphertext, deviations: deviation ? [deviation] : [] };
  }
  throw new MslError(
    "authentication-failed",
    "Authentication failed: the key is not the right one, or the capture was altered or cut after it was written",
  );
}

async function readMessage(
  source: Source,
  headerBytes: Uint8Array,
  { kemCtLen, encAlgo }: { readonly kemCtLen: number; readonly encAlgo: EncAlgoCode },
  signal: AbortSignal | undefined,
): Promise<{ message: SealedMessage; kemCiphertext: Uint8Array }> {
  const start = headerBytes.length + kemCtLen;
  const size = source.size - start - TAG_SIZE;
  if (size < 0) {
    const message = `Authentication failed: the file has ${source.size} bytes, but header, KEM ciphertext and tag take ${start + TAG_SIZE}`;
    throw new MslError("authentication-failed", message, { offset: source.size });
  }
  if (size > PLAINTEXT_LIMIT[encAlgo]) {
    const message = `The ciphertext has ${size} bytes, more than the ${PLAINTEXT_LIMIT[encAlgo]} that its cipher can encrypt`;
    throw new MslError("unsupported-encryption", message, { offset: start });
  }
  // Copies, because a source in memory gives views: these bytes are authenticated now and used later.
  const kemCiphertext = new Uint8Array(await source.read(headerBytes.length, kemCtLen, signal));
  const tag = new Uint8Array(await source.read(source.size - TAG_SIZE, TAG_SIZE, signal));
  return { message: { source, start, size, aad: concatenated([headerBytes, kemCiphertext]), tag }, kemCiphertext };
}
