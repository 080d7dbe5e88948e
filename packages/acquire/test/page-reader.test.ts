/** The states of pages when reads end early: each page of a stretch has one state, whatever the process does meanwhile. */
import { describe, expect, it } from "vitest";
import { readPages } from "../src/memory/page-reader.js";
import type { MemoryBytes } from "../src/proc/process-files.js";

const PAGE = 4096;
const START = 0x10_0000_0000n;
/** Reads of this many pages are split into parts of 256 pages. */
const PAGES = 1024;

/** A process that has bytes up to `end`, and fails there in the given way. Its page table has the pages of `tables`, by their numbers from `START` on. */
function processUpTo(end: number, failure: "gone" | "unreadable", tables: (page: number) => boolean) {
  const now = (address: bigint, target: Uint8Array): MemoryBytes => {
    const at = Number(address - START);
    const bytes = Math.max(0, Math.min(target.length, end * PAGE - at));
    target.fill(0xaa, 0, bytes);
    return bytes === target.length ? { bytes } : { bytes, ...(bytes === 0 ? { failure } : {}) };
  };
  return {
    memory: async (address: bigint, target: Uint8Array) => now(address, target),
    memoryNow: now,
    pagemapNow: (first: bigint, target: Uint8Array) => {
      const entries = target.length / 8;
      for (let i = 0; i < entries; i++) target[8 * i + 7] = tables(Number(first - START / BigInt(PAGE)) + i) ? 0x80 : 0;
      return entries;
    },
    mappedRanges: async () => [],
  };
}

const whole = [{ start: START, end: START + BigInt(PAGES * PAGE), present: true }];

describe("a read of several parts", () => {
  it.each([0, 1, 255, 256, 300, 512, 1023])(
    "takes the %i pages before the end of a process, and no page twice",
    async (captured) => {
      const target = new Uint8Array(PAGES * PAGE);
      const read = await readPages(
        processUpTo(captured, "gone", () => false),
        whole,
        target,
        { pageBytes: PAGE },
      );
      expect(read.isGone).toBe(true);
      expect(read.bytes).toBe(captured * PAGE);
      const states = [
        { count: captured, state: "captured" },
        { count: PAGES - captured, state: "unmapped" },
      ];
      expect(read.states).toEqual(states.filter(({ count }) => count > 0));
      expect(target.subarray(0, read.bytes).every((byte) => byte === 0xaa)).toBe(true);
    },
  );

  it("goes on behind pages that cannot be read", async () => {
    const target = new Uint8Array(PAGES * PAGE);
    const read = await readPages(
      processUpTo(300, "unreadable", (page) => page < 310),
      whole,
      target,
      { pageBytes: PAGE },
    );
    expect(read.isGone).toBe(false);
    expect(read.states).toEqual([
      { count: 300, state: "captured" },
      { count: 10, state: "failed" },
      { count: PAGES - 310, state: "unmapped" },
    ]);
  });
});
