/** A sink that encrypts a capture and passes the ciphertext to another sink (specification: encryption, writer behaviour). */
import { concatenated } from "../bytes.js";
import type { SealingStream } from "../encryption/seal.js";
import type { SealRandomness } from "../encryption/sealing-keys.js";
import { type EncryptionOptions, sealingSecretOf, withOwnSecrets, zeroSecrets } from "../encryption/sealing-keys.js";
import { MslError } from "../errors.js";
import { headerOffset, PLAIN_HEADER_SIZE } from "../format/file-header.js";
import { guarded, type Sink } from "./sink.js";

/** Bytes that are encrypted at a time. Ciphers return a new array for each piece; small arrays are collected sooner. */
const PIECE_BYTES = 64 * 1024;
const UUID_SIZE = 16;

/** The inputs of a seal, which is made with the first block because deriving a key takes time. */
export interface SealOrder {
  /** Holds copies of the caller's secrets, which are zeroed when the seal is made or given up. */
  readonly options: EncryptionOptions;
  readonly randomness: Partial<SealRandomness>;
}

/** Throws `usage` and `bad-key` for options that cannot be used. A public key is checked when the seal is made. */
export function sealOrderOf(options: EncryptionOptions, randomness: Partial<SealRandomness>): SealOrder {
  sealingSecretOf(options);
  return { options: withOwnSecrets(options), randomness };
}

export class SealedSink implements Sink {
  readonly #sink: Sink;
  readonly #order: SealOrder;
  /** Header and KEM ciphertext, until the first `write` passes them on. */
  #opening: Uint8Array | undefined;
  #stream: SealingStream | undefined;
  #discarded = false;

  constructor(sink: Sink, order: SealOrder) {
    this.#sink = sink;
    this.#order = order;
  }

  /**
   * Derives the key and completes the header by its encryption extension. Returns header and KEM ciphertext, which the first `write` passes
   * on. Throws `bad-key` for an unusable public key.
   */
  async open(header: Uint8Array): Promise<Uint8Array> {
    const { options, randomness } = this.#order;
    const { createSeal } = await import("../encryption/seal.js");
    const dumpUuid = header.slice(headerOffset("dumpUuid"), headerOffset("dumpUuid") + UUID_SIZE);
    const seal = await createSeal(options, dumpUuid, randomness).finally(() => zeroSecrets(options));
    if (this.#discarded) {
      seal.discard();
      throw new MslError("closed", "The writer was closed while the key was being derived");
    }
    const complete = header.slice();
    complete.set(seal.extension, PLAIN_HEADER_SIZE);
    this.#stream = seal.start(complete);
    this.#opening = concatenated([complete, seal.kemCiphertext]);
    return this.#opening;
  }

  /** Whether the key has been derived, so that blocks can be encrypted. */
  get isOpen(): boolean {
    return this.#stream !== undefined;
  }

  /** Throws `limit` if the cipher may not encrypt `length` more bytes and `reserve` bytes after them. `held`: bytes that it has not been given yet. */
  requireRoom(length: number, reserve: number, held: number): void {
    const room = this.#working().room - held;
    if (length + reserve <= room) return;
    const message = `A block of ${length} bytes leaves End-of-Capture no room: the cipher may encrypt ${room} more bytes; end the capture`;
    throw new MslError("limit", message);
  }

  /** Encrypts in place: the array belongs to this sink. */
  async write(bytes: Uint8Array): Promise<void> {
    const stream = this.#working();
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) await this.#sink.write(opening);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      bytes.set(await stream.update(bytes.subarray(at, at + PIECE_BYTES)), at);
    }
    await this.#sink.write(bytes);
  }

  flush(): Promise<void> | void {
    return this.#sink.flush?.();
  }

  /** Passes on the tag, zeroes the key, and returns the length of the tag in bytes. */
  async finish(): Promise<number> {
    const tag = this.#working().finish();
    await guarded(() => this.#sink.write(tag));
    await guarded(() => this.#sink.flush?.());
    return tag.length;
  }

  /** Zeroes all secrets. Nothing can be encrypted afterwards. */
  discard(): void {
    this.#discarded = true;
    this.#stream?.discard();
    zeroSecrets(this.#order.options);
  }

  close(): Promise<void> | void {
    this.discard();
    return this.#sink.close?.();
  }

  #working(): SealingStream {
    if (this.#stream) return this.#stream;
    throw new MslError("internal", "Nothing can be encrypted before the seal is made");
  }
}
