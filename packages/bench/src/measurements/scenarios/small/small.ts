import type { Scenario } from "../../scenario.js";
import { decodingCapture, decodingSlice, decodingStream } from "./decoding.js";
import { pageStates } from "./page-states.js";
import { transcodingModules } from "./transcoding.js";
import { writingModules } from "./writing.js";

export const small: Scenario = {
  name: "small",
  summary: "many small blocks: decoding against a decoder written by hand, writing, transcoding; page states in bulk",
  run: {
    slice: decodingSlice,
    stream: decodingStream,
    capture: decodingCapture,
    write: writingModules,
    transcode: transcodingModules,
    pages: pageStates,
  },
};
