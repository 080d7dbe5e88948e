/** Steps of a decoder for lists, and the work over long ones: the first entries are decoded at once, the others in slices. */

import { rowsOf, type ValuesClass } from "../../json/layout-json.js";
import { ENTRIES_PER_YIELD, runAtOnce, type SlicedWork, UNITS_PER_ENTRY } from "../../sliced-work.js";
import { type Cursor, PayloadProblem } from "./cursor.js";
import type { FieldOf, Step, Values } from "./field-steps.js";
import type { Layout } from "./fields.js";

/** Runs the steps from number `from` on; returns the work that is left where a list is long. */
export function runSteps(steps: readonly Step[], cursor: Cursor, values: Values, from = 0): SlicedWork<void> | undefined {
  for (let i = from; i < steps.length; i++) {
    const rest = steps[i]?.(cursor, values);
    if (rest) return restOfSteps(rest, steps, cursor, values, i + 1);
  }
  return undefined;
}

function* restOfSteps(
  rest: SlicedWork<void>,
  steps: readonly Step[],
  cursor: Cursor,
  values: Values,
  next: number,
): SlicedWork<void> {
  yield* rest;
  yield* runSteps(steps, cursor, values, next) ?? [];
}

/** Decodes an entry or row, which is small. */
function runAllSteps(steps: readonly Step[], cursor: Cursor, values: Values): void {
  const rest = runSteps(steps, cursor, values);
  if (rest) runAtOnce(rest);
}

/** A list that is being decoded. */
interface List {
  readonly cursor: Cursor;
  readonly entries: Values[];
  /** Entries that were taken out of `entries` (`Cursor.takeEntries`). */
  taken: number;
  /** Entries that the payload announces; undefined for a list that ends where the payload does. */
  readonly count: number | undefined;
  /** Bytes from one entry to the next, or 0 if entries are as long as their fields; `least`: the fewest bytes of an entry. */
  readonly stride: number;
  readonly least: number;
  /** The most entries that the bytes left have room for. */
  readonly most: number;
  /** `cursor.end` between the entries. */
  readonly end: number;
}

/** Decodes entries until the list ends, or holds a multiple of `ENTRIES_PER_YIELD`: then it returns true, and it is time to pause. */
type DecodeSome = (list: List) => boolean;

function* restOfList(decodeSome: DecodeSome, list: List): SlicedWork<void> {
  do {
    const { cursor, entries } = list;
    if (cursor.takeEntries) {
      cursor.takeEntries(entries);
      list.taken += entries.length;
      entries.length = 0;
    }
    yield ENTRIES_PER_YIELD * UNITS_PER_ENTRY;
  } while (decodeSome(list));
}

/** `steps` and `EntryValues`: of an entry. */
export function entriesStep(field: FieldOf<"entries">, steps: readonly Step[], EntryValues: ValuesClass): Step {
  const { name, layout, rule } = field;
  const decodeSome: DecodeSome = (list) => {
    const { cursor, entries, count, stride } = list;
    const wanted = Math.min(count ?? list.most, list.most);
    while (list.taken + entries.length < wanted && (count !== undefined || !endsHere(cursor, layout))) {
      requireBelowLimit(list, name);
      const entry = new EntryValues();
      const next = cursor.at + stride;
      if (stride > 0) cursor.end = next;
      runAllSteps(steps, cursor, entry);
      if (stride > 0) {
        cursor.at = next;
        cursor.end = list.end;
      }
      if (entries.push(entry) % ENTRIES_PER_YIELD === 0) return true;
    }
    if (count === undefined || count <= list.most) return false;
    const message = `${rule.count} is ${count}, but the payload has room for at most ${list.most} entries of ${list.least} bytes`;
    throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message, [count, list.most, "entries"]);
  };
  return (cursor, values) => {
    const entries: Values[] = [];
    values[name] = entries;
    const count = rule.count === undefined ? undefined : Number(values[rule.count]);
    const stride = rule.stride === undefined ? 0 : Number(values[rule.stride]);
    if (count !== undefined && count > 0 && cursor.remaining === 0 && rule.absent !== undefined) {
      const message = `${rule.count} is ${count}, but the payload holds no entries`;
      cursor.reporter.add({ id: rule.absent, message, offset: cursor.at, field: name });
      return undefined;
    }
    const least = requireStride(stride, layout, name, cursor);
    const most = Math.floor(cursor.remaining / least);
    const list = { cursor, entries, taken: 0, count, stride, least, most, end: cursor.end };
    return decodeSome(list) ? restOfList(decodeSome, list) : undefined;
  };
}

