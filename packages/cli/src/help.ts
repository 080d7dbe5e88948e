/** Help texts, made from the definitions of the commands. */
import { COMMON_OPTIONS, type Command } from "./command.js";
import { EXIT_STATUS_HELP } from "./exit-status.js";
import type { OptionSpec } from "./options.js";
import { columns, type Row } from "./terminal/columns.js";

export function generalHelp(commands: readonly Command[]): string {
  const listed = [
    ...commands.map(({ name, summary }): Row => [name, summary]),
    ["help", "show this help, or the help of a command: msl help COMMAND"] as const,
  ];
  return `Usage: msl COMMAND FILE... [options]

Reads and rewrites Memory Slice (.msl) captures.

Commands:
${columns(listed)}

Options of every command:
${columns([...optionRows(COMMON_OPTIONS), ["-V, --version", "show the version of this program"]])}

FILE is a path, an http: or https: URL, or \`-\` for standard input; pipes and sockets are read in the same way as standard input.
Data goes to standard output, everything else to standard error.
${EXIT_STATUS_HELP}
`;
}

export function commandHelp({ name, summary, operands, options, details }: Command): string {
  return `Usage: ${["msl", name, operands, "[options]"].filter((word) => word !== "").join(" ")}

${summary[0]?.toUpperCase()}${summary.slice(1)}.

Options:
${columns(optionRows({ ...options, ...COMMON_OPTIONS }))}

${details.join("\n")}
`;
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): Row[] {
  return Object.entries(options).map(([name, { short, value, help }]) => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    help,
  ]);
}
