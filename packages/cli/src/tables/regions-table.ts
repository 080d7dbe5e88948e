/** The table of `msl maps`: regions of memory, and their pages by state. */
import type { Capture, PageTally, Problem, Region } from "@memslice/msl";
import { sortInSlices, TimeSlice } from "@memslice/msl/work";
import { protectionText } from "../documents/protection-text.js";
import { withLimitOptions } from "../limit-option.js";
import { inTurns } from "../turns.js";
import { missingContent } from "./block-payloads.js";
import type { Table, TableContent } from "./column.js";

interface RegionPages {
  readonly tally: PageTally;
  /** Captured pages that lack some or all of their bytes. */
  readonly missing: number;
  /** Bytes of all captured pages, and how many of these bytes the capture has. */
  readonly needed: number;
  readonly held: number;
  readonly problem: Problem | undefined;
}

export interface RegionRow extends Omit<RegionPages, "problem"> {
  readonly region: Region;
  /** The path of the module that contains the first address; undefined if there is none. */
  readonly module: string | undefined;
}

const DIGITS = 12;

export const REGIONS: Table<RegionRow> = {
  name: "maps",
  list: "regions",
  about:
    "The document of `msl maps --json`: the regions of memory in the order of addresses. `block` is the index of the first block of the region, `end` the address behind the last one, `protection` the sum of the bits 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. `captured`, `failed`, `unmapped` and `reserved` count pages of `pageSize` bytes by their state, `missing` the captured pages whose bytes the capture lacks. `module` is the one that contains the first address.",
  columns: [
    {
      name: "start",
      type: "address",
      value: ({ region }) => region.baseAddr,
      shown: { heading: "address", text: ({ region }) => `${digits(region.baseAddr)}-${digits(region.endAddr)}` },
    },
    { name: "end", type: "address", value: ({ region }) => region.endAddr, shown: "never" },
    { name: "size", type: "decimal", value: ({ region }) => region.regionSize, shown: "never" },
    {
      name: "protection",
      type: "count",
      value: ({ region }) => region.head.protection,
      shown: { heading: "prot", text: ({ region }) => protectionText(region.head.protection) },
    },
    { name: "pageSize", type: "count", value: ({ region }) => region.head.pageSize, shown: "never" },
    { name: "captured", type: "count", value: ({ tally }) => tally.captured },
    { name: "failed", type: "count", value: ({ tally }) => tally.failed },
    { name: "unmapped", type: "count", value: ({ tally }) => tally.unmapped },
    { name: "reserved", type: "count", value: ({ tally }) => tally.reserved, shown: "ifAny" },
    { name: "missing", type: "count", value: ({ missing }) => missing, shown: "ifAny" },
    { name: "block", type: "count", value: ({ region }) => region.block.index, shown: "never" },
    { name: "salvaged", type: "boolean", value: ({ region }) => region.salvaged, shown: "ifAny" },
    { name: "type", type: "text", whole: true, value: ({ region }) => region.head.regionTypeName },
    { name: "module", type: "text", optional: true, value: ({ module }) => module, shown: "ifAny" },
  ],
};

function digits(address: bigint): string {
  return address.toString(16).padStart(DIGITS, "0");
}

/** The regions in the order of their addresses; those with the same address in file order. */
export async function regionRows(capture: Capture, signal: AbortSignal): Promise<TableContent<RegionRow>> {
  const rows: RegionRow[] = [];
  const problems = missingContent(capture, "MemoryRegions");
  for await (const region of inTurns(await capture.regions(signal), signal)) {
    const { problem, ...pages } = await regionPages(region, signal);
    if (problem) problems.push(`Region at 0x${region.baseAddr.toString(16)}: ${withLimitOptions(problem.message)}`);
    rows.push({ region, ...pages, module: (await capture.moduleAt(region.baseAddr, signal))?.path });
  }
  for (const { block, problem } of await capture.unreadableRegions(signal))
    problems.push(`Region in block ${block.index}: ${withLimitOptions(problem.message)}`);
  const before = (a: number, b: number) => (rows[a]?.region.baseAddr ?? 0n) < (rows[b]?.region.baseAddr ?? 0n);
  const order = await sortInSlices(Uint32Array.from(rows.keys()), before, new TimeSlice(signal));
  return { rows: Array.from(order, (i) => rows[i]).filter((row) => row !== undefined), problems };
}

/** The pages of a region by their state, and how many of the captured ones the capture holds. */
export async function regionPages(region: Region, signal: AbortSignal): Promise<RegionPages> {
  const tally = (await region.pages(signal)).tally();
  const { problem } = await region.check(signal);
  // Page data above a limit was not decompressed: all captured pages count as missing.
  if (problem?.id === "CMP-LIMIT") return { tally, missing: tally.captured, needed: 0, held: 0, problem };
  const { needed, held, missingPages } = await region.pageDataExtent(signal);
  return { tally, missing: missingPages, needed, held, problem };
}
