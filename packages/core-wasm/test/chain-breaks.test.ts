import { expect, it } from "vitest";
import { ChainBreaks } from "../src/index.js";

const link = (index: number) => ({
  index,
  offset: index * 1e12,
  previousOffset: index * 2,
  computed: new Uint8Array(32).fill(index % 251),
  stored: new Uint8Array(32).fill(7),
});

it("ChainBreaks returns broken links as they were added, whatever their number", () => {
  const breaks = new ChainBreaks();
  for (let index = 0; index < 1000; index++) breaks.add(link(index));
  expect(breaks.length).toBe(1000);
  expect([...breaks]).toEqual(Array.from({ length: 1000 }, (_, index) => link(index)));
  expect([...breaks.indexes()].at(-1)).toBe(999);
  expect(() => breaks.at(1000)).toThrow(RangeError);
});
