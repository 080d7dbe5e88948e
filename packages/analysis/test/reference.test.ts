import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { analysisPages } from "../scripts/reference.mjs";

it.each(Object.entries(analysisPages()))("docs/%s says what the tables say; if not: npm run reference", (name, page) => {
  expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(page);
});
