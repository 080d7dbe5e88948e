/** Rows as comma-separated values (RFC 4180), with line feeds between them. */
import { safeText } from "../terminal/safe-text.js";
import { type Column, plain } from "./column.js";

/** The cells of a row as `rowJson` has them; empty where the row has none. */
export function csvCells<R>(columns: readonly Column<R>[], row: R): string[] {
  return columns.map(({ type, value }) => {
    const cell = value(row);
    return cell === undefined ? "" : String(plain(type, cell));
  });
}

/** The line of the cells, without a line break. Characters that could control a terminal are escaped; quotes are doubled. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => {
      const text = safeText(cell);
      return /[",]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(",");
}
