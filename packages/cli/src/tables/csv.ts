/** Rows as comma-separated values (RFC 4180), with line feeds between them. */
import { safeText } from "../terminal/safe-text.js";
import { type Column, plain } from "./column.js";

/** Texts that spreadsheets take for formulas: a sign, also a full-width one, with something behind it. */
const FORMULA = /^[=+\-@＝＋－＠]./u;

/** The cells of a row as `rowJson` has them; empty where the row has none. */
export function csvCells<R>(columns: readonly Column<R>[], row: R): string[] {
  return columns.map(({ type, value }) => {
    const cell = value(row);
    return cell === undefined ? "" : String(plain(type, cell));
  });
}

/**
 * The line of the cells, without a line break. Characters that could control a terminal are escaped; quotes are doubled; an apostrophe stands before a text
 * that a spreadsheet would compute: names in a capture come from the process, which may be hostile.
 */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => {
      const escaped = safeText(cell);
      const text = FORMULA.test(escaped) ? `'${escaped}` : escaped;
      return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");
}
