/** How fast captures are written, plain and compressed, and how much memory that takes. */
import type { Scenario } from "../../scenario.js";
import { compressedRegions } from "./compressed-regions.js";
import { inThreads } from "./in-threads.js";
import { nativeHash } from "./native-hash.js";
import { peakMemory } from "./peak-memory.js";
import { plainRegions } from "./plain-regions.js";

export const write: Scenario = {
  name: "write",
  summary: "writing regions: plain against a copy and a hash, compressed against named peers; memory",
  async *run(options) {
    // First, while this process is small: a child's peak is never counted below what its parent had when it was started.
    yield* peakMemory(options);
    yield* plainRegions(options);
    yield* nativeHash(options);
    yield* compressedRegions(options);
    // With little work, starting workers is all that would be seen.
    if (!options.quick) yield* inThreads();
  },
};
