export type Row = readonly [left: string, right: string];

/** Formats rows as two columns for help texts; the left column is as wide as its longest entry. */
export function columns(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`).join("\n");
}
