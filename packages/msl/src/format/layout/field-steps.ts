/** One step of a decoder for each field that is no list: a closure that knows name and size, reads at the cursor, and sets a property. */

import type { SlicedWork } from "../../sliced-work.js";
import { codeName } from "../codes.js";
import { type Cursor, skipReserved, takeSlot, takeStored } from "./cursor.js";
import type { AnyField } from "./fields.js";
import { packedText, paddedText, tightText } from "./texts.js";
import { uuidText } from "./uuid-text.js";

export type Values = Record<string, unknown>;
export type FieldOf<K extends AnyField["kind"]> = Extract<AnyField, { kind: K }>;

/** Decodes one field into `values`. Returns the work that is left where a list is long. */
export type Step = (cursor: Cursor, values: Values) => SlicedWork<void> | void;

/** A field that is decoded by one step, whatever the payload holds. */
export type PlainField = Exclude<AnyField, FieldOf<"entries" | "rows" | "optional">>;

/** `place`: where in `Cursor.lengths` the length of the text or blob stands that the field is or announces; for other fields undefined. */
export function fieldStep(field: PlainField, place: number | undefined): Step {
  const { name } = field;
  switch (field.kind) {
    case "uint":
      return uintStep(field);
    case "flag":
      return (cursor, values) => {
        values[name] = cursor.uint(1, name) !== 0;
      };
    case "u64":
      return (cursor, values) => {
        values[name] = cursor.u64(name);
      };
    case "uuid":
      return (cursor, values) => {
        values[name] = uuidText(cursor.bytes, cursor.advance(16, name));
      };
    case "bytes": {
      const { size } = field;
      return (cursor, values) => {
        values[name] = cursor.take(size, name);
      };
    }
    case "zeros": {
      const { size } = field;
      return (cursor) => skipReserved(size, cursor);
    }
    case "tightText":
      return (cursor, values) => {
        values[name] = tightText(name, cursor);
      };
    default:
      return place === undefined ? missingLength(name) : variableStep(field, place);
  }
}

function missingLength(name: string): never {
  throw new TypeError(`The table has no length before its field ${name}`);
}

function uintStep({ name, size, codes, limit }: FieldOf<"uint">): Step {
  if (!codes && !limit) {
    return (cursor, values) => {
      values[name] = cursor.uint(size, name);
    };
  }
  const nameOfCode = `${name}Name`;
  return (cursor, values) => {
    const { at } = cursor;
    const value = cursor.uint(size, name);
    values[name] = value;
    if (codes) values[nameOfCode] = codeName(codes, value);
    if (limit && value > limit.most) {
      const message = `${name} at payload offset ${at} is ${value}, above ${limit.most}`;
      cursor.reporter.add({ id: limit.lint, message, offset: at, field: name, values: [value, limit.most] });
    }
  };
}

function variableStep(field: FieldOf<"length" | "text" | "blob" | "slot">, place: number): Step {
  const { name } = field;
  switch (field.kind) {
    case "length": {
      const { size, shown } = field;
      return (cursor, values) => {
        const length = cursor.uint(size, name);
        cursor.lengths[place] = length;
        if (shown) values[name] = length;
      };
    }
    case "text": {
      const read = field.storage === "padded" ? paddedText : packedText;
      return (cursor, values) => {
        values[name] = read(name, cursor.lengths[place] ?? 0, cursor);
      };
    }
    case "blob": {
      const padded = field.storage === "padded";
      return (cursor, values) => {
        values[name] = takeStored(name, cursor.lengths[place] ?? 0, padded, cursor);
      };
    }
    case "slot": {
      const { size } = field;
      return (cursor, values) => {
        values[name] = takeSlot(name, cursor.lengths[place] ?? 0, size, cursor);
      };
    }
  }
}
