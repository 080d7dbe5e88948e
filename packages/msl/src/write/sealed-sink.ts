/** Encrypts a capture on its way to a sink, a piece at a time (specification, encryption, writer behaviour). */

import { concatenated } from "../bytes.js";
import type { SealingStream } from "../encryption/seal.js";
import type { SealRandomness } from "../encryption/sealing-keys.js";
import { type EncryptionOptions, sealingSecretOf, withOwnSecrets, zeroSecrets } from "../encryption/sealing-keys.js";
import { MslError } from "../errors.js";
import { headerOffset, PLAIN_HEADER_SIZE } from "../format/file-header.js";
import type { Sink } from "./sink.js";
import { guarded } from "./sink.js";

/** Ciphers make an array for each piece; small ones are used again sooner. */
const PIECE_BYTES = 64 * 1024;
const UUID_SIZE = 16;

/** A seal to be made with the first block, since deriving keys takes time. */
export interface SealOrder {
  /** With secrets of its own, zeroed when the seal is made or given up. */
  readonly options: EncryptionOptions;
  readonly randomness: Partial<SealRandomness>;
}

/** Throws `usage` and `bad-key` for options that cannot be used. A public key is looked at when the seal is made. */
export function sealOrderOf(options: EncryptionOptions, randomness: Partial<SealRandomness>): SealOrder {
  sealingSecretOf(options);
  return { options: withOwnSecrets(options), randomness };
}

export class SealedSink implements Sink {
  readonly #sink: Sink;
  readonly #order: SealOrder;
  /** What stands before the ciphertext, until it is handed over. */
  #opening: Uint8Array | undefined;
  #stream: SealingStream | undefined;
  #discarded = false;

  constructor(sink: Sink, order: SealOrder) {
    this.#sink = sink;
    this.#order = order;
  }

  /**
   * Derives the key, and completes the header by its extension. Returns header and KEM ciphertext, which the first `write` hands over.
   * Throws `bad-key` for a public key that is none.
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

  /** Throws `limit` if `length` more bytes, and `reserve` behind them, are more than the cipher may encrypt. */
  requireRoom(length: number, reserve: number): void {
    const { room } = this.#working();
    if (length + reserve <= room) return;
    const message = `A block of ${length} bytes leaves End-of-Capture no room: the cipher may encrypt ${room} more bytes; end the capture`;
    throw new MslError("limit", message);
  }

  /** Encrypts in place: the bytes are this sink's. */
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

  /** Hands over the tag, and returns its length. The key is zeroed. */
  async finish(): Promise<number> {
    const tag = this.#working().finish();
    await guarded(() => this.#sink.write(tag));
    await guarded(() => this.#sink.flush?.());
    return tag.length;
  }

  /** Zeroes what is secret; nothing can be encrypted any more. */
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
