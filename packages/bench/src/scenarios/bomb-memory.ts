/** How much memory a capture of a few kilobytes can take that decodes to much: under the default limit, and under one set for it. */
import { fileURLToPath } from "node:url";
import { expandingCapture } from "../fuzz/expanding-capture.js";
import { payloadLimitFor } from "../fuzz/payload-limit.js";
import { bareNodePeak, peakOf } from "../harness/peak-memory.js";
import type { Scenario } from "../scenario.js";

const READ_BOMB = fileURLToPath(new URL("../children/read-bomb.js", import.meta.url));
const MIB = 1024 * 1024;
const LARGE = 64 * MIB;
const CASES = [
  { kind: "region", size: 4 * MIB },
  { kind: "region", size: LARGE },
  { kind: "rows", size: 4 * MIB },
  { kind: "rows", size: LARGE },
] as const;

export const bombMemory: Scenario = {
  name: "bomb-memory",
  summary: "peak memory of small captures that decode to much, against bare Node",
  *run({ quick }) {
    const bare = bareNodePeak();
    for (const { kind, size } of quick ? CASES.filter(({ size }) => size < LARGE) : CASES) {
      const bytes = expandingCapture(kind, size);
      const limit = payloadLimitFor(bytes);
      for (const [name, given] of [
        ["the default payloadLimit", "default"],
        [`a payloadLimit of ${(limit / MIB).toFixed(1)} MiB`, String(limit)],
      ] as const) {
        const title = `${kind} of ${size / MIB} MiB in ${bytes.length} bytes under ${name}: above bare Node`;
        yield { kind: "figure", title, value: (peakOf([READ_BOMB, kind, String(size), given]) - bare) / MIB, unit: "MiB" };
      }
    }
  },
};
