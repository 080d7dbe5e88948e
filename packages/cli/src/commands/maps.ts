import type { Command } from "../command.js";
import { withLimitOptions } from "../limit-option.js";
import { missingContent } from "../tables/block-payloads.js";
import { regionPages } from "../tables/region-pages.js";
import { REGIONS, type RegionRow } from "../tables/regions-table.js";
import { tableCommand } from "../tables/table-command.js";
import { inTurns } from "../turns.js";

export const maps: Command = tableCommand({
  table: REGIONS,
  summary: "list the regions of memory and their pages by state",
  details: [
    "A line for each region as in /proc/PID/maps: its addresses, its protection, its pages captured, failed and unmapped, its type, and the module that",
    "contains its first address. Behind the protection, g means guard pages, and c copy on write.",
  ],
  examples: [
    ["msl maps evidence.msl", "The regions, as /proc/PID/maps shows them."],
    ["msl maps evidence.msl --sort captured --reverse --limit 10", "The ten regions with the most captured pages."],
  ],
  read: async (capture, { signal }) => {
    const rows: RegionRow[] = [];
    const problems = missingContent(capture, "MemoryRegions");
    for await (const region of inTurns(await capture.regions(signal), signal)) {
      const { problem, ...pages } = await regionPages(region, signal);
      if (problem) problems.push(`Region at 0x${region.baseAddr.toString(16)}: ${withLimitOptions(problem.message)}`);
      rows.push({ region, ...pages, module: (await capture.moduleAt(region.baseAddr, signal))?.path });
    }
    for (const { block, problem } of await capture.unreadableRegions(signal))
      problems.push(`Region in block ${block.index}: ${withLimitOptions(problem.message)}`);
    return { rows, problems };
  },
});
