/** Straight-line code of decoders, against the tables that it is written from. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { straightSteps } from "../scripts/straight-steps.mjs";
import { decodeLayout } from "../src/format/layout/decode.js";
import { type Layout, layout, lengthOf, text, u8, u16 } from "../src/format/layout/fields.js";
import { KEY_HINT } from "../src/format/payloads/memory-region.js";
import { MODULE_ENTRY, MODULE_LIST_INDEX, THREAD_CONTEXT } from "../src/format/payloads/process-tables.js";
import * as straight from "../src/format/payloads/straight-steps.js";
import { CONNECTION_TABLE, PROCESS_TABLE } from "../src/format/payloads/system-tables.js";

it.each(Object.entries(straightSteps()))("src/%s is what the tables say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("each table names the straight-line code that is written from it", () => {
  const withEntries = (table: Layout): readonly Layout[] => [
    table,
    ...table.fields.flatMap((field) => (field.kind === "entries" ? withEntries(field.layout) : [])),
  ];
  const tables = [MODULE_ENTRY, MODULE_LIST_INDEX, THREAD_CONTEXT, KEY_HINT, PROCESS_TABLE, CONNECTION_TABLE].flatMap(
    withEntries,
  );
  const named = tables.flatMap((table) => (table.straight ? [[table.name, table.straight] as const] : []));
  const written = Object.entries(straight).map(([name, steps]) => [name.toLowerCase().replaceAll("_", ""), steps] as const);
  expect(new Map(named.map(([name, steps]) => [name.toLowerCase(), steps]))).toEqual(new Map(written));
});

it("straight-line code with too few or too many functions is refused", () => {
  const fields = [u8("a"), lengthOf("b", 1), text("b"), u16("c")] as const;
  expect(() => decodeLayout(layout("TooFew", fields, []), new Uint8Array(8), () => {})).toThrow(TypeError);
  const twice = [() => {}, () => {}];
  expect(() => decodeLayout(layout("TooMany", fields, twice), new Uint8Array(8), () => {})).toThrow(TypeError);
});
