/** How many threads a caller may ask for. */
import { MslError } from "../errors.js";

/** Each takes about 10 MiB and more, and beyond this other things take time. */
const MOST_AUTOMATIC = 8;
const MOST = 64;

/** What "auto" stands for where `available` threads can work at the same time. */
export function automaticThreads(available: number): number {
  return Math.max(1, Math.min(available, MOST_AUTOMATIC));
}

/** Throws `usage` for anything but "auto" and 1 to 64. */
export function requireThreads(requested: number | "auto"): void {
  if (requested === "auto" || (Number.isInteger(requested) && requested >= 1 && requested <= MOST)) return;
  throw new MslError("usage", `threads is ${String(requested)}, expected "auto" or an integer from 1 to ${MOST}`);
}
