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

/** 88 bytes as the kernels write them: three numbers of 8 bytes, and two hashes. */
function record({ index, offset, previousOffset, computed, stored }: ReturnType<typeof link>): Uint8Array {
  const bytes = new Uint8Array(88);
  const view = new DataView(bytes.buffer);
  for (const [i, number] of [index, offset, previousOffset].entries()) view.setFloat64(8 * i, number, true);
  bytes.set(computed, 24);
  bytes.set(stored, 56);
  return bytes;
}

it("ChainBreaks returns records that were appended together, behind single breaks and before them, also more than 4 MiB of them", () => {
  const breaks = new ChainBreaks();
  for (let index = 0; index < 100; index++) breaks.add(link(index));
  const together = new Uint8Array(120_000 * 88);
  for (let i = 0; i < 120_000; i++) together.set(record(link(100 + i)), i * 88);
  breaks.append(together);
  breaks.append(new Uint8Array(0));
  breaks.add(link(120_100));
  together.fill(0);
  expect(breaks.length).toBe(120_101);
  let wrong = 0;
  for (const [index, found] of [...breaks].entries()) {
    const expected = link(index);
    const isSame = found.index === index && found.offset === expected.offset && found.previousOffset === expected.previousOffset;
    if (!isSame || found.computed[31] !== expected.computed[31] || found.stored[0] !== 7) wrong++;
  }
  expect(wrong).toBe(0);
  expect([...breaks.indexes()].every((index, position) => index === position)).toBe(true);
});
