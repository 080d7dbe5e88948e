#!/usr/bin/env node
/** The program `msl`: finds the command, parses its options, runs it, and turns its outcome or its error into an exit status. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command, type Invocation, parserOptions } from "./command.js";
import { blocks } from "./commands/blocks.js";
import { compare } from "./commands/compare.js";
import { connections } from "./commands/connections.js";
import { dump } from "./commands/dump.js";
import { entropy } from "./commands/entropy.js";
import { handles } from "./commands/handles.js";
import { info } from "./commands/info.js";
import { keygen } from "./commands/keygen.js";
import { keys } from "./commands/keys.js";
import { maps } from "./commands/maps.js";
import { modules } from "./commands/modules.js";
import { pointers } from "./commands/pointers.js";
import { processes } from "./commands/processes.js";
import { search } from "./commands/search.js";
import { strings } from "./commands/strings.js";
import { system } from "./commands/system.js";
import { transcode } from "./commands/transcode.js";
import { verify } from "./commands/verify.js";
import { ExitStatus, statusOfError } from "./exit-status.js";
import { commandHelp, generalHelp } from "./help.js";
import { Interruption } from "./interruption.js";
import type { Options } from "./options.js";
import { type Format, Output } from "./output.js";
import { forgetOptionKeys } from "./secrets/key-options.js";
import { ignoreStreamErrors, StandardOutput } from "./streams/standard-output.js";
import { safeText } from "./terminal/safe-text.js";
import type { ColorChoice } from "./terminal/style.js";

/** In the order in which help lists them. */
const COMMANDS: readonly Command[] = [
  info,
  verify,
  blocks,
  dump,
  maps,
  modules,
  processes,
  connections,
  handles,
  system,
  search,
  strings,
  entropy,
  pointers,
  keys,
  compare,
  transcode,
  keygen,
];

const interruption = new Interruption();
interruption.listen();
ignoreStreamErrors();
const standardOutput = new StandardOutput();

process.exitCode = interruption.endStatus(await main(process.argv.slice(2)));

async function main(words: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = words;
  if (name === undefined) return helpWithoutCommand();
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
    // The loss of standard output has been reported already, or its reader closed it on purpose: no further message.
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

/** The operands and options, or a sentence that says why they are refused. */
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

/** Prints the help for a call without a command. The status is `Usage`: for a script that lost its arguments, the call is no success. */
function helpWithoutCommand(): ExitStatus {
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
