import { expect, it } from "vitest";
import { UuidSet } from "../src/uuid-table.js";

/** UUID number `i`, as text. */
function uuid(i: number): string {
  return `${i.toString(16).padStart(8, "a")}-0000-4000-8000-${(i * 7).toString(16).padStart(12, "0")}`;
}

it("finds every UUID of a set that has outgrown several tables, and no other", () => {
  const count = 10_000;
  const set = new UuidSet();
  for (let i = 0; i < count; i++) {
    expect(set.has(uuid(i))).toBe(false);
    set.add(uuid(i));
  }
  for (let i = 0; i < 2 * count; i++) expect(set.has(uuid(i))).toBe(i < count);
});

it("takes a UUID in upper case for the same one in lower case", () => {
  const set = new UuidSet();
  set.add(uuid(1).toUpperCase());
  expect(set.has(uuid(1))).toBe(true);
});

it("holds nothing but UUIDs", () => {
  const set = new UuidSet();
  expect(set.has("none")).toBe(false);
  expect(() => set.add("none")).toThrow(RangeError);
});
