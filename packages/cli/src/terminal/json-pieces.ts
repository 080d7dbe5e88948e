/**
 * A JSON document as pieces of text, which joined are the result of `safeJson`. A capture decides how many rows a document has: as one text,
 * a million rows would take hundreds of megabytes, and the event loop would not run while the text is made.
 */
import { safeJson } from "./safe-text.js";

/** Most values (names are not counted) of a part of the document that becomes text at once: about a millisecond of work. */
const VALUES_AT_ONCE = 4096;
/** Characters of a text, or bytes of an array, that count as one value. */
const CHARACTERS_PER_VALUE = 16;
/** Entries of a list that become text together, since one row is small. */
const ENTRIES_TOGETHER = 64;

/** A list of a document whose entries are made one after the other, while the document is written. */
export class JsonRows<T> {
  readonly #rows: Iterable<T>;
  readonly #jsonOf: (row: T) => unknown;

  constructor(rows: Iterable<T>, jsonOf: (row: T) => unknown) {
    this.#rows = rows;
    this.#jsonOf = jsonOf;
  }

  *[Symbol.iterator](): Generator<unknown, void, undefined> {
    for (const row of this.#rows) yield this.#jsonOf(row);
  }

  toJSON(): unknown[] {
    return [...this];
  }
}

export function* jsonPieces(value: unknown): Generator<string, void, undefined> {
  const shown = value instanceof JsonRows ? value : shownForm(value);
  if (typeof shown !== "object" || shown === null || valuesIn(shown) <= VALUES_AT_ONCE) yield safeJson(shown);
  else if (isList(shown)) yield* listPieces(shown);
  else {
    yield* membersPieces(shown);
    yield "}";
  }
}

function isList(value: object): value is Iterable<unknown> {
  return Array.isArray(value) || value instanceof JsonRows;
}

function* listPieces(list: Iterable<unknown>): Generator<string, void, undefined> {
  yield "[";
  let isFirst = true;
  for (const entries of together(list)) {
    if (!isFirst) yield ",";
    isFirst = false;
    if (valuesIn(entries) <= VALUES_AT_ONCE) yield safeJson(entries).slice(1, -1);
    else {
      for (const [i, entry] of entries.entries()) {
        if (i > 0) yield ",";
        // JSON.stringify also writes null for an undefined entry.
        yield* jsonPieces(entry === undefined ? null : entry);
      }
    }
  }
  yield "]";
}

/** The entries of a list in groups of `ENTRIES_TOGETHER`. */
function* together(list: Iterable<unknown>): Generator<unknown[], void, undefined> {
  let group: unknown[] = [];
  for (const entry of list) {
    group.push(entry);
    if (group.length < ENTRIES_TOGETHER) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The text of an object without its closing brace, so that other members may follow. The object has at least one member. */
export function* membersPieces(object: object): Generator<string, void, undefined> {
  let separator = "{";
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${separator}${safeJson(name)}:`;
    yield* jsonPieces(value);
    separator = ",";
  }
}

/** The result of the value's toJSON, if it has that method, as JSON.stringify uses it. */
function shownForm(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value) : value;
}

/** The number of values in a value; counting stops above `most`. */
function valuesIn(value: unknown, most = VALUES_AT_ONCE): number {
  if (typeof value === "string") return 1 + value.length / CHARACTERS_PER_VALUE;
  if (typeof value !== "object" || value === null) return 1;
  if (ArrayBuffer.isView(value)) return 1 + value.byteLength / CHARACTERS_PER_VALUE;
  let values = 1;
  for (const entry of isList(value) ? value : Object.values(value)) {
    values += valuesIn(entry, most - values);
    if (values > most) break;
  }
  return values;
}
