/** Makes one sound capture: its bytes, and the manifest that describes them. */
import { BytesSink, type Sink } from "@memslice/msl";
import { BLOCK, BLOCK_HEADER_BYTES } from "../captures/specimen.js";
import { END_OF_CAPTURE } from "./block-types.js";
import { ByteWalk, type Walk, walkOver } from "./byte-walk.js";
import { expectationOf } from "./expectation.js";
import { Facts } from "./facts.js";
import { digesting, digestOf } from "./hashes.js";
import { type Integrity, plainIntegrity, sealedIntegrity } from "./integrity.js";
import { type FileFacts, type Manifest, manifestOf } from "./manifest.js";
import type { CaptureKind, Recipe } from "./recipe.js";
import { writeRecipe } from "./write-recipe.js";

export const WRITER = "memslice";
const PLAIN_HEADER_BYTES = 64;
const SEALED_HEADER_BYTES = 128;
const DIGEST_BYTES = 32;

export interface CorpusOptions {
  /** 0 to 2^32 - 1. */
  readonly seed: number;
  /** Bytes of captured memory in each of the big captures. */
  readonly size: number;
}

export function recipeOf(kind: CaptureKind, { seed, size }: CorpusOptions): Promise<Recipe> | Recipe {
  return kind.recipe(new Facts(seed, kind.name), size);
}

/** Writes a capture to the sink and closes it. Throws an `Error` if the written bytes differ from the recipe. */
export async function makeCapture(kind: CaptureKind, options: CorpusOptions, sink: Sink): Promise<Manifest> {
  const recipe = await recipeOf(kind, options);
  const make = recipe.encryption ? makeSealed : makePlain;
  return make(kind, options, recipe, sink);
}

async function makePlain(kind: CaptureKind, { seed }: CorpusOptions, recipe: Recipe, sink: Sink): Promise<Manifest> {
  const walk = new ByteWalk(recipe.header.hashAlgo);
  const regions = await writeRecipe(recipe, observed(sink, walk));
  const walked = walk.finish();
  const { size, fileBlake3 } = walked;
  const file = fileFacts(kind, seed, recipe, size, fileBlake3);
  return manifestOf(file, expectationOf(recipe, regions), walked, sound(kind, plainIntegrity(walked), "chain-ok+filehash-ok"));
}

/** Makes an encrypted capture. Positions and hashes for its manifest come from the same blocks, written here without encryption. */
async function makeSealed(kind: CaptureKind, { seed }: CorpusOptions, recipe: Recipe, sink: Sink): Promise<Manifest> {
  const sealed = new BytesSink();
  const regions = await writeRecipe(recipe, sealed);
  const bytes = sealed.bytes();
  const walked = await walkOverPlaintext(recipe, bytes);
  await sink.write(bytes.slice());
  await sink.close?.();
  const file = fileFacts(kind, seed, recipe, bytes.length, digestOf(bytes));
  return manifestOf(file, expectationOf(recipe, regions), walked, sound(kind, sealedIntegrity(walked), "aead-ok"));
}

async function walkOverPlaintext({ encryption, ...plain }: Recipe, sealed: Uint8Array): Promise<Walk> {
  const { opening, plaintext } = await sealedPlaintext(plain, encryption?.extension.kemCtLen ?? 0, sealed);
  const all = new Uint8Array(opening.length + plaintext.length);
  all.set(opening);
  all.set(plaintext, opening.length);
  return walkOver(all, plain.header.hashAlgo, opening.length, true);
}

function observed(sink: Sink, walk: ByteWalk): Sink {
  return {
    write: (bytes) => {
      walk.update(bytes);
      return sink.write(bytes);
    },
    close: () => sink.close?.(),
  };
}

function fileFacts(kind: CaptureKind, seed: number, recipe: Recipe, size: number, fileBlake3: string): FileFacts {
  const { name, about, features = [] } = kind;
  return {
    name,
    size,
    fileBlake3,
    writer: WRITER,
    notes: [about],
    features,
    seed,
    secrets: recipe.encryption?.secrets ?? null,
  };
}

function sound({ name }: CaptureKind, integrity: Integrity, verdict: string): Integrity {
  if (integrity.verdict === verdict) return integrity;
  throw new Error(`${name}: what was written is ${integrity.verdict}, expected ${verdict}`);
}

interface SealedPlaintext {
  /** Header and KEM ciphertext of the encrypted file. */
  readonly opening: Uint8Array;
  /** The blocks, with zero PrevHash, and with FileHash over `opening` and the blocks. */
  readonly plaintext: Uint8Array;
}

/**
 * The plaintext of an encrypted capture, made without decrypting it: the blocks are written without encryption, then linked like
 * encrypted ones. `recipe`: the recipe of the encrypted file without its encryption.
 */
async function sealedPlaintext(recipe: Recipe, kemCtLen: number, sealed: Uint8Array): Promise<SealedPlaintext> {
  const twin = new BytesSink();
  await writeRecipe(recipe, twin);
  const opening = sealed.slice(0, SEALED_HEADER_BYTES + kemCtLen);
  const plaintext = twin.bytes().slice(PLAIN_HEADER_BYTES);
  const view = new DataView(plaintext.buffer);
  const file = digesting(recipe.header.hashAlgo);
  file.update(opening);
  for (let at = 0; at < plaintext.length; ) {
    const length = view.getUint32(at + BLOCK.length, true);
    plaintext.fill(0, at + BLOCK.prevHash, at + BLOCK.prevHash + DIGEST_BYTES);
    if (view.getUint16(at + BLOCK.type, true) === END_OF_CAPTURE) plaintext.set(bytesOf(file.digest()), at + BLOCK_HEADER_BYTES);
    file.update(plaintext.subarray(at, at + length));
    at += length;
  }
  file.release();
  return { opening, plaintext };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
