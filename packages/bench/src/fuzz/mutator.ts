import type { Random } from "../random.js";
import { blockType, type Specimen } from "./specimen.js";

/** One way to damage a capture. */
export interface Mutator {
  readonly name: string;
  /** How often it is taken, relative to the others. */
  readonly weight: number;
  /** Changes the specimen, or leaves it alone where it has nothing that this mutator works on. `donor`: another capture. */
  mutate(specimen: Specimen, random: Random, donor: () => Specimen): void;
}

/** A mutator that works on one block; which one is drawn. The returned block takes its place. */
export function ofBlock(
  name: string,
  weight: number,
  mutateBlock: (block: Uint8Array, random: Random, donor: () => Specimen) => Uint8Array | undefined,
): Mutator {
  return {
    name,
    weight,
    mutate(specimen, random, donor) {
      const block = drawBlock(specimen, random);
      const changed = block && mutateBlock(block, random, donor);
      if (!block || !changed) return;
      specimen.blocks[specimen.blocks.indexOf(block)] = changed;
      if (block === specimen.focus) specimen.focus = changed;
    },
  };
}

/** Types first: a capture with a thousand modules has other blocks too. */
function drawBlock({ blocks, focus }: Specimen, random: Random): Uint8Array | undefined {
  if (focus && blocks.includes(focus) && !random.oneIn(3)) return focus;
  if (blocks.length === 0) return undefined;
  const type = random.pick([...new Set(blocks.map(blockType))]);
  return random.pick(blocks.filter((block) => blockType(block) === type));
}
