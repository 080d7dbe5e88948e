/** Fields of the rows of a table that captures have no place for: reported in one sentence, with their values where all rows have the same, however many rows there are. */
import { counted } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";

interface LostField {
  readonly first: string;
  isSame: boolean;
  rows: number;
}

/** The most characters of a value in a sentence. */
const VALUE_MOST = 80;

export class LostFields {
  /** The fields of one table are few: their names stand in the program. */
  readonly #fields = new Map<string, LostField>();

  /** A field of a row. Zeros, and empty texts and bytes, are not reported. Bytes are shown in hexadecimal. */
  add(name: string, value: number | bigint | string | Uint8Array): void {
    const text = textOf(value);
    if (text === "") return;
    const field = this.#fields.get(name);
    if (!field) this.#fields.set(name, { first: text, isSame: true, rows: 1 });
    else {
      field.rows++;
      field.isSame &&= field.first === text;
    }
  }

  /** All fields that have a value in the object, by their names. */
  addAll(values: Readonly<Record<string, number | bigint | string | Uint8Array | undefined>>): void {
    for (const [name, value] of Object.entries(values)) if (value !== undefined) this.add(name, value);
  }

  /** `table`: the name of the stream or structure. `rows`: `threads`; undefined for a structure that a dump has once. */
  tell(notes: DumpNotes, table: string, rows?: string): void {
    if (this.#fields.size === 0) return;
    const texts = [...this.#fields].map(([name, field]) => {
      if (rows === undefined) return `${name} ${field.first}`;
      return `${name} of ${counted(field.rows, rows)} (${field.isSame ? "" : "first "}${field.first})`;
    });
    notes.lose(`fields of ${table}: ${texts.join(", ")}`);
  }
}

function textOf(value: number | bigint | string | Uint8Array): string {
  if (typeof value === "string") return value === "" ? "" : JSON.stringify(value.slice(0, VALUE_MOST));
  if (value instanceof Uint8Array) {
    if (value.every((byte) => byte === 0)) return "";
    const shown = value.subarray(0, VALUE_MOST / 2);
    return `${Array.from(shown, (byte) => byte.toString(16).padStart(2, "0")).join("")}${shown.length < value.length ? "…" : ""}`;
  }
  return BigInt(value) === 0n ? "" : `0x${value.toString(16)}`;
}
