/** How many threads a verification gets. */
import { availableThreads } from "#threads";
import { MslError } from "../../errors.js";
import type { Source } from "../../source/source.js";

/** Starting workers costs as much time as hashing 30 to 50 MiB. */
const WORTHWHILE_BYTES = 64 * 1024 * 1024;
/** Each costs about 10 MiB; beyond this, reading is what takes time. */
const MOST_AUTOMATIC = 8;
const MOST = 64;

/** 1 where the runtime has no threads. Throws `usage` for anything but "auto" and 1 to 64. */
export function threadCount({ size, metered }: Source, requested: number | "auto" = "auto"): number {
  if (requested !== "auto" && !(Number.isInteger(requested) && requested >= 1 && requested <= MOST)) {
    throw new MslError("usage", `threads is ${String(requested)}, expected "auto" or an integer from 1 to ${MOST}`);
  }
  const available = availableThreads();
  if (available === 0) return 1;
  if (requested !== "auto") return requested;
  return size < WORTHWHILE_BYTES || metered === true ? 1 : Math.max(1, Math.min(available, MOST_AUTOMATIC));
}
