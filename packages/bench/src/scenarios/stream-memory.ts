/** How much memory MslReader takes for a capture that passes by in 64 KiB chunks, above a Node process that does nothing. */
import { fileURLToPath } from "node:url";
import { bareNodePeak, peakOf } from "../peak-memory.js";
import type { Scenario } from "../scenario.js";

const READ_STREAM = fileURLToPath(new URL("../children/read-stream.js", import.meta.url));
const SIZES = [
  { label: "256 MiB", regions: 4 },
  { label: "2 GiB", regions: 32 },
] as const;
const MIB = 1024 * 1024;

export const streamMemory: Scenario = {
  name: "stream-memory",
  summary: "peak memory of MslReader over a stream, against bare Node",
  run() {
    const bare = bareNodePeak();
    const rows = SIZES.map(({ label, regions }) => {
      const peak = peakOf([READ_STREAM, String(regions)]);
      return `${label} in 64 KiB chunks: peak ${mib(peak)} MiB, ${mib(peak - bare)} MiB above bare Node`;
    });
    return [`bare Node ${process.version}: peak ${mib(bare)} MiB`, ...rows];
  },
};

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
