/** Changes the order and number of blocks, and truncates captures. */

import type { Random } from "../../captures/random.js";
import { assemble, dissect, joined, type Specimen } from "../../captures/specimen.js";
import type { Mutator } from "../mutator.js";

const BLOCK_START = new TextEncoder().encode("MSLC");

function replaceBy(specimen: Specimen, bytes: Uint8Array): void {
  Object.assign(specimen, dissect(bytes));
}

/** An offset at a block's border, inside a block's header, or anywhere. */
function cutPoint({ header, blocks }: Specimen, size: number, random: Random): number {
  if (random.oneIn(2)) return random.below(size);
  const before = blocks.slice(0, random.below(blocks.length + 1));
  const border = header.length + before.reduce((sum, { length }) => sum + length, 0);
  return Math.max(0, border + random.pick([-1, 0, 1, 4, 12, 79, 80, 81, 112, 120]));
}

function insertAt(blocks: Uint8Array[], block: Uint8Array | undefined, random: Random): void {
  if (block) blocks.splice(random.below(blocks.length + 1), 0, block.slice());
}

export const FRAMING_MUTATORS: readonly Mutator[] = [
  {
    name: "truncate",
    weight: 3,
    mutate(specimen, random) {
      const bytes = assemble(specimen);
      replaceBy(specimen, bytes.subarray(0, cutPoint(specimen, bytes.length, random)));
    },
  },
  {
    name: "extend",
    weight: 2,
    mutate(specimen, random) {
      const length = 1 + random.nearStart(4096);
      const rest = random.pick([new Uint8Array(length), random.bytes(length), joined([BLOCK_START, random.bytes(length)])]);
      specimen.tail = joined([specimen.tail, rest]);
    },
  },
  {
    name: "duplicate-block",
    weight: 2,
    mutate({ blocks }, random) {
      if (blocks.length > 0) insertAt(blocks, random.pick(blocks), random);
    },
  },
  {
    name: "remove-block",
    weight: 2,
    mutate({ blocks }, random) {
      blocks.splice(random.below(blocks.length), 1);
    },
  },
  {
    name: "move-block",
    weight: 2,
    mutate({ blocks }, random) {
      insertAt(blocks, blocks.splice(random.below(blocks.length), 1)[0], random);
    },
  },
  {
    name: "splice-block",
    weight: 4,
    mutate({ blocks }, random, donor) {
      const others = donor().blocks;
      if (others.length > 0) insertAt(blocks, random.pick(others), random);
    },
  },
  {
    name: "splice-rest",
    weight: 1,
    mutate(specimen, random, donor) {
      const other = donor();
      const kept = specimen.blocks.slice(0, random.below(specimen.blocks.length + 1));
      specimen.blocks = [...kept, ...other.blocks.slice(random.below(other.blocks.length + 1))];
      specimen.tail = other.tail;
    },
  },
];
