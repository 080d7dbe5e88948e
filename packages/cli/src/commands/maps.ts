import type { Command } from "../command.js";
import { REGIONS, regionRows } from "../tables/regions-table.js";
import { tableCommand } from "../tables/table-command.js";

export const maps: Command = tableCommand({
  table: REGIONS,
  summary: "list the regions of memory and their pages by state",
  details: [
    "A line for each region as in /proc/PID/maps, in the order of addresses: its addresses, its protection, its pages captured, failed and unmapped, its",
    "type, and the module that contains its first address. Behind the protection, g means guard pages, and c copy on write.",
  ],
  examples: [
    ["msl maps evidence.msl", "The regions, as /proc/PID/maps shows them."],
    ["msl maps evidence.msl --sort captured --reverse --limit 10", "The ten regions with the most captured pages."],
  ],
  read: regionRows,
});
