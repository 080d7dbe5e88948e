/** Sizes and times as text for people. */

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const NS_PER_MS = 1_000_000n;

/** A number of bytes with three digits and a binary unit; all four digits from 1000 to 1023. */
export function byteText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${Math.round(value)} ${UNITS[0]}` : `${value.toPrecision(value >= 1000 ? 4 : 3)} ${UNITS[unit]}`;
}

/** A time in nanoseconds since 1970-01-01 UTC as text; 0 means unknown. A Date can hold the milliseconds of any u64. */
export function timeText(ns: bigint): string {
  if (ns === 0n) return "unknown time";
  return new Date(Number(ns / NS_PER_MS)).toISOString().replace("T", " ").replace("Z", " UTC");
}
