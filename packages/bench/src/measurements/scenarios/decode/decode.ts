/** Speed of decompression: decoders alone, and regions of a capture. */
import type { Scenario } from "../../scenario.js";
import { codecs } from "./codecs.js";
import { regions } from "./regions.js";

export const decode: Scenario = {
  name: "decode",
  summary: "zstd and LZ4 data and regions, against named peers",
  async *run(options) {
    yield* codecs(options);
    yield* regions(options);
  },
};
