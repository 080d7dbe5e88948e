const NS_PER_MS = 1_000_000n;

/** Nanoseconds since 1970-01-01 UTC as a time; 0 is unknown. Any u64 fits a Date. */
export function timeText(ns: bigint): string {
  if (ns === 0n) return "unknown time";
  return new Date(Number(ns / NS_PER_MS)).toISOString().replace("T", " ").replace("Z", " UTC");
}
