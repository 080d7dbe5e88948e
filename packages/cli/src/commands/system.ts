import type { Command } from "../command.js";
import { SYSTEM, systemRows } from "../tables/system-table.js";
import { tableCommand } from "../tables/table-command.js";

export const system: Command = tableCommand({
  table: SYSTEM,
  summary: "show the system, the operator and the case",
  details: [
    "What the System Context says: the host, its operating system and start, who took the capture, the case, and the tables of the capture.",
  ],
  examples: [["msl system evidence.msl", "The system, its boot time and who captured it."]],
  read: systemRows,
});
