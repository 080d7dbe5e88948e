#!/usr/bin/env node
/** The `msl` command: finds the command, reads its options, runs it, and turns what happens into an exit status. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command, parserOptions } from "./command.js";
import { COMMANDS } from "./commands/index.js";
import { ExitStatus, statusOfError } from "./exit-status.js";
import { commandHelp, generalHelp } from "./help.js";
import type { Options } from "./options.js";
import { type Format, Output } from "./output.js";
import type { ColorChoice } from "./terminal/style.js";

const interruption = new AbortController();
process.once("SIGINT", () => interruption.abort());
// The reader of our output is gone: nothing is left to do.
process.stdout.on("error", (error: NodeJS.ErrnoException) =>
  process.exit(error.code === "EPIPE" ? ExitStatus.Done : ExitStatus.Usage),
);

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = words;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") return help(rest[0]);
  if (name === "--version") return say(`${version()}\n`);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) return usageError(`There is no command ${JSON.stringify(name)}; see: msl help`);
  const parsed = parse(command, rest);
  if (typeof parsed === "string") return usageError(`${parsed}; see: msl help ${command.name}`);
  if (parsed.options["help"] === true) return say(commandHelp(command));
  return run(command, parsed.files, parsed.options);
}

async function run(command: Command, files: readonly string[], options: Options): Promise<ExitStatus> {
  const output = new Output({
    format: formatOf(options),
    color: (options["color"] as ColorChoice | undefined) ?? "auto",
    quiet: options["quiet"] === true,
    verbose: options["verbose"] === true,
  });
  try {
    return await command.run({ files, options, output, signal: interruption.signal });
  } catch (error) {
    const failure =
      error instanceof MslError
        ? error
        : new MslError("internal", `Unexpected failure, please report it: ${String(error)}`, { cause: error });
    await output.failure(command.name, undefined, failure);
    return statusOfError(failure);
  }
}

/** The files and options, or a sentence that says what is wrong with them. */
function parse(command: Command, words: string[]): { files: string[]; options: Options } | string {
  try {
    const options = parserOptions({ ...COMMON_OPTIONS, ...command.options });
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true });
    const parsed = values as Options;
    if (!["auto", "always", "never"].includes(String(parsed["color"] ?? "auto"))) return "--color takes auto, always or never";
    if (parsed["json"] === true && parsed["ndjson"] === true) return "--json and --ndjson exclude each other";
    return { files: positionals, options: parsed };
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\. To specify a positional.*$/s, "") : String(error);
  }
}

function formatOf(options: Options): Format {
  if (options["json"] === true) return "json";
  return options["ndjson"] === true ? "ndjson" : "text";
}

function help(name: string | undefined): ExitStatus {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (name !== undefined && !command) return usageError(`There is no command ${JSON.stringify(name)}; see: msl help`);
  return say(command ? commandHelp(command) : generalHelp(COMMANDS));
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.version;
}

function say(text: string): ExitStatus {
  process.stdout.write(text);
  return ExitStatus.Done;
}

function usageError(sentence: string): ExitStatus {
  process.stderr.write(`msl: ${sentence}\n`);
  return ExitStatus.Usage;
}
