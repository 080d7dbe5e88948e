/** A table as a document of JSON, as lines of JSON, and as CSV: the texts that the commands print, and `extract` writes into files. */
import { safeJson } from "../terminal/safe-text.js";
import { rowJson, type Table } from "./column.js";
import { csvCells, csvLine } from "./csv.js";

/** The rows of a table of one file. */
export interface TableOfFile<R> {
  readonly table: Table<R>;
  readonly file: string;
  /** The rows that are listed; undefined to leave them out. */
  readonly rows: readonly R[] | undefined;
  /** The number of rows that there are. */
  readonly count: number;
  readonly problems: readonly string[];
}

/** The document `msl.NAME/1`, in pieces. */
export function* jsonTexts<R>({ table, file, rows, count, problems }: TableOfFile<R>): Generator<string, void, undefined> {
  yield safeJson(head(table, file)).slice(0, -1);
  if (rows) {
    yield `,"${table.list}":[`;
    let separator = "\n";
    for (const row of rows) {
      yield `${separator}${safeJson(rowJson(table.columns, row))}`;
      separator = ",\n";
    }
    yield "\n]";
  }
  yield `,${safeJson({ count, problems }).slice(1)}\n`;
}

/** A line for each row, then one with the count and the problems. */
export function* ndjsonTexts<R>({ table, file, rows, count, problems }: TableOfFile<R>): Generator<string, void, undefined> {
  for (const row of rows ?? []) yield `${safeJson({ ...head(table, file), ...rowJson(table.columns, row) })}\n`;
  yield `${safeJson({ ...head(table, file), count, problems })}\n`;
}

/** The line of headings. With `severalFiles`, the columns file and error stand first and last. */
export function csvHeading<R>({ columns }: Table<R>, severalFiles = false): string {
  const names = columns.map(({ name }) => name);
  return `${csvLine(severalFiles ? ["file", ...names, "error"] : names)}\n`;
}

/** A line for each row. `file`: the first cell, if there are several files. */
export function* csvTexts<R>(table: Table<R>, rows: readonly R[], file?: string): Generator<string, void, undefined> {
  for (const row of rows) {
    const cells = csvCells(table.columns, row);
    yield `${csvLine(file === undefined ? cells : [file, ...cells, ""])}\n`;
  }
}

function head<R>({ name }: Table<R>, file: string): object {
  return { schema: `msl.${name}/1`, file };
}
