/** What an encrypted capture holds, made without decrypting it: the same blocks written plain, and linked as encrypted ones are. */
import { BytesSink } from "@memslice/msl";
import { digesting } from "./hashes.js";
import type { Recipe } from "./recipe.js";
import { writeRecipe } from "./write-recipe.js";

const PLAIN_HEADER_BYTES = 64;
const SEALED_HEADER_BYTES = 128;
const LENGTH_AT = 8;
const TYPE_AT = 4;
const PREV_HASH_AT = 48;
const BLOCK_HEADER_BYTES = 80;
const DIGEST_BYTES = 32;
const END_OF_CAPTURE = 0x0fff;

export interface SealedPlaintext {
  /** Header and KEM ciphertext of the file. */
  readonly opening: Uint8Array;
  /** The blocks: PrevHash zero, and FileHash over opening and blocks. */
  readonly plaintext: Uint8Array;
}

/** `recipe`: the one of the sealed file, without its encryption. */
export async function sealedPlaintext(recipe: Recipe, kemCtLen: number, sealed: Uint8Array): Promise<SealedPlaintext> {
  const twin = new BytesSink();
  await writeRecipe(recipe, twin);
  const opening = sealed.slice(0, SEALED_HEADER_BYTES + kemCtLen);
  const plaintext = twin.bytes().slice(PLAIN_HEADER_BYTES);
  const view = new DataView(plaintext.buffer);
  const file = digesting(recipe.header.hashAlgo);
  file.update(opening);
  for (let at = 0; at < plaintext.length; ) {
    const length = view.getUint32(at + LENGTH_AT, true);
    plaintext.fill(0, at + PREV_HASH_AT, at + PREV_HASH_AT + DIGEST_BYTES);
    if (view.getUint16(at + TYPE_AT, true) === END_OF_CAPTURE) plaintext.set(bytesOf(file.digest()), at + BLOCK_HEADER_BYTES);
    file.update(plaintext.subarray(at, at + length));
    at += length;
  }
  file.release();
  return { opening, plaintext };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
