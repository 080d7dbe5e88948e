/** Speed and memory of writing captures, plain and compressed. */
import type { Scenario } from "../../scenario.js";
import { compressedInThreads, compressedRegions } from "./compressed-regions.js";
import { peakMemory } from "./peak-memory.js";
import { nativeHash, plainRegions } from "./plain-regions.js";

export const write: Scenario = {
  name: "write",
  summary: "writing regions: plain against a copy and a hash, compressed against named peers; memory",
  async *run(options) {
    // Runs first, while this process is small: a system may count its memory at the fork as part of the child's peak.
    yield* peakMemory(options);
    yield* plainRegions(options);
    yield* nativeHash(options);
    yield* compressedRegions(options);
    // With little work, only the time of starting workers would be measured.
    if (!options.quick) yield* compressedInThreads();
  },
};
