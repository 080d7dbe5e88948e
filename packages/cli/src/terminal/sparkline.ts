/** Numbers as a row of bars, one character each. */

const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const ABSENT = "·";

/** `values`: 0 to `greatest`; undefined is a dot. */
export function sparkline(values: readonly (number | undefined)[], greatest: number): string {
  return values
    .map((value) => {
      if (value === undefined) return ABSENT;
      return BARS[Math.min(Math.max(Math.floor((value / greatest) * BARS.length), 0), BARS.length - 1)] ?? ABSENT;
    })
    .join("");
}
