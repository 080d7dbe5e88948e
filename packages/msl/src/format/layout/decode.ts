/**
 * Decodes bytes by a layout table: at once, in slices, or at once unless a list is long. A table becomes a decoder on its first use:
 * a list of steps, so that decoding a payload looks at no table. The steps are closures over names and sizes. Tables that captures have very many of bring
 * straight-line code besides, which takes half the time for a payload without anything to report. `npm run reference` writes it: content-security policies
 * forbid code that is generated at run time.
 */

import { type ByteViews, isZero } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import type { Report, Reporter } from "../../deviations/deviation.js";
import { type ValuesClass, valuesOf } from "../../json/layout-json.js";
import { type Begun, finished, isWork, runAtOnce, type SlicedWork } from "../../sliced-work.js";
import { Cursor, PayloadProblem, type TakeEntries } from "./cursor.js";
import { type FieldOf, fieldStep, type Step, type Values } from "./field-steps.js";
import { type AnyField, type Decoded, type Layout, minimumSize } from "./fields.js";
import { entriesStep, rowsStep, runSteps } from "./list-steps.js";

/** Why a payload cannot be decoded. */
export interface Problem {
  /** Id of the deviation, as in docs/deviations.md. */
  readonly id: LintId;
  /** What was found and what was expected, as a sentence. */
  readonly message: string;
  /** Bytes from the start of the payload, decompressed if it was compressed; of `CMP` ids, of the stored one. */
  readonly at: number;
  /** As those of a deviation. */
  readonly values?: readonly (number | string)[];
}

export type DecodeResult<T> =
  | { readonly value: T; readonly size: number; readonly problem?: undefined; readonly partial?: undefined }
  /** `partial`: the fields and the complete entries before the fault. */
  | { readonly value?: undefined; readonly partial: Partial<T>; readonly problem: Problem };

/** Order of the bytes of integers; `big` in drafts of 1.0 only. UUIDs, hashes, maps and page data have no order. */
export type ByteOrder = "little" | "big";

export interface LayoutRules {
  /** Default: little. */
  readonly byteOrder?: ByteOrder | undefined;
  /** Most entries that a list may have; a longer list is a problem. Default: no limit. */
  readonly entryLimit?: number | undefined;
  /** Takes the entries of a list in parts, where the list is long; the value then has the last entries only. For tables with one list. */
  readonly takeEntries?: TakeEntries | undefined;
}

/** Decodes the structured part at the start of `bytes`; `size` is where it ends. Views, not copies, are returned for bytes. */
export function decodeLayout<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  report: Report,
  rules?: LayoutRules,
): DecodeResult<Decoded<L>> {
  return finished(beginLayout(table, bytes, { add: report }, rules));
}

/** `decodeLayout` in slices: a capture decides how many entries the lists of a payload have. */
export function* decodeLayoutWork<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  report: Report,
  rules?: LayoutRules,
): SlicedWork<DecodeResult<Decoded<L>>> {
  const begun = beginLayout(table, bytes, { add: report }, rules);
  return isWork(begun) ? yield* begun : begun;
}

/**
 * Decodes at once up to the end of the payload or to the first pause of a long list: the result, or the work that is left. `kind`: whether the value
 * begins with the name of the table, as payloads do.
 */
export function beginLayout<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  reporter: Reporter,
  { byteOrder, entryLimit = Number.POSITIVE_INFINITY, takeEntries }: LayoutRules = {},
  kind = false,
): Begun<DecodeResult<Decoded<L>>> {
  const decoder = decoderOf(table);
  const values = new decoder.Values();
  if (kind) values["kind"] = table.name;
  const cursor = Cursor.over(bytes, byteOrder !== "big", entryLimit, reporter);
  cursor.takeEntries = takeEntries;
  try {
    requireMinimum(table, cursor);
    const rest = runSteps(decoder.steps, cursor, values);
    if (rest) return restOfLayout(rest, decoder, cursor, values, kind);
  } catch (error) {
    return failed(error, decoder, cursor, values, kind);
  }
  return decodedLayout(values, cursor);
}

/** The payload from `start` to `end` by the straight-line code of its table. Undefined if the table has none, or `beginLayout` has to decode the payload. */
export function straightPayload(table: Layout, views: ByteViews, start: number, end: number): object | undefined {
  return table.straight?.(views, start, end, decoderOf(table).Values);
}

function* restOfLayout<L extends Layout>(
  rest: SlicedWork<void>,
  decoder: Decoder,
  cursor: Cursor,
  values: Values,
  kind: boolean,
): SlicedWork<DecodeResult<Decoded<L>>> {
  try {
    yield* rest;
  } catch (error) {
    return failed(error, decoder, cursor, values, kind);
  }
  return decodedLayout(values, cursor);
}

function decodedLayout<T>(values: Values, cursor: Cursor): DecodeResult<T> {
  const result = { value: values as T, size: cursor.at };
  cursor.release();
  return result;
}

