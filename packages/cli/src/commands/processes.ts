import type { Command } from "../command.js";
import { entriesOf } from "../tables/block-payloads.js";
import { PROCESSES } from "../tables/processes-table.js";
import { tableCommand } from "../tables/table-command.js";

export const processes: Command = tableCommand({
  table: PROCESSES,
  summary: "list the processes of the system",
  details: ["A line for each process of the Process Table; a star marks the captured process. Times are in UTC."],
  examples: [["msl processes evidence.msl --sort startTimeNs", "The processes of the system, the oldest first."]],
  read: (capture, signal) => entriesOf(capture, "ProcessTable", signal),
});
