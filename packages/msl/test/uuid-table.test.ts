import { expect, it } from "vitest";
import { UuidSet } from "../src/uuid-table.js";

/** UUID number `i`, as text. */
function uuid(i: number): string {
  return `${i.toString(16).padStart(8, "a")}-0000-4000-8000-${(i * 7).toString(16).padStart(12, "0")}`;
}

it("a UUID table that has grown several times finds every UUID in it, and no other", () => {
  const count = 10_000;
  const set = new UuidSet();
  for (let i = 0; i < count; i++) {
    expect(set.has(uuid(i))).toBe(false);
    set.add(uuid(i));
  }
  for (let i = 0; i < 2 * count; i++) expect(set.has(uuid(i))).toBe(i < count);
});

it("a UUID table treats upper and lower case of a UUID as equal", () => {
  const set = new UuidSet();
  set.add(uuid(1).toUpperCase());
  expect(set.has(uuid(1))).toBe(true);
});

it("a UUID table refuses text that is not a UUID", () => {
  const set = new UuidSet();
  expect(set.has("none")).toBe(false);
  expect(() => set.add("none")).toThrow(RangeError);
});
