/** One case of the fuzzer: a sample and its mutations, all drawn from seed and run number. */
import { Random } from "../captures/random.js";
import { assemble } from "../captures/specimen.js";
import type { Corpus } from "./corpus.js";
import type { Mutator } from "./mutator.js";
import { FIELD_MUTATORS, SIZE_MUTATORS } from "./mutators/block-fields.js";
import { BYTE_MUTATORS } from "./mutators/bytes.js";
import { COMPRESSION_MUTATORS } from "./mutators/compression.js";
import { FRAMING_MUTATORS } from "./mutators/framing.js";
import { NEIGHBOUR_MUTATORS } from "./mutators/neighbours.js";
import { RECHAIN } from "./mutators/rechain.js";
import { REGION_MUTATORS } from "./mutators/regions.js";

/** The order is part of what seed and run number draw: changing it changes every case. */
export const MUTATORS: readonly Mutator[] = [
  ...BYTE_MUTATORS,
  ...FIELD_MUTATORS,
  ...SIZE_MUTATORS,
  ...FRAMING_MUTATORS,
  ...COMPRESSION_MUTATORS,
  ...REGION_MUTATORS,
  ...NEIGHBOUR_MUTATORS,
  RECHAIN,
];

export interface Mutant {
  readonly sample: string;
  readonly mutators: readonly string[];
  readonly bytes: Uint8Array;
}

const MOST_MUTATIONS = 8;
/** A mutant is cut to this size, since mutations that repeat parts would make runs slower and slower. */
const LARGEST_BYTES = 256 * 1024;

export function makeMutant(corpus: Corpus, seed: number, run: number): Mutant {
  const random = new Random(seed, run);
  const { name, specimen } = corpus.draw(random);
  const donor = () => corpus.draw(random).specimen;
  const mutators: string[] = [];
  for (let left = 1 + random.nearStart(MOST_MUTATIONS); left > 0; left--) {
    const mutator = drawMutator(random);
    mutator.mutate(specimen, random, donor);
    mutators.push(mutator.name);
  }
  return { sample: name, mutators, bytes: assemble(specimen).slice(0, LARGEST_BYTES) };
}

const WEIGHT_OF_ALL = MUTATORS.reduce((sum, { weight }) => sum + weight, 0);

function drawMutator(random: Random): Mutator {
  let drawn = random.below(WEIGHT_OF_ALL);
  for (const mutator of MUTATORS) {
    drawn -= mutator.weight;
    if (drawn < 0) return mutator;
  }
  return random.pick(MUTATORS);
}
