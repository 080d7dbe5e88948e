/** How much memory a capture of a few kilobytes can take that decodes to much: under the default limit, and under one set for it. */
import { fileURLToPath } from "node:url";
import { expandingCapture } from "../fuzz/expanding-capture.js";
import { payloadLimitFor } from "../fuzz/payload-limit.js";
import { bareNodePeak, peakOf } from "../peak-memory.js";
import type { Scenario } from "../scenario.js";

const READ_BOMB = fileURLToPath(new URL("../children/read-bomb.js", import.meta.url));
const MIB = 1024 * 1024;
const CASES = [
  { kind: "region", size: 4 * MIB },
  { kind: "region", size: 64 * MIB },
  { kind: "rows", size: 4 * MIB },
  { kind: "rows", size: 64 * MIB },
] as const;

export const bombMemory: Scenario = {
  name: "bomb-memory",
  summary: "peak memory of small captures that decode to much, against bare Node",
  run() {
    const bare = bareNodePeak();
    return CASES.map(({ kind, size }) => {
      const bytes = expandingCapture(kind, size);
      const above = (limit: string) => ((peakOf([READ_BOMB, kind, String(size), limit]) - bare) / MIB).toFixed(1);
      const limit = payloadLimitFor(bytes);
      return (
        `${kind} of ${size / MIB} MiB in ${bytes.length} bytes: ${above("default")} MiB above bare Node under the default payloadLimit, ` +
        `${above(String(limit))} MiB under ${(limit / MIB).toFixed(1)} MiB`
      );
    });
  },
};
