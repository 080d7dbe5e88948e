/** Small, sound captures of a live process. */

import { keyHint, modules, processIdentity, RegionType, recipe, region, relatedDump, someMemory } from "../process.js";
import type { CaptureKind } from "../recipe.js";

export const MINIMAL: CaptureKind = {
  name: "minimal",
  about: "a live capture without modules and memory: the least that conforms",
  recipe: (facts) => recipe(facts, () => [processIdentity(facts), ...modules(facts, 0)]),
};

export const PLAIN: CaptureKind = {
  name: "plain",
  about: "a live capture: modules, memory, key hints, a related dump; BlockCount is announced",
  recipe(facts) {
    const blocks = () => {
      const heap = region(facts, 64, { regionType: RegionType.heap, hasKeyHints: true });
      const lead = [processIdentity(facts), ...modules(facts, 9)];
      return [
        ...lead,
        heap,
        ...someMemory(facts),
        keyHint(facts, heap, 0x1230),
        keyHint(facts, heap, 0x2_0008),
        relatedDump(facts),
      ];
    };
    return recipe(facts, blocks, { announcesCount: true });
  },
};

/** HashAlgo values other than 0 (BLAKE3), which all other captures have. */
const HASHES = [
  [1, "sha256", "SHA-256"],
  [2, "sha512-256", "SHA-512/256"],
] as const;

export const HASH_ALGORITHMS: readonly CaptureKind[] = HASHES.map(([hashAlgo, name, title]) => ({
  name: `hash-${name}`,
  about: `the chain and FileHash are of ${title}`,
  recipe: (facts) =>
    recipe(facts, () => [processIdentity(facts), ...modules(facts, 3), ...someMemory(facts)], { header: { hashAlgo } }),
}));
