import type { Command } from "../command.js";
import { showTables, tableDetails, tableOptions } from "../tables/table-command.js";
import { registerRows, threadRows } from "../tables/thread-rows.js";
import { REGISTERS, THREADS } from "../tables/threads-table.js";

export const threads: Command = {
  name: "threads",
  summary: "list the threads, and where each of them was",
  operands: "FILE...",
  options: {
    registers: { type: "boolean", help: "list the registers of all threads, in place of the threads" },
    ...tableOptions(THREADS),
  },
  details: [
    "A line for each thread: its id, its state, the number of its registers, its program counter and its stack pointer in hexadecimal, each with the module",
    "and the offset in it, or the type of the region. A star marks the current thread, an exclamation mark one that crashed the process.",
    `--registers: a line for each register, with its role, and where its value points to. --sort takes ${REGISTERS.columns.map(({ name }) => name).join(", ")}.`,
    "In this table, long names of registers end in …; --json and --csv have them in full.",
    "Registers and memory were read at different moments: no captured page needs to contain an address.",
    ...tableDetails(THREADS),
  ],
  examples: [
    ["msl threads evidence.msl", "where each thread was."],
    ["msl threads evidence.msl --registers --ndjson", "all registers, a line of JSON for each."],
  ],
  run: (invocation) => {
    if (invocation.options["registers"] === true) return showTables(REGISTERS, registerRows, invocation);
    return showTables(THREADS, threadRows, invocation);
  },
};
