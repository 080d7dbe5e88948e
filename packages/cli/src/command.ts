/** The definition of a command: its name, its options, its help texts, and the function that runs it. */
import type { ParseArgsConfig } from "node:util";
import type { ExitStatus } from "./exit-status.js";
import { LIMIT_OPTION, openLimits } from "./limit-option.js";
import type { OptionSpec, Options } from "./options.js";
import type { Output } from "./output.js";
import { KEY_OPTIONS } from "./secrets/key-options.js";
import type { Detail, Row } from "./terminal/columns.js";
import { COLOR_CHOICES } from "./terminal/style.js";

/** One call of a command: its operands, the values of its options, its output, and the signal that cancels it. */
export interface Invocation {
  readonly files: readonly string[];
  readonly options: Options;
  readonly output: Output;
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line, without a full stop, for the list of commands in `msl help`. */
  readonly summary: string;
  /** The placeholders of the operands in help texts, such as FILE... */
  readonly operands: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** The text behind the options in `msl help COMMAND`. */
  readonly details: readonly Detail[];
  /** Whole command lines, each with a sentence that says its effect. */
  readonly examples: readonly Row[];
  run(invocation: Invocation): Promise<ExitStatus>;
}

/** Options of every command that opens captures for random access. */
export const OPEN_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...KEY_OPTIONS,
  ...LIMIT_OPTION,
  strict: { type: "boolean", help: "read as a pure 1.1 consumer would" },
  salvage: { type: "boolean", help: "after damage, search for the next block; also behind a file header that cannot be read" },
};

/** The values of `OPEN_OPTIONS`, without the key, as options of `openCapture`. */
export function openOptions({ options, signal }: Invocation) {
  return { strict: options["strict"] === true, salvage: options["salvage"] === true, signal, ...openLimits(options) };
}

/** Options that every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  color: { type: "string", value: "WHEN", words: COLOR_CHOICES, help: "colours: auto (default), always, never" },
  quiet: { type: "boolean", short: "q", help: "show no progress and no notes" },
  verbose: { type: "boolean", short: "v", help: "show every deviation in full" },
  help: { type: "boolean", short: "h", help: "show this help" },
};

/** The options in the form that `parseArgs` of node:util takes. */
export function parserOptions(options: Readonly<Record<string, OptionSpec>>): NonNullable<ParseArgsConfig["options"]> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short }]) => [
      name,
      { ...(type === "strings" ? { type: "string", multiple: true } : { type }), ...(short === undefined ? {} : { short }) },
    ]),
  );
}
