/** Finds the command, parses its options, runs it, and turns its outcome or its error into an exit status. */
import { parseArgs } from "node:util";
import { MslError } from "@memslice/msl";
import { COMMON_OPTIONS, type Command, type Invocation, parserOptions } from "./command.js";
import { COMMAND_GROUPS, type CommandEntry } from "./command-table.js";
import { ExitStatus, statusOfError } from "./exit-status.js";
import { commandHelp, generalHelp, type HelpGroup, topicHelp } from "./help.js";
import { Interruption } from "./interruption.js";
import { LIMIT_HELP, needlessNumber } from "./limit-option.js";
import type { Options } from "./options.js";
import { errorWidth, type Format, Output } from "./output.js";
import { forgetOptionKeys } from "./secrets/key-options.js";
import { ignoreStreamErrors, type StandardOutput } from "./streams/standard-output.js";
import { withSuggestion } from "./suggestion.js";
import { hanging } from "./terminal/columns.js";
import { safeText } from "./terminal/safe-text.js";
import { COLOR_CHOICES, type ColorChoice } from "./terminal/style.js";

const HELP = { name: "help", summary: "show this help, or the help of a command: msl help COMMAND" } as const;
const COMPLETION: CommandEntry = {
  name: "completion",
  load: async () => (await import("./completion.js")).completionOf(COMMAND_GROUPS),
};
const COMMANDS: readonly CommandEntry[] = [...COMMAND_GROUPS.flatMap(({ commands }) => commands), COMPLETION];
const NAMES: readonly string[] = [...COMMANDS.map(({ name }) => name), HELP.name];

/** Runs the command that the words name, and returns the exit status of the process. */
export async function runProgram(words: readonly string[], standardOutput: StandardOutput): Promise<ExitStatus> {
  const interruption = new Interruption();
  interruption.listen();
  ignoreStreamErrors();
  return interruption.endStatus(await new Program(standardOutput, interruption.signal).run(words));
}

class Program {
  readonly #standardOutput: StandardOutput;
  readonly #signal: AbortSignal;

  constructor(standardOutput: StandardOutput, signal: AbortSignal) {
    this.#standardOutput = standardOutput;
    this.#signal = signal;
  }

  async run([name, ...rest]: readonly string[]): Promise<ExitStatus> {
    if (name === undefined) return helpWithoutCommand();
    // The version was printed, unless standard output lost it.
    if (name === "--version" || name === "-V") return this.#say("");
    if (name === HELP.name || name === "--help" || name === "-h") return this.#help(rest[0]);
    const command = await commandNamed(name);
    if (!command) return unknownCommand(name);
    const parsed = parse(command, rest);
    if (typeof parsed === "string") return usageError(parsed);
    if (parsed.options["help"] === true) return this.#say(commandHelp(command));
    const output = this.#outputOf(parsed.options);
    return output.endStatus(await workStatus(command, { ...parsed, output, signal: this.#signal }));
  }

  async #help(name: string | undefined): Promise<ExitStatus> {
    if (name === undefined || name === HELP.name) return this.#say(generalHelp(await helpGroups()));
    if (name === LIMIT_HELP.name) return this.#say(topicHelp(LIMIT_HELP));
    const command = await commandNamed(name);
    return command ? this.#say(commandHelp(command)) : unknownCommand(name, [...NAMES, LIMIT_HELP.name]);
  }

  async #say(text: string): Promise<ExitStatus> {
    const output = this.#outputOf({});
    await output.write(text);
    return output.endStatus(ExitStatus.Done);
  }

  #outputOf(options: Options): Output {
    return new Output(this.#standardOutput, {
      format: formatOf(options),
      color: (options["color"] as ColorChoice | undefined) ?? "auto",
      quiet: options["quiet"] === true,
      verbose: options["verbose"] === true,
    });
  }
}

async function commandNamed(name: string): Promise<Command | undefined> {
  return COMMANDS.find((entry) => entry.name === name)?.load();
}

async function helpGroups(): Promise<HelpGroup[]> {
  const groups = COMMAND_GROUPS.map(async ({ title, commands }) => ({
    title,
    commands: await Promise.all(commands.map(({ load }) => load())),
  }));
  return [...(await Promise.all(groups)), { title: "The command itself", commands: [HELP, await COMPLETION.load()] }];
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

/** The operands and options, or a sentence that says why they are refused. */
function parse(command: Command, words: readonly string[]): { files: string[]; options: Options } | string {
  const known = { ...COMMON_OPTIONS, ...command.options };
  const help = `msl help ${command.name}`;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: parserOptions(known), allowPositionals: true });
    const parsed = values as Options;
    if (!COLOR_CHOICES.some((choice) => choice === (parsed["color"] ?? "auto"))) {
      return `--color takes ${COLOR_CHOICES.join(", ")}; see: ${help}`;
    }
    if (parsed["json"] === true && parsed["ndjson"] === true) return `--json and --ndjson exclude each other; see: ${help}`;
    const needless = needlessNumber(known["limit"], parsed);
    if (needless !== undefined) return `${needless}; see: ${help}`;
    return { files: positionals, options: parsed };
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/\. To specify a positional.*$/s, "") : String(error);
    const [, option] = /^Unknown option '--([^']+)'/.exec(message) ?? [];
    return withSuggestion(message, { word: option ?? "", known: Object.keys(known), prefix: "--" }, help);
  }
}

function formatOf(options: Options): Format {
  if (options["json"] === true) return "json";
  return options["ndjson"] === true ? "ndjson" : "text";
}

/** Prints the help for a call without a command. The status is `Usage`: for a script that lost its arguments, the call is no success. */
async function helpWithoutCommand(): Promise<ExitStatus> {
  process.stderr.write(generalHelp(await helpGroups()));
  return ExitStatus.Usage;
}

function unknownCommand(name: string, known = NAMES): ExitStatus {
  return usageError(withSuggestion(`There is no command ${JSON.stringify(name)}`, { word: name, known }, "msl help"));
}

function usageError(sentence: string): ExitStatus {
  process.stderr.write(`${hanging("msl: ", safeText(sentence), errorWidth())}\n`);
  return ExitStatus.Usage;
}
