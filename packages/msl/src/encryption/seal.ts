/** Encryption of a new capture: the header extension, the KEM ciphertext, the encrypted blocks and the tag (specification, writer behaviour). */

import { platformAead } from "#aead";
import { concatenated, startsWith } from "../bytes.js";
import { MslError } from "../errors.js";
import { HeaderFlag } from "../format/codes.js";
import { extensionOffset, TAG_SIZE } from "../format/encryption-extension.js";
import { ENCRYPTED_HEADER_SIZE, headerOffset, PLAIN_HEADER_SIZE } from "../format/file-header.js";
import { SEAL } from "../options/keys.js";
import { requireOptions } from "../options/require-options.js";
import type { AeadKey, Encryptor } from "./aead/aead.js";
import { aeadKeyOf, type EncAlgoCode, NONCE_SIZE, PLAINTEXT_LIMIT } from "./aead/aead.js";
import {
  type EncryptionOptions,
  encAlgoOf,
  randomBytes,
  type SealingKey,
  type SealRandomness,
  sealingKeyOf,
  sealingSecretOf,
} from "./sealing-keys.js";

/**
 * Makes key, nonce and header extension of one new capture; each capture needs a seal of its own. `dumpUuid`: the 16 bytes as the header
 * will store them. Random bytes that `randomness` does not give come from the platform's generator.
 * Throws `usage` and `bad-key` for options that cannot be used.
 */
export async function createSeal(
  options: EncryptionOptions,
  dumpUuid: Uint8Array,
  randomness: Partial<SealRandomness> = {},
): Promise<Seal> {
  requireOptions(SEAL, options);
  const encAlgo = encAlgoOf(options);
  const secret = sealingSecretOf(options);
  const nonce = new Uint8Array(24);
  nonce.set(randomBytes(NONCE_SIZE[encAlgo], randomness.nonce, "nonce"));
  const sealingKey = await sealingKeyOf(secret, dumpUuid, randomness);
  const key = aeadKeyOf(encAlgo, sealingKey.contentKey, nonce);
  sealingKey.contentKey.fill(0);
  return new Seal(encAlgo, extensionOf(encAlgo, nonce, sealingKey), sealingKey.kemCiphertext, key);
}

/** An encrypted file is the header with `extension` as its bytes 64 to 127, then `kemCiphertext`, the ciphertext of `SealingStream`, and its tag. */
export class Seal {
  /** 64 bytes. */
  readonly extension: Uint8Array;
  /** Empty without a KEM. */
  readonly kemCiphertext: Uint8Array;
  readonly #encAlgo: EncAlgoCode;
  readonly #key: AeadKey;
  #used = false;

  constructor(encAlgo: EncAlgoCode, extension: Uint8Array, kemCiphertext: Uint8Array, key: AeadKey) {
    this.#encAlgo = encAlgo;
    this.extension = extension;
    this.kemCiphertext = kemCiphertext;
    this.#key = key;
  }

  /**
   * Starts the only message of this seal. `header`: the final 128 bytes, which the tag authenticates together with the KEM ciphertext. Throws
   * `usage` for a header that is not of an encrypted capture with this extension, and for a second message: a nonce must not be used twice.
   */
  start(header: Uint8Array): SealingStream {
    if (this.#used) throw new MslError("usage", "This seal has encrypted a capture already; each one needs a seal of its own");
    this.#requireHeader(header);
    this.#used = true;
    const encryptor = platformAead.createEncryptor(this.#key, concatenated([header, this.kemCiphertext]));
    return new SealingStream(encryptor, this.#key, PLAINTEXT_LIMIT[this.#encAlgo]);
  }

  /** Zeroes the key of a seal that will not be used. */
  discard(): void {
    this.#used = true;
    this.#key.key.fill(0);
  }

  #requireHeader(header: Uint8Array): void {
    const encrypted = ((header[headerOffset("flags")] ?? 0) & HeaderFlag.Encrypted) !== 0;
    const announced = header[headerOffset("headerSize")];
    if (header.length !== ENCRYPTED_HEADER_SIZE || announced !== ENCRYPTED_HEADER_SIZE || !encrypted) {
      throw new MslError("usage", "The header of an encrypted capture has 128 bytes, says so, and has the Encrypted flag set");
    }
    if (!startsWith(header, this.extension, PLAIN_HEADER_SIZE)) {
      throw new MslError("usage", "The header does not hold this seal's extension in bytes 64 to 127");
    }
  }
}

/** Encrypts the blocks of one capture as they come, in constant memory. Calls must not overlap. */
export class SealingStream {
  readonly #encryptor: Encryptor;
  readonly #key: AeadKey;
  readonly #limit: number;
  #length = 0;
  #finished = false;

  constructor(encryptor: Encryptor, key: AeadKey, limit: number) {
    this.#encryptor = encryptor;
    this.#key = key;
    this.#limit = limit;
  }

  /** The number of bytes that the cipher may still encrypt. */
  get room(): number {
    return this.#limit - this.#length;
  }

  /** The ciphertext of the next bytes, of the same length. Throws `limit` before it encrypts bytes that the cipher may no longer encrypt. */
  update(plaintext: Uint8Array): Uint8Array | Promise<Uint8Array> {
    if (this.#finished) throw new MslError("usage", "The capture was finished");
    if (plaintext.length > this.room) {
      throw new MslError(
        "limit",
        `The cipher encrypts at most ${this.#limit} bytes; ${this.#length} and ${plaintext.length} are more`,
      );
    }
    this.#length += plaintext.length;
    return this.#encryptor.update(plaintext);
  }

  /** The tag, the last 16 bytes of the file. Zeroes the key. */
  finish(): Uint8Array {
    if (this.#finished) throw new MslError("usage", "The capture was finished");
    this.#finished = true;
    const tag = this.#encryptor.finish();
    this.#key.key.fill(0);
    if (tag.length !== TAG_SIZE) throw new MslError("internal", `The cipher made a tag of ${tag.length} bytes`);
    return tag;
  }

  /** Zeroes the key of a capture that will not be finished. */
  discard(): void {
    this.#finished = true;
    this.#key.key.fill(0);
  }
}

function extensionOf(encAlgo: EncAlgoCode, nonce: Uint8Array, key: SealingKey): Uint8Array {
  const header = new Uint8Array(ENCRYPTED_HEADER_SIZE);
  const view = new DataView(header.buffer);
  header[extensionOffset("encAlgo")] = encAlgo;
  header[extensionOffset("kdfType")] = key.kdfType;
  header[extensionOffset("keyEncap")] = key.keyEncap;
  view.setUint32(extensionOffset("kdfTime"), key.kdfTime, true);
  view.setUint32(extensionOffset("kdfMemoryKiB"), key.kdfMemoryKiB, true);
  header[extensionOffset("kdfLanes")] = key.kdfLanes;
  view.setUint16(extensionOffset("kemCtLen"), key.kemCiphertext.length, true);
  header.set(nonce, extensionOffset("nonce"));
  header.set(key.kdfSalt, extensionOffset("kdfSalt"));
  return header.subarray(PLAIN_HEADER_SIZE);
}
