/** Makes a capture with a defect: its bytes, and the values that readers are expected to find. */
import { BytesSink } from "@memslice/msl";
import { assemble, dissect } from "../captures/specimen.js";
import { rechain } from "../fuzzer/mutators/rechain.js";
import { walkOver } from "./byte-walk.js";
import { ENC_RAW } from "./captures/encrypted.js";
import { BASE } from "./defects/base.js";
import type { Defect } from "./defects/defect.js";
import type { SealedDefect } from "./defects/unauthentic.js";
import { type Expectation, expectationOf } from "./expectation.js";
import { digestOf } from "./hashes.js";
import { plainIntegrity, UNAUTHENTIC } from "./integrity.js";
import { type CorpusOptions, makeCapture, recipeOf, WRITER } from "./make-capture.js";
import { type Manifest, manifestOf } from "./manifest.js";
import { writeRecipe } from "./write-recipe.js";

export interface DamagedCapture {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** A sound capture to which defects are applied. */
export interface SoundBase {
  readonly bytes: Uint8Array;
  readonly expected: Expectation;
}

export async function soundBase(options: CorpusOptions): Promise<SoundBase> {
  const recipe = await recipeOf(BASE, options);
  const sink = new BytesSink();
  const regions = await writeRecipe(recipe, sink);
  return { bytes: sink.bytes(), expected: expectationOf(recipe, regions) };
}

/** Throws an `Error` if verifying the damaged bytes does not give the verdict that the defect names. */
export function damaged(base: SoundBase, defect: Defect, seed: number): DamagedCapture {
  const { name, about, features, verdict, rechainedFrom } = defect;
  const capture = dissect(base.bytes);
  defect.damage?.(capture);
  if (rechainedFrom !== undefined) rechain(capture, capture.blocks.length, rechainedFrom);
  const whole = assemble(capture);
  const bytes = defect.cutTo ? whole.slice(0, defect.cutTo(capture)) : whole;
  const expected = structuredClone(base.expected);
  defect.expect?.(expected, capture);
  const walk = walkOver(bytes, 0);
  const integrity = plainIntegrity(walk);
  if (integrity.verdict !== verdict) throw new Error(`${name}: what was made is ${integrity.verdict}, expected ${verdict}`);
  const { size, fileBlake3 } = walk;
  const facts = { name, size, fileBlake3, writer: WRITER, notes: [about], features, seed, secrets: null };
  return { bytes, manifest: manifestOf(facts, expected, walk, integrity) };
}

/** Makes the sound encrypted capture, which is also part of the corpus. */
export async function sealedBase(options: CorpusOptions): Promise<DamagedCapture> {
  const sink = new BytesSink();
  const manifest = await makeCapture(ENC_RAW, options, sink);
  return { bytes: sink.bytes(), manifest };
}

/** Makes an encrypted capture whose tag does not match. Its manifest has no blocks, since readers must reveal nothing of it. */
export function unauthentic(base: DamagedCapture, { name, about, damage }: SealedDefect): DamagedCapture {
  const bytes = damage(base.bytes);
  const manifest = {
    ...base.manifest,
    name,
    file: `${name}.msl`,
    size: bytes.length,
    fileBlake3: digestOf(bytes),
    notes: [about],
    features: ["aead-fail"],
    blocks: [],
    integrity: UNAUTHENTIC,
  };
  return { bytes, manifest };
}
