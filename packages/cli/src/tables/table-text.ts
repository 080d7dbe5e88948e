/** Rows as lines whose columns stand below each other. */
import { safeText } from "../terminal/safe-text.js";
import { type Column, isNumeric, shownCell } from "./column.js";

/** Rows that decide how wide columns are. A wider cell of a later row moves the rest of its line. */
const MEASURED_ROWS = 1000;
const GAP = "  ";
/** Characters that take two columns of a terminal, and characters that take none. */
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u{ff01}-\u{ff60}]/gu;
const COMBINING = /\p{M}/gu;

/** The columns that are shown for these rows. */
export function shownColumns<R>(columns: readonly Column<R>[], rows: readonly R[]): readonly Column<R>[] {
  return columns.filter(({ shown, value }) => {
    if (shown === "never") return false;
    return shown !== "ifAny" || rows.some((row) => ![undefined, false, "", 0].includes(value(row) as never));
  });
}

/** The line of headings, then a line for each row, without line breaks. */
export function* tableLines<R>(columns: readonly Column<R>[], rows: readonly R[]): Generator<string, void, undefined> {
  const headings = columns.map(headingOf);
  const widths = headings.map(displayWidth);
  for (const row of rows.slice(0, MEASURED_ROWS)) {
    for (const [i, text] of cellsOf(columns, row).entries()) widths[i] = Math.max(widths[i] ?? 0, displayWidth(text));
  }
  yield lineOf(columns, headings, widths);
  for (const row of rows) yield lineOf(columns, cellsOf(columns, row), widths);
}

/** The rows below each other, a line for each of their columns, without line breaks. */
export function* verticalLines<R>(columns: readonly Column<R>[], rows: readonly R[]): Generator<string, void, undefined> {
  const headings = columns.map(headingOf);
  const width = Math.max(...headings.map(displayWidth));
  for (const [number, row] of rows.entries()) {
    if (number > 0) yield "";
    for (const [i, text] of cellsOf(columns, row).entries()) yield `${(headings[i] ?? "").padEnd(width)}${GAP}${text}`;
  }
}

/** Columns of a terminal that the text takes. */
function displayWidth(text: string): number {
  const characters = [...text].length;
  return characters + (text.match(WIDE)?.length ?? 0) - (text.match(COMBINING)?.length ?? 0);
}

export function headingOf<R>({ name, shown }: Column<R>): string {
  return (typeof shown === "object" ? shown.heading : undefined) ?? name;
}

function cellsOf<R>(columns: readonly Column<R>[], row: R): string[] {
  return columns.map((column) => safeText(shownCell(column, row)));
}

function lineOf<R>(columns: readonly Column<R>[], cells: readonly string[], widths: readonly number[]): string {
  return columns
    .map((column, i) => {
      const text = cells[i] ?? "";
      const padding = " ".repeat(Math.max((widths[i] ?? 0) - displayWidth(text), 0));
      return isNumeric(column) ? `${padding}${text}` : `${text}${padding}`;
    })
    .join(GAP)
    .trimEnd();
}
