/** Help texts, derived from the commands' own tables. */
import { COMMON_OPTIONS, type Command } from "./command.js";
import type { OptionSpec } from "./options.js";

export function generalHelp(commands: readonly Command[]): string {
  return `Usage: msl COMMAND FILE... [options]

Reads and rewrites Memory Slice (.msl) captures.

Commands:
${commands.map(({ name, summary }) => `  ${name.padEnd(11)}${summary}`).join("\n")}
  ${"help".padEnd(11)}this text, or that of a command: msl help COMMAND

Options of every command:
${optionLines(COMMON_OPTIONS)}
  ${"--version".padEnd(22)}the version of this program

Data goes to standard output, everything else to standard error.
Exit status: 0 done, 1 altered or found what the command looks for, 2 wrong usage, 3 not readable as MSL,
4 incomplete, 130 interrupted.
`;
}

export function commandHelp({ name, summary, operands, options, details }: Command): string {
  return `Usage: msl ${name} ${operands} [options]

${summary[0]?.toUpperCase()}${summary.slice(1)}.

Options:
${optionLines({ ...options, ...COMMON_OPTIONS })}

${details.join("\n")}
`;
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  return Object.entries(options)
    .map(
      ([name, { short, value, help }]) =>
        `  ${`${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`.padEnd(22)}${help}`,
    )
    .join("\n");
}
