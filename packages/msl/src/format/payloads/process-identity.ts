import { layout, lengthOf, text, u32, u64, zeros } from "../layout/fields.js";

/** Process Identity 0x0040: who the captured process is. Times in nanoseconds since 1970-01-01 UTC, 0 unknown. */
export const PROCESS_IDENTITY = layout("ProcessIdentity", [
  u32("ppid"),
  u32("sessionId"),
  u64("startTimeNs"),
  lengthOf("exePath", 2),
  lengthOf("cmdLine", 2),
  zeros(4),
  text("exePath"),
  text("cmdLine"),
]);
