/** Sizes and times as text for people. */
import { counted } from "@memslice/msl/work";

export { counted } from "@memslice/msl/work";

const UNITS = ["", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;
const NS_PER_MS = 1_000_000n;

/** The least number that is written as 1024 with the digits of `byteText`, and is 1 of the next unit. */
const NEXT_UNIT = 1023.5;

/** A number of bytes with three digits and a binary unit; all four digits from 1000 to 1023. */
export function byteText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= NEXT_UNIT && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return counted(Math.round(value), "bytes");
  return `${value.toPrecision(value >= 1000 ? 4 : 3)} ${UNITS[unit]}`;
}

/** A time in nanoseconds since 1970-01-01 UTC as text; 0 means unknown. A Date can hold the milliseconds of any u64. */
export function timeText(ns: bigint): string {
  if (ns === 0n) return "unknown time";
  return new Date(Number(ns / NS_PER_MS)).toISOString().replace("T", " ").replace("Z", " UTC");
}
