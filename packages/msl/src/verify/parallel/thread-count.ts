/** How many threads a verification gets. */
import { availableThreads } from "#threads";
import type { Source } from "../../source/source.js";
import { automaticThreads } from "../../threads/thread-count.js";

/** Starting workers costs as much time as hashing 30 to 50 MiB. */
const WORTHWHILE_BYTES = 64 * 1024 * 1024;

/** 1 where the runtime has no threads that can share memory. */
export function threadCount({ size, metered }: Source, requested: number | "auto" = "auto"): number {
  const available = availableThreads({ sharedMemory: true });
  if (available === 0) return 1;
  if (requested !== "auto") return requested;
  return size < WORTHWHILE_BYTES || metered === true ? 1 : automaticThreads(available);
}
