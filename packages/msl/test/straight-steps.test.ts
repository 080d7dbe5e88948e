/** Straight-line code of decoders, against the tables that it is written from. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { straightSteps } from "../scripts/straight-steps.mjs";
import type { Layout } from "../src/format/layout/fields.js";
import { PAYLOAD_LAYOUTS } from "../src/format/payloads/registry.js";
import * as straight from "../src/format/payloads/straight-steps.js";

it.each(Object.entries(straightSteps()))("src/%s is what the tables say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("each table names the straight-line code that is written from it", () => {
  const withEntries = (table: Layout): readonly Layout[] => [
    table,
    ...table.fields.flatMap((field) => (field.kind === "entries" ? withEntries(field.layout) : [])),
  ];
  const tables = Object.values<Layout>(PAYLOAD_LAYOUTS).flatMap(withEntries);
  const named = tables.flatMap((table) => (table.straight ? [[table.name, table.straight] as const] : []));
  const written = Object.entries(straight).map(([name, steps]) => [name.toLowerCase().replaceAll("_", ""), steps] as const);
  expect(new Map(named.map(([name, steps]) => [name.toLowerCase(), steps]))).toEqual(new Map(written));
});
