/**
 * The vocabulary of payload tables: a layout is the list of its fields in on-disk order, written once. Decoding, encoding, sizes, bounds
 * checks, reserved-byte and padding reports, and the TypeScript types of decoded and encodable values all follow from that list.
 */
import type { ByteViews } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import type { CodeTable } from "../codes.js";

/** The largest value of 64 bits. */
export const U64_MOST = 2n ** 64n - 1n;

/** Padded: zero-filled to 8 bytes. Packed: exactly its length. */
export type Storage = "padded" | "packed";

type Spec =
  | { readonly kind: "uint"; readonly size: 1 | 2 | 4; readonly codes?: CodeTable; readonly limit?: UintLimit }
  | { readonly kind: "flag"; readonly size: 1 }
  | { readonly kind: "u64"; readonly address?: true }
  | { readonly kind: "uuid" }
  | { readonly kind: "bytes"; readonly size: number; readonly absent?: true }
  | { readonly kind: "zeros"; readonly size: number }
  | { readonly kind: "length"; readonly size: 1 | 2 | 4; readonly of: string; readonly shown?: true }
  | { readonly kind: "text"; readonly storage: Storage }
  | { readonly kind: "tightText" }
  | { readonly kind: "blob"; readonly storage: Storage; readonly hex?: true }
  | { readonly kind: "slot"; readonly size: number }
  | { readonly kind: "entries"; readonly layout: Layout; readonly rule: EntriesRule }
  | { readonly kind: "rows"; readonly count: string; readonly bodies: RowBodies }
  | { readonly kind: "optional"; readonly fields: readonly AnyField[]; readonly absent: object; readonly rule: OptionalRule };

/** A value above `most` uses bytes that the specification reserves: reported, and kept. */
export interface UintLimit {
  readonly most: number;
  readonly lint: LintId;
}

/** How the number of entries and the distance between them are stored. */
export interface EntriesRule {
  /** Name of the earlier field with the number of entries; without one the list ends at the end of the payload, or before a u16 of 0. */
  readonly count?: string;
  /** Name of the earlier field with the bytes from one entry to the next; 0 means that each entry is as long as its fields. */
  readonly stride?: string;
  /** Deviation to report where the payload ends before the first entry. */
  readonly absent?: LintId;
}

/** The layouts of rows by their type. A row begins with its type (u8) and its length (u16). */
export type RowBodies = Readonly<Record<number, Layout>>;

/** A row: its fields, or the bytes of its body where the type is unknown or the body too short. */
export type Row<Bodies extends RowBodies> =
  | { [T in keyof Bodies & number]: Flat<{ readonly rowType: T } & Decoded<Bodies[T]>> }[keyof Bodies & number]
  | RawRow;

/** A row to encode: its fields, or the bytes of its body. */
export type EncodableRow<Bodies extends RowBodies> =
  | { [T in keyof Bodies & number]: Flat<{ readonly rowType: T } & Encodable<Bodies[T]>> }[keyof Bodies & number]
  | RawRow;

/** A row as bytes: its type is unknown, or its body too short. */
export interface RawRow {
  readonly rowType: number;
  readonly raw: Uint8Array;
}

/** Whether an optional group is there, and what to report when it is missing or found. */
export interface OptionalRule {
  readonly missing?: LintId;
  readonly present?: LintId;
  /** Decides by the bytes that are left and the fields before; by default the group is there if its fixed part fits. */
  readonly when?: (rest: Uint8Array, values: Readonly<Record<string, unknown>>) => boolean;
}

declare const decoded: unique symbol;
declare const encodable: unique symbol;

/** A field. The type parameters are the properties that decoding adds, and the properties that encoding needs. */
export type Field<Properties extends object, Input extends object = Properties> = Spec & {
  readonly name: string;
  readonly [decoded]?: Properties;
  readonly [encodable]?: Input;
};
export type AnyField = Field<object>;

type Intersection<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;
type Flat<T> = { readonly [K in keyof T]: T[K] };

type DecodedFields<Fields extends readonly AnyField[]> = Flat<
  Intersection<{ [I in keyof Fields]: Fields[I] extends Field<infer P, object> ? P : never }[number]>
>;

type EncodableFields<Fields extends readonly AnyField[]> = Flat<
  Intersection<{ [I in keyof Fields]: Fields[I] extends Field<object, infer P> ? P : never }[number]>
