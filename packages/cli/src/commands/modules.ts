import type { Command } from "../command.js";
import { MODULES, moduleRows } from "../tables/modules-table.js";
import { tableCommand } from "../tables/table-command.js";

export const modules: Command = tableCommand({
  table: MODULES,
  summary: "list the modules of the process",
  details: ["A line for each module: its base, the size of its mapping, its version if one is known, its path."],
  examples: [
    ["msl modules evidence.msl --csv > modules.csv", "The modules for a spreadsheet."],
    ["msl modules *.msl --ndjson", "The modules of many captures, as JSON lines."],
  ],
  read: moduleRows,
});
