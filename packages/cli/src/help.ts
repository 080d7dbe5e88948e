/** Help texts, made from the definitions of the commands. */
import { COMMON_OPTIONS, type Command } from "./command.js";
import { EXIT_STATUS_HELP } from "./exit-status.js";
import type { HelpTopic } from "./help-topic.js";
import { LIMIT_HELP } from "./limit-option.js";
import type { OptionSpec } from "./options.js";
import { columns, type Detail, type Row, wrapped } from "./terminal/columns.js";

/** The commands below one question, with their summaries. */
export interface HelpGroup {
  readonly title: string;
  readonly commands: readonly Pick<Command, "name" | "summary">[];
}

const DEFAULT_WIDTH = 80;
/** The narrowest lines that help is written in. */
const LEAST_WIDTH = 40;

/** The width of the terminal, or of the variable COLUMNS. */
function helpWidth(): number {
  const width = Number(process.env["COLUMNS"] ?? "") || process.stdout.columns || DEFAULT_WIDTH;
  return Math.max(width, LEAST_WIDTH);
}

export function generalHelp(groups: readonly HelpGroup[], width = helpWidth()): string {
  // One width of the left column for all groups.
  const widest = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  const listed = groups.map(({ title, commands }) => {
    const rows = commands.map(({ name, summary }): Row => [name.padEnd(widest), summary]);
    return `${title}\n${columns(rows, width)}`;
  });
  const paragraphs = [
    "FILE is a path, an http: or https: URL, or `-` for standard input; pipes and sockets are read in the same way as standard input. Data goes to standard output, everything else to standard error.",
    ...EXIT_STATUS_HELP,
    `msl help COMMAND shows the options and examples of a command, msl help ${LIMIT_HELP.name} ${LIMIT_HELP.summary}.`,
  ];
  return `Usage: msl COMMAND FILE... [options]

Reads, checks, questions and rewrites Memory Slice (.msl) captures.

${listed.join("\n\n")}

Options of every command:
${columns([...optionRows(COMMON_OPTIONS), ["-V, --version", "show the version of this program"]], width)}

${paragraphs.map((paragraph) => wrapped(paragraph, width).join("\n")).join("\n")}
`;
}

export function commandHelp(command: Command, width = helpWidth()): string {
  const { summary, options } = command;
  return `Usage: ${usageLine(command)}

${sentence(summary)}

Options:
${columns(optionRows({ ...options, ...COMMON_OPTIONS }), width)}

${explained(command, width)}`;
}

export function topicHelp(topic: HelpTopic, width = helpWidth()): string {
  return `Usage: ${topic.usage}

${explained(topic, width)}`;
}

/** Paragraphs, tables and examples. */
function explained({ details, examples }: Pick<HelpTopic, "details" | "examples">, width: number): string {
  const blocks = blocksOf(details).map((block) =>
    typeof block === "string" ? wrapped(block, width).join("\n") : columns(block, width),
  );
  const shown = examples.map(([line, text]) => {
    const parts = wrapped(text, width - 6).map((part) => `      ${part}`);
    return `  ${line}\n${parts.join("\n")}`;
  });
  return `${blocks.join("\n")}

Examples:
${shown.join("\n")}
`;
}

/** For example "msl read FILE ADDRESS [LENGTH] [options]". */
export function usageLine({ name, operands }: Pick<Command, "name" | "operands">): string {
  return ["msl", name, operands, "[options]"].filter((word) => word !== "").join(" ");
}

export function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

/** Options and their help, for tables. */
export function optionRows(options: Readonly<Record<string, OptionSpec>>): Row[] {
  return Object.entries(options).map(([name, { short, value, help }]) => [
    `${short ? `-${short}, ` : ""}--${name}${value ? ` ${value}` : ""}`,
    help,
  ]);
}

/** Paragraphs and tables. Lines are one paragraph up to the line that ends with a full stop or a colon. */
export function blocksOf(details: readonly Detail[]): (string | readonly Row[])[] {
  const blocks: (string | readonly Row[])[] = [];
  let isOpen = false;
  for (const detail of details) {
    const last = blocks.at(-1);
    if (typeof detail === "string" && isOpen && typeof last === "string") blocks[blocks.length - 1] = `${last} ${detail}`;
    else blocks.push(detail);
    isOpen = typeof detail === "string" && !/[.:]$/.test(detail);
  }
  return blocks;
}
