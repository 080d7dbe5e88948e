#!/usr/bin/env node
/** The `msl` command: finds the command, reads its options, runs it, and turns what happens into an exit status. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command, type Invocation, parserOptions } from "./command.js";
import { COMMANDS } from "./commands/index.js";
import { ExitStatus, statusOfError } from "./exit-status.js";
import { commandHelp, generalHelp } from "./help.js";
import { Interruption } from "./interruption.js";
import type { Options } from "./options.js";
import { type Format, Output } from "./output.js";
import { forgetOptionKeys } from "./secrets/key-options.js";
import { hearStreamErrors, StandardOutput } from "./streams/standard-output.js";
import { safeText } from "./terminal/safe-text.js";
import type { ColorChoice } from "./terminal/style.js";

const interruption = new Interruption();
interruption.listen();
hearStreamErrors();
const standardOutput = new StandardOutput();

process.exitCode = interruption.endStatus(await main(process.argv.slice(2)));

async function main(words: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = words;
  if (name === undefined) return helpUnasked();
  if (name === "help" || name === "--help" || name === "-h") return help(rest[0]);
  if (name === "--version" || name === "-V") return say(`${version()}\n`);
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) return usageError(`There is no command ${JSON.stringify(name)}; see: msl help`);
  const parsed = parse(command, rest);
  if (typeof parsed === "string") return usageError(`${parsed}; see: msl help ${command.name}`);
  if (parsed.options["help"] === true) return say(commandHelp(command));
  return run(command, parsed.files, parsed.options);
}

async function run(command: Command, files: readonly string[], options: Options): Promise<ExitStatus> {
  const output = outputOf(options);
  return output.endStatus(await workStatus(command, { files, options, output, signal: interruption.signal }));
}

async function workStatus(command: Command, invocation: Invocation): Promise<ExitStatus> {
  const { output, options } = invocation;
  try {
    return await command.run(invocation);
  } catch (error) {
    const failure =
      error instanceof MslError
        ? error
        : new MslError("internal", `Unexpected failure, please report it: ${String(error)}`, { cause: error });
    // Standard output that took no more has been told, or was closed by who does not want to hear of it.
    if (failure.code === "sink" && !output.open) return output.lossStatus;
    await output.failure(command.name, undefined, failure);
    return statusOfError(failure);
  } finally {
    await forgetOptionKeys(options);
  }
}

function outputOf(options: Options): Output {
  return new Output(standardOutput, {
    format: formatOf(options),
    color: (options["color"] as ColorChoice | undefined) ?? "auto",
    quiet: options["quiet"] === true,
    verbose: options["verbose"] === true,
  });
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

async function help(name: string | undefined): Promise<ExitStatus> {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (name !== undefined && !command) return usageError(`There is no command ${JSON.stringify(name)}; see: msl help`);
  return say(command ? commandHelp(command) : generalHelp(COMMANDS));
}

function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return manifest.version;
}

/** Nothing was asked for, and a script that lost its words must not take it for done. */
function helpUnasked(): ExitStatus {
  process.stderr.write(generalHelp(COMMANDS));
  return ExitStatus.Usage;
}

async function say(text: string): Promise<ExitStatus> {
  const output = outputOf({});
  await output.write(text);
  return output.endStatus(ExitStatus.Done);
}

function usageError(sentence: string): ExitStatus {
  process.stderr.write(`msl: ${safeText(sentence)}\n`);
  return ExitStatus.Usage;
}
