/** The captures that mutations start from. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MslError, MslSliceReader, type SliceBlock } from "@memslice/msl";
import type { Random } from "../captures/random.js";
import { dissect, type Specimen } from "../captures/specimen.js";
import { formsOf } from "./forms.js";

export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Place {
  readonly sample: Sample;
  readonly block: number;
}

export class Corpus {
  readonly samples: readonly Sample[];
  /** Where each payload kind in each of its forms can be found; some have a thousand places, others one. */
  readonly #places: readonly (readonly Place[])[];

  constructor(samples: readonly Sample[]) {
    this.samples = samples;
    const places = new Map<string, Place[]>();
    for (const sample of samples) {
      for (const block of blocksOf(sample)) {
        const key = describe(block);
        places.set(key, [...(places.get(key) ?? []), { sample, block: block.index }]);
      }
    }
    this.#places = [...places.values()];
  }

  /** Any sample, or one with a block of a kind and form drawn before it, which mutations then prefer. */
  draw(random: Random): { readonly name: string; readonly specimen: Specimen } {
    if (this.#places.length === 0 || random.oneIn(4)) {
      const { name, bytes } = random.pick(this.samples);
      return { name, specimen: dissect(bytes) };
    }
    const { sample, block } = random.pick(random.pick(this.#places));
    const specimen = dissect(sample.bytes);
    return { name: sample.name, specimen: { ...specimen, focus: specimen.blocks[block] } };
  }
}

/** The blocks of a sample; none of one that readers refuse. */
function blocksOf({ bytes }: Sample): SliceBlock[] {
  try {
    return [...new MslSliceReader(bytes)];
  } catch (error) {
    if (error instanceof MslError) return [];
    throw error;
  }
}

function describe(block: SliceBlock): string {
  const result = block.decode();
  return [result.payload?.kind ?? result.problem?.id, ...formsOf(block, result)].join(" ");
}

/** Every capture of a folder and those in it, by name. Throws when there is none. */
export function loadCorpus(folder: string): Corpus {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".msl"))
    .sort();
  if (names.length === 0) throw new Error(`There are no captures (*.msl) in ${folder}`);
  return new Corpus(names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) })));
}
