/** How fast captures are indexed, page maps read and payloads decompressed. */
import type { Scenario } from "../../scenario.js";
import { codecs } from "./codecs.js";
import { indexing } from "./indexing.js";
import { pageRuns } from "./page-runs.js";
import { regions } from "./regions.js";

export const decode: Scenario = {
  name: "decode",
  summary: "indexing small blocks, runs of page maps, zstd and LZ4 data and regions, against named peers",
  async *run(options) {
    yield* indexing(options);
    yield* pageRuns(options);
    yield* codecs(options);
    yield* regions(options);
  },
};
