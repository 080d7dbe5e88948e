/** The protection of a region as /proc/PID/maps shows it. */

const BITS = [
  [1, "r"],
  [2, "w"],
  [4, "x"],
] as const;
const GUARD = 8;
const COPY_ON_WRITE = 16;

/** For example "rw-"; a g for guard pages and a c for copy on write follow. */
export function protectionText(protection: number): string {
  const letters = BITS.map(([bit, letter]) => ((protection & bit) === 0 ? "-" : letter)).join("");
  return `${letters}${(protection & GUARD) === 0 ? "" : "g"}${(protection & COPY_ON_WRITE) === 0 ? "" : "c"}`;
}
