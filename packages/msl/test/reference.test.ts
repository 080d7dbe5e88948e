import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { lintCatalogue } from "../scripts/lint-catalogue.mjs";
import { referencePages } from "../scripts/reference.mjs";
import { DEFAULT_LIMITS } from "../src/index.js";

it.each(Object.entries(referencePages()))("docs/%s says what the tables say; if not: npm run reference", (name, page) => {
  expect(readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8")).toBe(page);
});

it.each(Object.entries(lintCatalogue()))("src/%s says what the rules of lint say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("the README gives limits the defaults that the package exports", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const given = [...readme.matchAll(/^\| `(\w+Limit)` \|.*\bdefault ([\d,]*\d)(?: ([KMG])iB)?/gm)].map(
    ([, name = "", digits = "", unit = ""]) => [name, Number(digits.replaceAll(",", "")) * 1024 ** " KMG".indexOf(unit || " ")],
  );
  expect(given.length).toBeGreaterThan(3);
  expect(given).toEqual(given.map(([name]) => [name, Reflect.get(DEFAULT_LIMITS, String(name))]));
});
