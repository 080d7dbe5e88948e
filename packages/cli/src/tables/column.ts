/**
 * A table as it is stated once: its columns give the text for people, the rows of JSON and CSV, the schema (scripts/json-schemas.mjs) and the names
 * that help lists.
 */
import { addressText } from "../documents/place-text.js";
import { timeText } from "../terminal/quantity-text.js";

/** What a column holds. `decimal`: a u64. `hex`: a number of any width. `time`: nanoseconds since 1970-01-01 UTC, 0 unknown. */
type ColumnType = "text" | "count" | "decimal" | "address" | "hex" | "boolean" | "time";

/** The value of a cell; undefined where the row has none. */
export type Cell = string | number | bigint | boolean | undefined;

export interface Column<R> {
  /** The member in JSON, the heading in CSV, and the name that `--sort` takes. */
  readonly name: string;
  readonly type: ColumnType;
  readonly value: (row: R) => Cell;
  /** Whether rows may lack the value. */
  readonly optional?: true;
  /** Whether a text is shown as a whole on a narrow terminal, too: a hash, a word of the format, a place. Names and paths are shortened. */
  readonly whole?: true;
  /** In the table for people: another text, another heading, or no column at all. `ifAny`: only if a row has a value other than false, 0 and the empty text. */
  readonly shown?: { readonly heading?: string; readonly text?: (row: R) => string } | "never" | "ifAny";
}

/** `columns`: the last one may be of any width. */
export interface Table<R> {
  /** The command, and the document `msl.NAME/1`. */
  readonly name: string;
  /** The member of the document that holds the rows, which is also the word for rows. */
  readonly list: string;
  /** The description of the document in its schema. */
  readonly about: string;
  readonly columns: readonly Column<R>[];
  /** For people, each row is shown as lines with a heading and a value: for tables of one row or a few. */
  readonly vertical?: true;
}

/** What a capture has for a table. */
export interface TableContent<R> {
  readonly rows: readonly R[];
  /** Sentences about what could not be read: rows may be missing. */
  readonly problems: readonly string[];
}

/** The row as a JSON object. */
export function rowJson<R>(columns: readonly Column<R>[], row: R): Record<string, string | number | boolean> {
  const members: Record<string, string | number | boolean> = {};
  for (const { name, type, value } of columns) {
    const cell = value(row);
    if (cell !== undefined) members[name] = plain(type, cell);
  }
  return members;
}

/** The cell in the form that programs read. */
export function plain(type: ColumnType, cell: Exclude<Cell, undefined>): string | number | boolean {
  if (typeof cell !== "bigint") return cell;
  return type === "address" || type === "hex" ? addressText(cell) : String(cell);
}

/** The cell in the form that people read. */
export function shownCell<R>({ type, value, shown }: Column<R>, row: R): string {
  if (typeof shown === "object" && shown.text) return shown.text(row);
  const cell = value(row);
  if (cell === undefined || cell === "") return "-";
  if (typeof cell === "boolean") return cell ? "yes" : "";
  if (type === "address" || type === "hex") return addressText(BigInt(cell));
  if (type === "time") return timeText(BigInt(cell));
  return String(cell);
}

/** Whether the column holds numbers or addresses, which stand right-aligned. */
export function isNumeric({ type }: Pick<Column<never>, "type">): boolean {
  return type === "count" || type === "decimal" || type === "address";
}
