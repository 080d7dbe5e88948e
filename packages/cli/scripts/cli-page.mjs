/** docs/cli.md: the manual of `msl`, written from the definitions of the commands. */
import { COMMON_OPTIONS } from "../src/command.js";
import { COMMAND_GROUPS } from "../src/command-table.js";
import { completionOf } from "../src/completion.js";
import { EXIT_STATUS_HELP } from "../src/exit-status.js";
import { blocksOf, optionRows, sentence, usageLine } from "../src/help.js";

/** The table of limits stands in one page for all commands. */
const LIMITS =
  "The [limits](command-line.md#limits) that `--limit` sets bound the work and the memory that a capture can demand.";

/** The page by its path in docs/. */
export async function cliPage() {
  const own = { title: "The command itself", commands: [{ load: async () => completionOf(COMMAND_GROUPS) }] };
  const groups = await Promise.all(
    [...COMMAND_GROUPS, own].map(async ({ title, commands }) => ({
      title,
      commands: await Promise.all(commands.map(({ load }) => load())),
    })),
  );
  const overview = groups.map(
    ({ title, commands }) => `| ${title} | ${commands.map(({ name }) => `[\`${name}\`](#msl-${name})`).join(", ")} |`,
  );
  return {
    "cli.md": `# The commands of msl

Written by \`npm run reference\` from the definitions of the commands; \`msl help COMMAND\` prints the same. [The command line](command-line.md) says what all
commands have in common: exit statuses, streams, signals, limits. [Ten minutes with a capture](triage.md) shows which command answers which question.

| Question | Commands |
|---|---|
${overview.join("\n")}

Options of every command:

${table(optionRows(COMMON_OPTIONS))}

${EXIT_STATUS_HELP.join("\n\n")}

${groups.flatMap(({ commands }) => commands.map(manual)).join("\n")}`,
  };
}

function manual(command) {
  const { name, summary, options, details, examples } = command;
  const rows = optionRows(options);
  return `## msl ${name}

    ${usageLine(command)}

${sentence(summary)}

${rows.length === 0 ? "" : `${table(rows)}\n\n`}${blocksOf("limit" in options ? [...details, LIMITS] : details)
  .map((block) => (typeof block === "string" ? escaped(block) : table(block)))
  .join("\n\n")}

Examples:

${examples.map(([line, text]) => `* ${code(line)}: ${escaped(text)}`).join("\n")}
`;
}

function table(rows) {
  return `| | |\n|---|---|\n${rows.map(([left, right]) => `| ${code(left)} | ${escaped(right)} |`).join("\n")}`;
}

function code(text) {
  const marks = text.includes("`") ? "``" : "`";
  return `${marks}${text.replaceAll("|", "\\|")}${marks}`;
}

function escaped(text) {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