>;

/** The object that a layout decodes to. */
export type Decoded<L extends Layout> = L extends Layout<infer Fields> ? DecodedFields<Fields> : never;

/** The objects that a layout encodes: those that it decodes to; properties that follow from others may be left out. */
export type Encodable<L extends Layout> = L extends Layout<infer Fields> ? EncodableFields<Fields> : never;

export interface Layout<Fields extends readonly AnyField[] = readonly AnyField[], Name extends string = string> {
  /** The name of the block type or entry, as the specification has it. */
  readonly name: Name;
  readonly fields: Fields;
  /** Bytes that must be there before any variable part. */
  readonly minimumSize: number;
  /** Straight-line code that was written from the table, for payloads without anything to report. */
  readonly straight: StraightDecoder | undefined;
}

/**
 * Decodes a whole little-endian payload, the bytes from `start` to `end`, to a new object of the class `Values`, with the name of the table as `kind`. Undefined for a payload that cannot be
 * decoded, that has anything to report, or that goes on behind the last field: the steps that decode.ts makes of the table decode it.
 */
export type StraightDecoder = (
  views: ByteViews,
  start: number,
  end: number,
  Values: new () => Record<string, unknown>,
) => object | undefined;

/** `straight`: from payloads/straight-code.ts, for a table that captures have very many of. */
export function layout<const Name extends string, const Fields extends readonly AnyField[]>(
  name: Name,
  fields: Fields,
  straight?: StraightDecoder,
): Layout<Fields, Name> {
  return { name, fields, minimumSize: minimumSize(fields), straight };
}

function named<Properties extends object, Input extends object = Properties>(name: string, spec: Spec): Field<Properties, Input> {
  return { ...spec, name };
}

type Maybe<N extends string, T> = Partial<Record<N, T | undefined>>;

export const u8 = <const N extends string>(name: N) => named<Record<N, number>>(name, { kind: "uint", size: 1 });
export const u16 = <const N extends string>(name: N) => named<Record<N, number>>(name, { kind: "uint", size: 2 });
export const u32 = <const N extends string>(name: N) => named<Record<N, number>>(name, { kind: "uint", size: 4 });
export const u64 = <const N extends string>(name: N) => named<Record<N, bigint>>(name, { kind: "u64" });

/** A u64 that is shown in hexadecimal. */
export const address = <const N extends string>(name: N) => named<Record<N, bigint>>(name, { kind: "u64", address: true });

/** A u32 that counts the entries or rows of a later field; encoding derives it. */
export const count = <const N extends string>(name: N) =>
  named<Record<N, number>, Maybe<N, number>>(name, { kind: "uint", size: 4 });

/**
 * A registered code: decodes to the number under `name` and to its registered name under `nameName`. Encodes the number, or the registered name if it
 * is given under `name`.
 */
export const code = <const N extends string, Name extends string>(name: N, codes: CodeTable<Name>, limit?: UintLimit) =>
  named<Record<N, number> & Record<`${N}Name`, string>, Record<N, number | Name> & Maybe<`${N}Name`, string>>(name, {
    kind: "uint",
    size: codes.width,
    codes,
    ...(limit === undefined ? {} : { limit }),
  });

/** A byte that means false if it is 0, and true otherwise. */
export const flag = <const N extends string>(name: N) => named<Record<N, boolean>>(name, { kind: "flag", size: 1 });

/** 16 bytes in RFC 9562 order, as canonical lower-case text. */
export const uuid = <const N extends string>(name: N) => named<Record<N, string>>(name, { kind: "uuid" });

/** A view of exactly `size` bytes. */
export const bytes = <const N extends string>(name: N, size: number) =>
  named<Record<N, Uint8Array>>(name, { kind: "bytes", size });

/** A 32-byte digest; all zeros mean "not available" and are kept. Encoding takes a missing one as not available. */
export const digest = <const N extends string>(name: N) =>
  named<Record<N, Uint8Array>, Maybe<N, Uint8Array>>(name, { kind: "bytes", size: 32, absent: true });

/** Reserved bytes: producers write zero, consumers ignore and report. */
export const zeros = (size: number) => named<object>("reserved", { kind: "zeros", size });

