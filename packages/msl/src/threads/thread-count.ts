/** How many threads "auto" is. */

/** Each takes about 10 MiB and more, and beyond this other things take time. */
const MOST_AUTOMATIC = 8;

/** What "auto" stands for where `available` threads can work at the same time. */
export function automaticThreads(available: number): number {
  return Math.max(1, Math.min(available, MOST_AUTOMATIC));
}
