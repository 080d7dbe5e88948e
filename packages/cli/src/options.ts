/** Options of commands: their descriptions, their parsed values, and the options that several commands share. */
import { MslError } from "@memslice/msl";

export interface OptionSpec {
  /** `strings`: the option may be given several times, and its value is an array. */
  readonly type: "boolean" | "string" | "strings";
  readonly short?: string;
  /** The placeholder for the value in help texts, such as FILE. */
  readonly value?: string;
  readonly help: string;
  /** Words that the value can be, for the completion of shells: all that the option takes, or those that have names. */
  readonly words?: readonly string[] | (() => Promise<readonly string[]>);
  /** The value is one or several of the words, with commas between them. */
  readonly isList?: true;
}

export type OptionValue = string | boolean | readonly string[] | undefined;
export type Options = Readonly<Record<string, OptionValue>>;

/** The values of an option that may be given several times. */
export function wordsOf(value: OptionValue): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** The word that an option was given; undefined without the option. `option`: such as `--level`. Throws `usage` for any other value. */
export function oneOf<const T extends string>(words: readonly T[], value: OptionValue, option: string): T | undefined {
  if (value === undefined) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) throw new MslError("usage", `${option} takes ${words.join(", ")}, not ${JSON.stringify(value)}`);
  return found;
}

/** Options of the commands that hash whole captures: `verify` and `transcode`. */
export const HASHING_OPTIONS: Readonly<Record<"threads" | "no-native-hash", OptionSpec>> = {
  threads: { type: "string", value: "N", words: ["auto"], help: "worker threads: auto (default), or 1 to 64; 1 means none" },
  "no-native-hash": { type: "boolean", help: "hash with WebAssembly, also where @napi-rs/blake-hash is installed" },
};

/** The values of `HASHING_OPTIONS` as options of the library. Throws `usage` if `--threads` is not a number of threads. */
export function hashingOptions(options: Options): { readonly threads: number | "auto"; readonly nativeHash: boolean } {
  return { threads: threadsOf(options["threads"]), nativeHash: options["no-native-hash"] !== true };
}

/** The value of `--threads`. Throws `usage`. */
export function threadsOf(value: OptionValue): number | "auto" {
  if (value === undefined || value === "auto") return "auto";
  const threads = Number(value);
  if (/^[0-9]+$/.test(String(value)) && threads >= 1 && threads <= 64) return threads;
  throw new MslError("usage", `--threads takes auto or a number from 1 to 64, not ${JSON.stringify(value)}`);
}

/** The option of the commands that copy memory. */
export const FILL_OPTION: Readonly<Record<"fill", OptionSpec>> = {
  fill: { type: "string", value: "BYTE", help: "write this byte (0x00, 255) for each byte that was not captured" },
};

/** The value of `--fill`. Throws `usage` for a word that is no byte. */
export function fillOf(value: OptionValue): number | undefined {
  if (value === undefined) return undefined;
  const fill = /^(0x[0-9a-f]{1,2}|[0-9]{1,3})$/i.test(String(value)) ? Number(value) : Number.NaN;
  if (fill <= 0xff) return fill;
  throw new MslError("usage", `--fill takes a byte, such as 0, 0xcc or 255, not ${JSON.stringify(value)}`);
}