function requireMinimum(table: Layout, cursor: Cursor): void {
  if (cursor.remaining >= table.minimumSize) return;
  const message = `${table.name} needs at least ${table.minimumSize} bytes, found ${cursor.remaining}`;
  throw new PayloadProblem("STR-OVERRUN", cursor.at, table.name, message, [cursor.remaining, table.minimumSize]);
}

/** The result for a `PayloadProblem`; throws every other error. `partial` has the fields before the fault, without `kind`, since they are no payload. */
function failed<T>(error: unknown, decoder: Decoder, cursor: Cursor, values: Values, kind: boolean): DecodeResult<T> {
  cursor.release();
  if (!(error instanceof PayloadProblem)) throw error;
  const { kind: _, ...found } = values;
  const partial = kind ? Object.assign(new decoder.Values(), found) : values;
  return {
    partial: partial as Partial<T>,
    problem: { id: error.id, message: error.message, at: error.at, values: error.values },
  };
}

interface Decoder {
  readonly Values: ValuesClass;
  readonly steps: readonly Step[];
}

const decoders = new WeakMap<Layout, Decoder>();
/** The table that was asked for last, and its decoder: most blocks have the type of the block before. */
let lastTable: Layout | undefined;
let lastDecoder: Decoder | undefined;

/** The decoder of a table. Throws a `TypeError` for a table that has a text or blob before its length. */
function decoderOf(table: Layout): Decoder {
  if (table === lastTable && lastDecoder) return lastDecoder;
  const decoder = decoders.get(table) ?? { Values: valuesOf(table), steps: stepsOf(table.fields, 0) };
  decoders.set(table, decoder);
  lastTable = table;
  lastDecoder = decoder;
  return decoder;
}

/** `firstPlace`: the places before it in `Cursor.lengths` belong to fields of the tables around this one. */
function stepsOf(fields: readonly AnyField[], firstPlace: number): Step[] {
  const places = new Map<string, number>();
  const inner = firstPlace + fields.filter(({ kind }) => kind === "length").length;
  return fields.map((field) => {
    switch (field.kind) {
      case "entries":
        return entriesStep(field, stepsOf(field.layout.fields, inner), valuesOf(field.layout));
      case "rows": {
        const bodies = Object.entries(field.bodies).map(([type, body]) => [type, stepsOf(body.fields, inner)] as const);
        return rowsStep(field, Object.fromEntries(bodies));
      }
      case "optional":
        return optionalStep(field, stepsOf(field.fields, inner));
      case "length":
        places.set(field.of, firstPlace + places.size);
        return fieldStep(field, places.get(field.of));
      default:
        return fieldStep(field, places.get(field.name));
    }
  });
}

function optionalStep({ fields, absent, rule, name }: FieldOf<"optional">, steps: readonly Step[]): Step {
  const least = minimumSize(fields);
  const defaults = Object.entries(absent);
  return (cursor, values) => {
    const there = cursor.remaining >= least && (rule.when?.(cursor.rest, values) ?? true);
    const id = there ? rule.present : rule.missing;
    if (id !== undefined) {
      const names = fields.map((part) => part.name).join(", ");
      const message = `${names} ${there ? "found" : "missing"} at payload offset ${cursor.at}`;
      cursor.reporter.add({ id, message, offset: cursor.at, field: name, values: [cursor.remaining, there ? 0 : least] });
    }
    if (there) return runSteps(steps, cursor, values);
    setAll(values, defaults);
    return undefined;
  };
}

function setAll(values: Values, properties: readonly (readonly [string, unknown])[]): void {
  for (const [name, value] of properties) values[name] = value;
}

/** Deviations that say nothing about the layout: ill-formed text, and MemDiver's tail of a System Context. */
const NEUTRAL: ReadonlySet<LintId> = new Set<LintId>(["STR-UTF8", "SYS-TAIL"]);

/** Most zeros that a writer adds behind a payload to fill it up to a multiple of 8 bytes. */
export const PADDING_MOST = 7;

/** Whether the bytes behind a payload can be zeros that fill it up; true if there are no bytes. */
export function isPadding(rest: Uint8Array): boolean {
  return rest.length <= PADDING_MOST && isZero(rest);
}

/** The decoded value if every text, its NUL and padding, and every reserved byte is as the layout wants it, and nothing but padding is left. */
export function fittingValue<L extends Layout>(table: L, bytes: Uint8Array, rules?: LayoutRules): Decoded<L> | undefined {
  return runAtOnce(fittingValueWork(table, bytes, rules));
}

/** `fittingValue` in slices. */
export function* fittingValueWork<L extends Layout>(
  table: L,
  bytes: Uint8Array,
  rules?: LayoutRules,
): SlicedWork<Decoded<L> | undefined> {
  let fits = true;
  const decoded = yield* decodeLayoutWork(table, bytes, ({ id }) => (fits &&= NEUTRAL.has(id)), rules);
  const { value, size } = { size: 0, ...decoded };
  const rest = bytes.subarray(size);
  return fits && isPadding(rest) ? value : undefined;
}
