import type { Command } from "../command.js";
import { entriesOf } from "../tables/block-payloads.js";
import { CONNECTIONS } from "../tables/connections-table.js";
import { tableCommand } from "../tables/table-command.js";

export const connections: Command = tableCommand({
  table: CONNECTIONS,
  summary: "list the network connections of the system",
  details: ["A line for each connection of the Connection Table; a star stands for port 0."],
  examples: [
    ["msl connections evidence.msl", "Addresses and ports of all connections."],
    ["msl connections evidence.msl --json", "The same as a document."],
  ],
  read: (capture, signal) => entriesOf(capture, "ConnectionTable", signal),
});
