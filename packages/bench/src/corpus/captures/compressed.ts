/** Captures for every compression that the format has. */

import { modules, processIdentity, recipe, region, someMemory } from "../process.js";
import type { CaptureKind } from "../recipe.js";

const ALGORITHMS = [
  ["zstd", "zstd"],
  ["zstd-fast", "zstd, searched quickly"],
  ["lz4", "LZ4"],
] as const;

export const COMPRESSED: readonly CaptureKind[] = [
  ...ALGORITHMS.map(([compression, title]) => ({
    name: compression,
    about: `memory regions compressed with ${title}`,
    features: ["compressed"],
    recipe: (facts: Parameters<CaptureKind["recipe"]>[0]) =>
      recipe(facts, () => [
        processIdentity(facts),
        ...modules(facts, 3),
        ...someMemory(facts, compression),
        region(facts, 512, { compression }),
      ]),
  })),
  {
    name: "compressed-mixed",
    about: "plain regions and compressed ones of both algorithms by turns",
    features: ["compressed"],
    recipe: (facts) =>
      recipe(facts, () => [
        processIdentity(facts),
        ...modules(facts, 3),
        ...someMemory(facts, "lz4"),
        ...someMemory(facts),
        ...someMemory(facts, "zstd"),
      ]),
  },
];
