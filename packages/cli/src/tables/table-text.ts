/** Rows as lines whose columns stand below each other. */
import { flowed, hanging } from "../terminal/columns.js";
import { displayWidth, shortened } from "../terminal/display-width.js";
import { safeText } from "../terminal/safe-text.js";
import { type Column, isNumeric, shownCell } from "./column.js";

/** Rows that decide how wide columns are. A wider cell of a later row moves the rest of its line. */
const MEASURED_ROWS = 1000;
const GAP = "  ";
/** Columns before a line that goes on below. */
const FURTHER_INDENT = 4;
/** The least width that a column of names is shortened to. */
const LEAST_WIDTH = 4;

/** The columns that are shown for these rows. */
export function shownColumns<R>(columns: readonly Column<R>[], rows: readonly R[]): readonly Column<R>[] {
  return columns.filter(({ shown, value }) => {
    if (shown === "never") return false;
    return shown !== "ifAny" || rows.some((row) => ![undefined, false, "", 0].includes(value(row) as never));
  });
}

/**
 * The line of headings, then a line for each row, without line breaks. With `width`, the widest columns of names are shortened until a line has at most
 * so many columns of the terminal; addresses, numbers and words of the format are never shortened: the cells for which a line has no room go on below.
 */
export function* tableLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  width?: number,
): Generator<string, void, undefined> {
  const headings = columns.map(headingOf);
  const widths = headings.map(displayWidth);
  for (const row of rows.slice(0, MEASURED_ROWS)) {
    for (const [i, text] of cellsOf(columns, row).entries()) widths[i] = Math.max(widths[i] ?? 0, displayWidth(text));
  }
  const most = width === undefined ? undefined : fitted(columns, widths, width);
  yield lineOf(columns, most ? headings.map((text, i) => cut(columns[i], text, most[i] ?? 0)) : headings, most ?? widths, width);
  for (const row of rows) {
    const cells = cellsOf(columns, row);
    yield lineOf(columns, most ? cells.map((text, i) => cut(columns[i], text, most[i] ?? 0)) : cells, most ?? widths, width);
  }
}

/** The rows below each other, a line for each of their columns; with `width`, a text is continued below its first line. */
export function* verticalLines<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  width?: number,
): Generator<string, void, undefined> {
  const headings = columns.map(headingOf);
  const indent = Math.max(...headings.map(displayWidth)) + GAP.length;
  for (const [number, row] of rows.entries()) {
    if (number > 0) yield "";
    for (const [i, text] of cellsOf(columns, row).entries()) yield hanging((headings[i] ?? "").padEnd(indent), text, width);
  }
}

export function headingOf<R>({ name, shown }: Column<R>): string {
  return (typeof shown === "object" ? shown.heading : undefined) ?? name;
}

/** The widths with the widest columns of names made narrower, one column of the terminal at a time. */
function fitted<R>(columns: readonly Column<R>[], measured: readonly number[], width: number): number[] {
  const widths = [...measured];
  let over = widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1)) - width;
  while (over-- > 0) {
    let widest = -1;
    for (const [i, column] of columns.entries()) {
      if (isName(column) && (widths[i] ?? 0) > Math.max(LEAST_WIDTH, widths[widest] ?? 0)) widest = i;
    }
    // Cells go on below in any case, where names have room.
    if (widest < 0)
      return measured.map((one, i) => (columns[i] && isName(columns[i]) ? Math.min(one, width - FURTHER_INDENT) : one));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function cut<R>(column: Column<R> | undefined, text: string, width: number): string {
  return column && isName(column) ? shortened(text, width) : text;
}

/** Whether cells of the column may be shortened. */
function isName({ type, whole }: Pick<Column<never>, "type" | "whole">): boolean {
  return type === "text" && whole !== true;
}

function cellsOf<R>(columns: readonly Column<R>[], row: R): string[] {
  return columns.map((column) => safeText(shownCell(column, row)));
}

function lineOf<R>(
  columns: readonly Column<R>[],
  cells: readonly string[],
  widths: readonly number[],
  width: number | undefined,
): string {
  const last = cells.findLastIndex((text) => text !== "");
  const padded = columns.map((column, i) => {
    const text = cells[i] ?? "";
    if (i >= last && !isNumeric(column)) return text;
    const padding = " ".repeat(Math.max((widths[i] ?? 0) - displayWidth(text), 0));
    return isNumeric(column) ? `${padding}${text}` : `${text}${padding}`;
  });
  return flowed(padded, width);
}