function requireBelowLimit({ entries, taken, cursor }: List, name: string): void {
  const { entryLimit, at } = cursor;
  const length = taken + entries.length;
  if (length < entryLimit) return;
  const message = `${name} goes on behind ${length} entries, which is the limit (entryLimit)`;
  throw new PayloadProblem("CMP-LIMIT", at, name, message, [`more than ${length} entries`, entryLimit]);
}

/** Bytes from one entry to the next, at least the fixed part of an entry: less would mean no progress. */
function requireStride(stride: number, layout: Layout, name: string, cursor: Cursor): number {
  if (stride === 0) return layout.minimumSize;
  if (stride >= layout.minimumSize) return stride;
  const message = `Entries of ${stride} bytes cannot hold a ${layout.name}, which has at least ${layout.minimumSize}`;
  throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message, [stride, layout.minimumSize]);
}

/** Lists without a count end before their padding: where the next entry would begin with a u16 of 0, or does not fit. */
function endsHere({ bytes, at, remaining }: Cursor, layout: Layout): boolean {
  return remaining < layout.minimumSize || (bytes[at] === 0 && bytes[at + 1] === 0);
}

/** RowType and RowLen. */
export const ROW_HEAD_BYTES = 3;

/** `bodies`: the steps of the bodies by row type. */
export function rowsStep(field: FieldOf<"rows">, bodies: Readonly<Record<number, readonly Step[]>>): Step {
  const { name, count: countField } = field;
  const UnknownRow = rowsOf(undefined);
  const classes = Object.fromEntries(Object.entries(field.bodies).map(([type, body]) => [type, rowsOf(body)]));
  const decodeSome: DecodeSome = (list) => {
    const { cursor, entries, count = 0, end } = list;
    while (list.taken + entries.length < count) {
      if (cursor.remaining < ROW_HEAD_BYTES) {
        const rows = list.taken + entries.length;
        const message = `${countField} is ${count}, but the payload ends after ${rows} rows`;
        throw new PayloadProblem("STR-OVERRUN", cursor.at, name, message, [count, rows, "rows"]);
      }
      requireBelowLimit(list, name);
      const rowType = cursor.uint(1, "rowType");
      const length = cursor.uint(2, "rowLen");
      const start = cursor.advance(length, name);
      const row = decodeRow(rowType, bodies[rowType], classes[rowType] ?? UnknownRow, cursor, start);
      cursor.at = start + length;
      cursor.end = end;
      if (entries.push(row) % ENTRIES_PER_YIELD === 0) return true;
    }
    return false;
  };
  return (cursor, values) => {
    const entries: Values[] = [];
    values[name] = entries;
    const count = Number(values[countField]);
    const list = { cursor, entries, taken: 0, count, stride: 0, least: ROW_HEAD_BYTES, most: count, end: cursor.end };
    return decodeSome(list) ? restOfList(decodeSome, list) : undefined;
  };
}

/** The row from `start` to the cursor. Bytes behind the known fields belong to later versions of a row, and are ignored. */
function decodeRow(
  rowType: number,
  steps: readonly Step[] | undefined,
  RowValues: ValuesClass,
  cursor: Cursor,
  start: number,
): Values {
  const end = cursor.at;
  if (steps) {
    const row = new RowValues();
    row["rowType"] = rowType;
    cursor.at = start;
    cursor.end = end;
    try {
      runAllSteps(steps, cursor, row);
      return row;
    } catch (error) {
      if (!(error instanceof PayloadProblem)) throw error;
      const message = `Row of type ${rowType} at payload offset ${start}: ${error.message}`;
      cursor.reporter.add({ id: "CON-ROW", message, offset: start, field: error.field, values: error.values });
    }
  }
  const raw = new RowValues();
  raw["rowType"] = rowType;
  raw["raw"] = cursor.view(start, end);
  return raw;
}
