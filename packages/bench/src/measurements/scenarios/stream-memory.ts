/** Memory that MslReader takes for a capture that arrives in 64 KiB chunks, in addition to that of a Node process that does nothing. */
import { fileURLToPath } from "node:url";
import { bareNodePeak, peakOf } from "../../processes/peak-memory.js";
import type { Scenario } from "../scenario.js";

const READ_STREAM = fileURLToPath(new URL("../children/read-stream.js", import.meta.url));
const QUICK_SIZES = [{ label: "64 MiB", regions: 1 }] as const;
const SIZES = [
  { label: "256 MiB", regions: 4 },
  { label: "2 GiB", regions: 32 },
] as const;
const MIB = 1024 * 1024;

export const streamMemory: Scenario = {
  name: "stream-memory",
  summary: "peak memory of MslReader over a stream, against bare Node",
  *run({ quick }) {
    const bare = bareNodePeak();
    yield { kind: "figure", title: "peak of bare Node", value: bare / MIB, unit: "MiB" };
    for (const { label, regions } of quick ? QUICK_SIZES : SIZES) {
      const peak = peakOf([READ_STREAM, String(regions)]);
      yield { kind: "figure", title: `${label} in 64 KiB chunks: peak`, value: peak / MIB, unit: "MiB" };
      yield { kind: "figure", title: `${label} in 64 KiB chunks: above bare Node`, value: (peak - bare) / MIB, unit: "MiB" };
    }
  },
};
