import { describe, expect, it } from "vitest";
import { JsonRows, jsonPieces } from "../src/terminal/json-pieces.js";
import { safeJson } from "../src/terminal/safe-text.js";

const ROW = {
  block: 3,
  lint: "REF-DANGLING",
  problem: "region \u202e \u001b[31m",
  nested: [1, { deep: null }],
  absent: undefined,
};
const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ ...ROW, block: i }));

describe("jsonPieces", () => {
  it.each<[string, unknown]>([
    ["a text", "\u009b\ud800"],
    ["null", null],
    ["an empty object", {}],
    ["an empty list", []],
    ["a small document", { schema: "msl.info/1", rows: rows(3), none: undefined }],
    ["a long list", rows(10_001)],
    ["a long list as the first of several properties", { rows: rows(10_000), none: undefined, "na\u2028me": true }],
    ["a long list in an object in a list", [[], { a: { b: rows(5000) } }, undefined, "text"]],
    ["a list of numbers", Array.from({ length: 20_000 }, (_, i) => i / 8)],
    ["a list of lists and of undefined", Array.from({ length: 20_000 }, (_, i) => (i % 3 === 0 ? undefined : [i, [i]]))],
    ["an object of many properties", Object.fromEntries(rows(5000).map((row) => [`row ${row.block}`, row]))],
    ["many objects with a toJSON method", { rows: Array.from({ length: 9000 }, () => ({ toJSON: () => "shown" })) }],
    ["rows that are made while they are written", { rows: new JsonRows(rows(10_000), (row) => ({ own: row })), after: 1 }],
    ["a few such rows", { rows: new JsonRows([1, 2], (row) => [row]), none: new JsonRows([], (row) => row) }],
    ["a large object with a toJSON method", { rows: rows(9000), toJSON: () => ({ short: true }) }],
  ])("jsonPieces yields pieces that joined are the text of safeJson: %s", (_name, document) => {
    expect([...jsonPieces(document)].join("")).toBe(safeJson(document));
  });

  it("jsonPieces makes the rows of a list one after the other", () => {
    let made = 0;
    const pieces = jsonPieces({ rows: new JsonRows(rows(100_000), (row) => ({ ...row, number: ++made })) });
    for (let piece = 0; piece < 10; piece++) pieces.next();
    expect(made).toBeLessThan(20_000);
    expect(made).toBeGreaterThan(0);
  });

  it("jsonPieces yields short pieces for a document of many rows, and for rows of many columns", () => {
    for (const document of [{ rows: rows(100_000) }, rows(20).map((row) => ({ ...row, columns: rows(5000) }))]) {
      const lengths = Array.from(jsonPieces(document), ({ length }) => length);
      expect(Math.max(...lengths)).toBeLessThan(100_000);
    }
  });
});
