/** Random values for any layout table, in the form that decoding returns. */
import fc from "fast-check";
import type { AnyField, Layout } from "../src/format/layout/fields.js";

type Values = Record<string, unknown>;

const U64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const HEX = fc.constantFrom(..."0123456789abcdef");

/** UUIDs of version 4, as every UUID field must hold. */
export const uuidV4: fc.Arbitrary<string> = fc
  .tuple(fc.array(HEX, { minLength: 30, maxLength: 30 }), fc.constantFrom("8", "9", "a", "b"))
  .map(([digits, variant]) => {
    const d = digits.join("");
    return `${d.slice(0, 8)}-${d.slice(8, 12)}-4${d.slice(12, 15)}-${variant}${d.slice(15, 18)}-${d.slice(18)}`;
  });

/** Well-formed text without NUL, sometimes empty. */
export const text: fc.Arbitrary<string> = fc
  .string({ unit: "binary", maxLength: 20 })
  .map((value) => value.replaceAll("\0", "·"));

/** `tails`: whether values sometimes have the optional groups that only some producers write. */
export function valuesOf(table: Layout, { tails = true } = {}): fc.Arbitrary<Values> {
  return fieldsOf(table.fields, tails).map(withCounts(table.fields));
}

function fieldsOf(fields: readonly AnyField[], tails: boolean): fc.Arbitrary<Values> {
  const parts = fields.flatMap((field) => {
    const part = fieldOf(field, tails);
    return part ? [part] : [];
  });
  return fc.tuple(...parts).map((values) => Object.assign({}, ...values));
}

function fieldOf(field: AnyField, tails: boolean): fc.Arbitrary<Values> | undefined {
  const single = anyValue(field, tails);
  if (single) return single.map((value) => ({ [field.name]: value }));
  if (field.kind !== "optional") return undefined;
  const there = fieldsOf(field.fields, tails);
  if (field.rule.missing !== undefined) return there;
  return tails ? fc.oneof(there, fc.constant({ ...field.absent })) : fc.constant({ ...field.absent });
}

function anyValue(field: AnyField, tails: boolean): fc.Arbitrary<unknown> | undefined {
  switch (field.kind) {
    case "uint":
      return fc.integer({ min: 0, max: Math.min(field.limit?.most ?? Number.POSITIVE_INFINITY, 2 ** (8 * field.size) - 1) });
    case "flag":
      return fc.boolean();
    case "u64":
      return U64;
    case "uuid":
      return uuidV4;
    case "bytes":
      return fc.uint8Array({ minLength: field.size, maxLength: field.size });
    case "text":
    case "tightText":
      return text;
    case "blob":
      return fc.uint8Array({ maxLength: 40 });
    case "slot":
      return fc.uint8Array({ maxLength: field.size });
    case "entries":
      return fc.array(entryOf(field.layout, field.rule.count === undefined, tails), { maxLength: 4 });
    case "rows":
      return fc.array(rowOf(field.bodies), { maxLength: 8 });
    default:
      return undefined;
  }
}

/** A list without a count ends at a first u16 of 0. */
function entryOf(entry: Layout, uncounted: boolean, tails: boolean): fc.Arbitrary<Values> {
  const [first] = entry.fields;
  const values = valuesOf(entry, { tails });
  return uncounted && first ? values.filter((value) => (Number(value[first.name]) & 0xffff) !== 0) : values;
}

function rowOf(bodies: Readonly<Record<number, Layout>>): fc.Arbitrary<Values> {
  const known = Object.entries(bodies).map(([rowType, body]) =>
    valuesOf(body).map((value) => ({ rowType: Number(rowType), ...value })),
  );
  const unknown = fc.record({ rowType: fc.integer({ min: 100, max: 255 }), raw: fc.uint8Array({ maxLength: 30 }) });
  return fc.oneof(...known, unknown);
}

/** Counts, strides and flags, which follow from other fields. */
function withCounts(fields: readonly AnyField[]): (values: Values) => Values {
  return (values) => {
    for (const field of fields) {
      const count = field.kind === "entries" ? field.rule.count : field.kind === "rows" ? field.count : undefined;
      if (count !== undefined) values[count] = (values[field.name] as unknown[]).length;
      if (field.kind === "entries" && field.rule.stride !== undefined) values[field.rule.stride] = 0;
      if (field.kind === "optional" && "integrityHash" in values) {
        values["flags"] = (Number(values["flags"]) & ~1) | Number(values["integrityHash"] !== null);
      }
      if (field.kind === "optional" && "flags" in values) values["flags"] = Number(values["flags"]) >>> 0;
    }
    return values;
  };
}
