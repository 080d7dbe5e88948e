/** Encrypted captures, assembled from the writing side's seal and blocks made elsewhere. */

import { createSeal } from "../../src/encryption/seal.js";
import type { EncryptionOptions, SealRandomness } from "../../src/encryption/sealing-keys.js";
import { concatenated, vectorV1 } from "../vectors.js";

/** V1's header as that of an encrypted capture: HeaderSize 128, Encrypted, BlockCount 0, this extension. */
export function encryptedHeader(extension: Uint8Array): Uint8Array {
  const header = concatenated(vectorV1(0).subarray(0, 64), extension);
  header[0x09] = 0x80;
  header[0x0c] = 4;
  header.set([0, 0, 0, 0], 0x39);
  return header;
}

export const DUMP_UUID = vectorV1(0).slice(0x18, 0x28);

/** `blocks` in pieces of any size. */
export async function sealedCapture(
  blocks: Iterable<Uint8Array>,
  options: EncryptionOptions,
  randomness?: Partial<SealRandomness>,
): Promise<Uint8Array> {
  const seal = await createSeal(options, DUMP_UUID, randomness);
  const header = encryptedHeader(seal.extension);
  const stream = seal.start(header);
  const parts = [header, seal.kemCiphertext];
  for (const piece of blocks) parts.push(await stream.update(piece));
  return concatenated(...parts, stream.finish());
}

/** The bytes in pieces whose sizes fit no block of any cipher. */
export function* unevenPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = ((size * 7) % 1201) + 1) yield bytes.subarray(at, at + size);
}

export function bytesFrom(first: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => first + i);
}
