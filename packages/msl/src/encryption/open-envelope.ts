/** Opens an encrypted capture: derives the key, verifies the tag over all of it, and only then gives access to the plaintext. */

import { platformAead } from "#aead";
import { concatenated } from "../bytes.js";
import type { Deviation } from "../deviations/deviation.js";
import { MslError, throwIfAborted } from "../errors.js";
import { type Encryption, TAG_SIZE } from "../format/encryption-extension.js";
import { headerOffset } from "../format/file-header.js";
import { KEY_MATERIAL } from "../options/keys.js";
import { requireOptions } from "../options/require-options.js";
import { CachingSource } from "../source/caching-source.js";
import { readExactly, requireRange, type Source } from "../source/source.js";
import {
  type AeadKey,
  aeadKeyOf,
  type EncAlgoCode,
  isKnownEncAlgo,
  KEY_STREAM_UNIT,
  type KeyStream,
  PLAINTEXT_LIMIT,
} from "./aead/aead.js";
import { type AuthenticateOptions, authenticate, type SealedMessage, type WindowDigests } from "./authenticate.js";
import { contentKeys, requireKnownEncryption } from "./content-keys.js";
import { type EnvelopeOptions, keysFor } from "./key-material.js";

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

/** Bytes of ciphertext that are decrypted at once, if windows are not longer. Larger pieces would make more garbage at once. */
const SLAB_BYTES = 256 * 1024;

/** The plaintext of an authenticated capture as a source. The first block lies at offset 0. */
export class DecryptingSource implements Source {
  readonly size: number;
  readonly metered: boolean;
  readonly #source: Source;
  readonly #start: number;
  readonly #digests: WindowDigests;
  readonly #key: AeadKey;
  #keyStream: KeyStream | undefined;
  /** A buffer for ciphertext; undefined while a read uses it. */
  #spare: Uint8Array | undefined;

  /** `close` closes the source and zeroes the key. `digests`: of the same ciphertext, whose tag was verified. */
  constructor({ source, start, size }: SealedMessage, key: AeadKey, digests: WindowDigests) {
    this.size = size;
    this.metered = source.metered ?? false;
    this.#source = source;
    this.#start = start;
    this.#digests = digests;
    this.#key = key;
    this.#keyStream = platformAead.createKeyStream(key);
    if (source.readInto) this.#spare = new Uint8Array(Math.min(size, Math.max(SLAB_BYTES, digests.windowBytes)));
  }

  /** Throws `changed` if the ciphertext is no longer the one that was authenticated. */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    const target = new Uint8Array(length);
    const end = offset + length;
    const slabBytes = Math.max(SLAB_BYTES, this.#digests.windowBytes);
    for (let at = offset; at < end; ) {
      const slabEnd = Math.min(end, at - (at % slabBytes) + slabBytes);
      target.set(await this.#decrypt(at, slabEnd, signal), at - offset);
      at = slabEnd;
    }
    return target;
  }

  async close(): Promise<void> {
    this.#keyStream = undefined;
    this.#key.key.fill(0);
    await this.#source.close?.();
  }

  async #decrypt(from: number, to: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { windowBytes } = this.#digests;
    const start = from - (from % windowBytes);
    const end = Math.min(this.size, Math.ceil(to / windowBytes) * windowBytes);
    const room = this.#spare;
    this.#spare = undefined;
    try {
      const ciphertext = await this.#read(start, end - start, room, signal);
      return await this.#decryptChecked(ciphertext, start, { from, to });
    } finally {
      this.#spare = room ?? this.#spare;
    }
  }

  async #read(start: number, length: number, room: Uint8Array | undefined, signal?: AbortSignal): Promise<Uint8Array> {
    if (!this.#source.readInto) return readExactly(this.#source, this.#start + start, length, signal);
    const ciphertext = (room ?? new Uint8Array(length)).subarray(0, length);
    await this.#source.readInto(this.#start + start, ciphertext, signal);
    return ciphertext;
  }

  async #decryptChecked(
    ciphertext: Uint8Array,
    start: number,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<Uint8Array> {
    if (!this.#keyStream) throw new MslError("closed", "The capture was closed");
    if (!this.#digests.match(start, ciphertext)) {
      const offset = this.#start + start;
      const message = `The encrypted capture was changed while it was open: bytes ${offset}-${offset + ciphertext.length - 1} are not those whose tag was verified`;
      throw new MslError("changed", message, { offset });
    }
    // Decryption begins in the same turn of the event loop as the comparison, so that the buffer cannot change in between.
    const unit = from - (from % KEY_STREAM_UNIT);
    const plaintext = await this.#keyStream.apply(unit, ciphertext.subarray(unit - start, to - start));
    return plaintext.subarray(from - unit);
  }
}
