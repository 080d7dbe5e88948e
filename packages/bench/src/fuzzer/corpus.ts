/** The sample captures that are mutated. */
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
  /** The places of each payload kind in each of its forms; a list may have a thousand places or a single one. */
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

  /** Draws any sample, or first a kind and form and then a sample with such a block, which mutations then prefer. */
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

/** The blocks of a sample; empty if readers refuse it. */
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

/** Loads every capture of a folder and its subfolders, sorted by name. Throws an `Error` if there is none. */
export function loadCorpus(folder: string): Corpus {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".msl"))
    .sort();
  if (names.length === 0) throw new Error(`There are no captures (*.msl) in ${folder}`);
  return new Corpus(names.map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) })));
}
