/** The table of `msl maps`: regions of memory, and their pages by state. */
import type { PageTally, Region } from "@memslice/msl";
import { protectionText } from "../documents/protection-text.js";
import type { Table } from "./column.js";

export interface RegionRow {
  readonly region: Region;
  readonly tally: PageTally;
  /** Pages that are captured by their state, and whose bytes the capture lacks. */
  readonly missing: number;
  /** The path of the module that contains the first address; undefined if there is none. */
  readonly module: string | undefined;
}

const DIGITS = 12;

export const REGIONS: Table<RegionRow> = {
  name: "maps",
  list: "regions",
  about:
    "The document of `msl maps --json`: the regions of memory in file order. `end` is the address behind the last one, `protection` the sum of the bits 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. `captured`, `failed`, `unmapped` and `reserved` count pages of `pageSize` bytes by their state, `missing` the captured pages whose bytes the capture lacks. `module` is the one that contains the first address.",
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
    { name: "salvaged", type: "boolean", value: ({ region }) => region.salvaged, shown: "ifAny" },
    { name: "type", type: "text", value: ({ region }) => region.head.regionTypeName },
    { name: "module", type: "text", optional: true, value: ({ module }) => module, shown: "ifAny" },
  ],
};

function digits(address: bigint): string {
  return address.toString(16).padStart(DIGITS, "0");
}
