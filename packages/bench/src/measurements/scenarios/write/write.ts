/** Speed and memory of writing captures, plain and compressed. */
import type { Scenario } from "../../scenario.js";
import { droppedCompressed, splitRegion } from "./compressed-in-threads.js";
import { compressedRegions } from "./compressed-regions.js";
import { droppedRegions } from "./dropped-regions.js";
import { peakMemory } from "./peak-memory.js";
import { plainRegions } from "./plain-regions.js";

export const write: Scenario = {
  name: "write",
  summary: "writing regions: plain against copies and hashes, compressed against named peers; memory",
  run: {
    memory: peakMemory,
    plain: plainRegions,
    dropped: droppedRegions,
    compressed: async function* (options) {
      yield* compressedRegions(options);
      // With little work, only the time of starting workers would be measured.
      if (!options.quick) yield* splitRegion();
      if (!options.quick) yield* droppedCompressed();
    },
  },
};