/** The byte length of the text or blob called `of`, which follows later in the same layout. */
export const lengthOf = (of: string, size: 1 | 2 | 4) => named<object>(`${of}Len`, { kind: "length", size, of });

/** Like `lengthOf`, but the length is a property of the decoded object, too; encoding derives it. */
export const shownLengthOf = <const N extends string>(name: N, of: string, size: 1 | 2 | 4) =>
  named<Record<N, number>, Maybe<N, number>>(name, { kind: "length", size, of, shown: true });

/** UTF-8 text whose length stands in an earlier `lengthOf` field; the value ends at the first NUL inside that length. */
export const text = <const N extends string>(name: N, storage: Storage = "padded") =>
  named<Record<N, string>, Maybe<N, string>>(name, { kind: "text", storage });

/** Opaque bytes whose length stands in an earlier `lengthOf` field. */
export const blob = <const N extends string>(name: N, storage: Storage = "padded") =>
  named<Record<N, Uint8Array>, Maybe<N, Uint8Array>>(name, { kind: "blob", storage });

/** Opaque bytes, shown in hexadecimal as `nameHex` whatever their length. */
export const hexBlob = <const N extends string>(name: N, storage: Storage = "packed") =>
  named<Record<N, Uint8Array>>(name, { kind: "blob", storage, hex: true });

/** u16 byte count and UTF-8 without padding; one trailing NUL is dropped, which some producers count. */
export const tightText = <const N extends string>(name: N) => named<Record<N, string>>(name, { kind: "tightText" });

/** Opaque bytes in a place of fixed size, zero-filled; their length stands in an earlier `lengthOf` field. */
export const slot = <const N extends string>(name: N, size: number) => named<Record<N, Uint8Array>>(name, { kind: "slot", size });

/** Entries of one layout. */
export const entries = <const N extends string, L extends Layout>(name: N, entry: L, rule: EntriesRule) =>
  named<Record<N, readonly Decoded<L>[]>, Record<N, readonly Encodable<L>[]>>(name, { kind: "entries", layout: entry, rule });

/** As many rows as the earlier field `count` says, each with its own type and length. */
export const rows = <const N extends string, const Bodies extends RowBodies>(name: N, count: string, bodies: Bodies) =>
  named<Record<N, readonly Row<Bodies>[]>, Record<N, readonly EncodableRow<Bodies>[]>>(name, { kind: "rows", count, bodies });

/** A group at the end of a payload that some producers leave out or add; decodes to `absent` where it is not there. */
export const optional = <const Fields extends readonly AnyField[], Absent extends object>(
  fields: Fields,
  absent: Absent,
  rule: OptionalRule,
) =>
  named<
    { [K in keyof DecodedFields<Fields>]: DecodedFields<Fields>[K] | (K extends keyof Absent ? Absent[K] : never) },
    { [K in keyof EncodableFields<Fields>]?: EncodableFields<Fields>[K] | null | undefined }
  >("tail", {
    kind: "optional",
    fields,
    absent,
    rule,
  });

/** The bytes that `fields` take at least: texts, blobs, entries and optional groups may be empty. */
export function minimumSize(fields: readonly AnyField[]): number {
  return fields.reduce((sum, field) => sum + minimumFieldSize(field), 0);
}

/** Where a field of the fixed part lies, in bytes from the start. Throws a `TypeError` for a field behind a variable one. */
export function fieldOffset(table: Layout, name: string): number {
  for (const [field, offset] of fixedFields(table)) if (field.name === name) return offset;
  throw new TypeError(`${table.name} has no field ${name} at a fixed offset`);
}

/** The fields before the first variable one, with their offsets in bytes. */
export function fixedFields(table: Layout): (readonly [field: AnyField, offset: number])[] {
  const fixed: [AnyField, number][] = [];
  let offset = 0;
  for (const field of table.fields) {
    fixed.push([field, offset]);
    const size = minimumFieldSize(field);
    if (size === 0) break;
    offset += size;
  }
  return fixed;
}

function minimumFieldSize(field: AnyField): number {
  switch (field.kind) {
    case "uint":
    case "flag":
    case "bytes":
    case "slot":
    case "zeros":
    case "length":
      return field.size;
    case "tightText":
      return 2;
    case "u64":
      return 8;
    case "uuid":
      return 16;
    default:
      return 0;
  }
}
