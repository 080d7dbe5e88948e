/** The table of unmapped runs in a dump of an adversary: work and memory follow the file, and no failed page becomes an unmapped one. */
import { BytesSink } from "@memslice/msl";
import { describe, expect, it, vi } from "vitest";
import { exportElfCore } from "../src/index.js";
import { RUNS_MOST, UnmappedRuns } from "../src/own/unmapped-runs.js";
import { smallCapture } from "./export/small-capture.js";
import { MinidumpFixture, pattern } from "./minidump/fixture.js";
import { elfCore } from "./support/elf-core-builder.js";
import { imported } from "./support/imported.js";

const PAGE = 0x1000n;

type Run = readonly [start: bigint, bytes: bigint];

/** u64 number of runs, and u64 address and u64 bytes of each. */
function tableOf(runs: readonly Run[]): Uint8Array {
  const table = new BigUint64Array(1 + 2 * runs.length);
  table[0] = BigInt(runs.length);
  for (const [row, run] of runs.entries()) table.set(run, 1 + 2 * row);
  return new Uint8Array(table.buffer);
}

/** A run of one page at every second page from `base` on. */
const everySecond = (count: number, base = 0x10000n): Run[] =>
  Array.from({ length: count }, (_, row) => [base + 2n * PAGE * BigInt(row), PAGE]);

const coreWith = (runs: readonly Run[], loads: readonly (readonly [vaddr: bigint, memsz: bigint])[]) =>
  elfCore({
    loads: loads.map(([vaddr, memsz]) => ({ vaddr, memsz })),
    notes: [{ name: "memslice", type: 0x4d534c02, desc: tableOf(runs) }],
  });

describe("a table of unmapped runs", () => {
  it("is used for no segment that shares addresses with another, each run once at most, and the report says so", async () => {
    const within = vi.spyOn(UnmappedRuns.prototype, "within");
    const runs = everySecond(1000);
    const shared = Array.from({ length: 50 }, (_, row) => [0x10000n + PAGE * BigInt(row), 2000n * PAGE] as const);
    const apart = [0x9000_0000n, 4n * PAGE] as const;
    const table = [...runs, [0x9000_1000n, 2n * PAGE] as const];
    const { report } = await imported(coreWith(table, [...shared, apart]));
    const asked = within.mock.calls.length;
    within.mockRestore();
    expect(report.pages).toMatchObject({ captured: { pages: 0 }, failed: { pages: 50 * 2000 + 2 }, unmapped: { pages: 2 } });
    expect(report.damaged.join()).toContain("the page states of 50 regions: other regions have the same addresses");
    // Once for each segment when the states are settled, and for the one that has them when pages are counted and written.
    expect(asked).toBe(51 + 2);
  });

  it("with 10,000 runs in one segment is kept whole, in regions of 1024 spans at most", async () => {
    const { report, capture } = await imported(coreWith(everySecond(10_000), [[0x10000n, 20_000n * PAGE]]));
    expect(report.pages).toMatchObject({ failed: { pages: 10_000 }, unmapped: { pages: 10_000 } });
    expect(report.damaged).toEqual([]);
    const found: string[] = [];
    for await (const { start, end, state } of capture.memory.states()) found.push(`${state} ${start} ${end}`);
    const expected = everySecond(10_000).flatMap(([start]) => [
      `unmapped ${start} ${start + PAGE}`,
      `failed ${start + PAGE} ${start + 2n * PAGE}`,
    ]);
    expect(found).toEqual(expected);
    expect(report.regions).toBe(20);
  });

  it("with runs inside of pages makes no page unmapped that they do not have whole", async () => {
    const runs = [
      [0x10100n, 0xf00n],
      [0x11800n, 0x1a00n],
      [0x14000n, 0x1800n],
    ] as const;
    const { capture } = await imported(coreWith(runs, [[0x10000n, 8n * PAGE]]));
    const found: string[] = [];
    for await (const { start, end, state } of capture.memory.states())
      found.push(`${state} ${start.toString(16)}-${end.toString(16)}`);
    expect(found).toEqual([
      "failed 10000-12000",
      "unmapped 12000-13000",
      "failed 13000-14000",
      "unmapped 14000-15000",
      "failed 15000-18000",
    ]);
  });

  it("states the small pages of a segment that is smaller than a page", async () => {
    const { report } = await imported(coreWith([[0x10000n, 0x400n]], [[0x10000n, 3500n]]));
    expect(report.pages).toMatchObject({ failed: { pages: 3 }, unmapped: { pages: 1, bytes: 1024n } });
  });

  it("with more runs than the bound is damage: all pages are failed", async () => {
    const most = await imported(coreWith(everySecond(RUNS_MOST), [[0x10000n, 2n * PAGE * BigInt(RUNS_MOST)]]));
    expect(most.report.pages.unmapped.pages).toBe(RUNS_MOST);
    const more = await imported(coreWith(everySecond(RUNS_MOST + 1), [[0x10000n, 2n * PAGE * BigInt(RUNS_MOST)]]));
    expect(more.report.pages.unmapped.pages).toBe(0);
    expect(more.report.damaged.join()).toContain("has no table of page states: absent pages are taken for failed");
  });

  it("is left out of exports with more runs, which name it as missing", async () => {
    const pages = Array.from({ length: 2 * RUNS_MOST + 1 }, (_, page): "unmapped" | "failed" =>
      page % 2 === 0 ? "unmapped" : "failed",
    );
    const { notes } = await exportElfCore(await smallCapture({ regions: [{ base: 0x10000n, pages }] }), new BytesSink());
    expect(notes.find(({ subject }) => subject === "PageStates")?.message).toContain(
      `a note of memslice with the states is missing, since there are more than ${RUNS_MOST} runs`,
    );
  });

  it("leaves the pages of a range of a minidump failed whose bytes lie behind the end of the file", async () => {
    const dump = new MinidumpFixture()
      .systemInfo()
      .stream(0x4d534c02, tableOf([[0x10000n, 8n * PAGE]]))
      .memoryInfo([
        { base: 0x10000n, size: 4n * PAGE },
        { base: 0x16000n, size: PAGE },
      ])
      .memory64([[0x10000n, pattern(0x4000, 1)]])
      .done();
    const { report } = await imported(dump.subarray(0, dump.length - 0x2800));
    expect(report.pages).toMatchObject({ captured: { pages: 1 }, failed: { pages: 3 }, unmapped: { pages: 1 } });
    expect(report.damaged.join()).toContain("the page states of 1 region");
  });

  it("leaves a page of a minidump failed whose first bytes it lacks", async () => {
    const dump = new MinidumpFixture()
      .systemInfo()
      .stream(0x4d534c02, tableOf([[0x10000n, 4n * PAGE]]))
      .memoryInfo([{ base: 0x10000n, size: 4n * PAGE }])
      .memory64([[0x11f10n, pattern(0x10, 1)]])
      .done();
    const { report } = await imported(dump);
    expect(report.pages.unmapped.pages).toBe(0);
  });
});
