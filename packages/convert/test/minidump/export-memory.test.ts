import { describe, expect, it } from "vitest";
import type { MemoryRow, MemoryRows } from "../../src/export/memory-rows.js";
import { rangesOf } from "../../src/minidump/export-memory.js";

const PAGE = 4096n;

function row(at: number, captured: boolean): MemoryRow {
  const start = BigInt(at) * PAGE;
  return { start, end: start + PAGE, captured, protection: 3, type: 0, continues: false };
}

const rangesIn = (rows: readonly MemoryRow[]) => [...rangesOf(rows as unknown as MemoryRows)];

describe("the captured ranges of an export", () => {
  it("are joined where they are neighbours", () => {
    const rows = [true, true, false, true].map((captured, at) => row(at, captured));
    expect(rangesIn(rows).map((range) => [range?.start, range?.end])).toEqual([
      [0n, 2n * PAGE],
      [3n * PAGE, 4n * PAGE],
    ]);
  });

  it("are told apart from work that gives none, so that very many holes in a row do not stop the event loop", () => {
    const holes = Array.from({ length: 10_000 }, (_, at) => row(at, false));
    const found = rangesIn([...holes, row(10_000, true)]);
    expect(found.length).toBe(10);
    expect(found.slice(0, 9).every((range) => range === undefined)).toBe(true);
    expect(found[9]).toMatchObject({ start: 10_000n * PAGE });
  });
});
