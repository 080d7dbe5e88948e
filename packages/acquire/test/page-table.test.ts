/** Entries of /proc/PID/pagemap as Documentation/admin-guide/mm/pagemap.rst lays them out, made up: this machine may have no swap. */
import { describe, expect, it } from "vitest";
import { pageStretches } from "../src/proc/page-table.js";

const PAGE = 4096n;
const PRESENT = 1n << 63n;
const SWAPPED = 1n << 62n;
const OF_FILE = 1n << 61n;
const GUARD = 1n << 58n;
const SOFT_DIRTY = 1n << 55n;
/** Bits 0 to 4 are the type of swap, bits 5 to 54 the offset in it. */
const PLACE = (5n << 5n) | 1n;

/** A page map with these entries from page `first` on; none behind them, as at the end of the address space. */
function pagemapOf(first: bigint, entries: readonly bigint[]) {
  const read = (page: bigint, target: Uint8Array) => {
    const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
    const count = Math.min(target.length / 8, entries.length - Number(page - first));
    for (let at = 0; at < count; at++) view.setBigUint64(at * 8, entries[Number(page - first) + at] ?? 0n, true);
    return count;
  };
  return { pagemapNow: read, pagemap: async (page: bigint, target: Uint8Array) => read(page, target) };
}

/** Numbers of pages by whether they are there: `2+ 3-`. */
async function stretches(entries: readonly bigint[], pages = entries.length, wanted?: "copied"): Promise<string> {
  const start = 0x7f00n * PAGE;
  const texts: string[] = [];
  let at = start;
  for await (const one of pageStretches(
    pagemapOf(0x7f00n, entries),
    { start, end: start + BigInt(pages) * PAGE, pageBytes: PAGE },
    wanted,
  )) {
    expect(one.start).toBe(at);
    at = one.end;
    texts.push(`${(one.end - one.start) / PAGE}${one.present ? "+" : "-"}`);
  }
  expect(at).toBe(start + BigInt(pages) * PAGE);
  return texts.join(" ");
}

describe("the page map of a process", () => {
  it("has pages in memory and in swap, and no page without an entry", async () => {
    expect(await stretches([PRESENT | 77n, SWAPPED | PLACE, SWAPPED | PLACE | SOFT_DIRTY, 0n, SOFT_DIRTY, PRESENT])).toBe(
      "3+ 2- 1+",
    );
  });

  it("has no page at a guard, which has the entry of a swapped page", async () => {
    expect(await stretches([PRESENT, SWAPPED | GUARD | PLACE, PRESENT])).toBe("1+ 1- 1+");
  });

  it("distinguishes copies, also swapped ones, from pages of a file, also of shared memory in swap", async () => {
    const entries = [PRESENT, PRESENT | OF_FILE, SWAPPED | PLACE, SWAPPED | OF_FILE | PLACE, PRESENT];
    expect(await stretches(entries, entries.length, "copied")).toBe("1+ 1- 1+ 1- 1+");
    expect(await stretches(entries)).toBe("5+");
  });

  it("has no page behind the end of the entries", async () => {
    expect(await stretches([PRESENT], 3)).toBe("1+ 2-");
  });

  it.each([2048, 2049, 32 * 1024 + 5])(
    "joins pages that are not there across %i pages, and gives those that are there in parts",
    async (pages) => {
      const none = Array.from({ length: pages }, () => 0n);
      expect(await stretches([...none, PRESENT])).toBe(`${pages}- 1+`);
      const all = Array.from({ length: pages }, () => PRESENT);
      expect(await stretches(all)).toBe(pages > 32 * 1024 ? "32768+ 5+" : `${pages}+`);
    },
  );
});
