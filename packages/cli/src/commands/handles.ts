import type { Command } from "../command.js";
import { entriesOf } from "../tables/block-payloads.js";
import { HANDLES } from "../tables/handles-table.js";
import { tableCommand } from "../tables/table-command.js";

export const handles: Command = tableCommand({
  table: HANDLES,
  summary: "list the open files and handles of the system",
  details: ["A line for each entry of the Handle Table: its process, its number, its type, its path or name."],
  examples: [["msl handles evidence.msl --sort path", "Open files, sockets and others by path."]],
  read: (capture, signal) => entriesOf(capture, "HandleTable", signal),
});
