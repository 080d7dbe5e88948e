/** `--limit NAME=VALUE`: the limits of the library, by the names of its options. */
import { type Argon2Limits, MslError, type OpenOptions, type TranscodeOptions, type VerifyStreamOptions } from "@memslice/msl";
import type { OptionSpec, Options } from "./options.js";
import { columns } from "./terminal/columns.js";

type Unit = "bytes" | "count" | "milliseconds";

interface LimitSpec {
  readonly unit: Unit;
  readonly help: string;
}

/** Options of `openCapture`. */
const OPENING = {
  payloadLimit: { unit: "bytes", help: "bytes of one payload, decompressed (2GiB)" },
  wholeLimit: { unit: "bytes", help: "bytes of a decompressed payload that are held at once (8MiB)" },
  windowLimit: { unit: "bytes", help: "bytes of the window of a zstd frame that is read in pieces (8MiB)" },
  decodeLimit: {
    unit: "bytes",
    help: "bytes that all compressed payloads may yield together (64GiB, and 1,024 for each stored byte)",
  },
  entryLimit: { unit: "count", help: "entries of one list of a payload (4096, and 1 for every 3 bytes)" },
  blockLimit: { unit: "count", help: "blocks that are walked (8388608)" },
  wholeFileLimit: { unit: "bytes", help: "bytes of a file from a server that does not answer ranges (64MiB)" },
  stallTimeout: { unit: "milliseconds", help: "milliseconds that a server may take to answer, and for each 4 KiB (30000)" },
} as const satisfies Partial<Record<keyof OpenOptions, LimitSpec>>;

/** Options of Argon2id, under `argon2Limits`. */
const ARGON2 = {
  time: { unit: "count", help: "passes of Argon2id (16)" },
  memoryKiB: { unit: "count", help: "KiB of memory of Argon2id (65536)" },
  lanes: { unit: "count", help: "lanes of Argon2id (16)" },
  work: { unit: "count", help: "passes times KiB of Argon2id (524288)" },
} as const satisfies Record<keyof Argon2Limits, LimitSpec>;

/** Options of `verifyStream`. */
const STREAMED = {
  encryptedStreamLimit: { unit: "bytes", help: "bytes of an encrypted capture that `verify` reads as a stream (256MiB)" },
} as const satisfies Partial<Record<keyof VerifyStreamOptions, LimitSpec>>;

/** Options of `transcode`. */
const TRANSCODING = {
  outputLimit: { unit: "bytes", help: "bytes that `transcode` writes (1GiB, and 64 times IN)" },
  compressionLimit: { unit: "bytes", help: "bytes of a payload that `transcode` compresses (256MiB)" },
} as const satisfies Partial<Record<keyof TranscodeOptions, LimitSpec>>;

/** Limits of the command itself. */
const LOCAL = {
  spoolLimit: { unit: "bytes", help: "bytes of a stream that is kept in a temporary file (16GiB)" },
} as const satisfies Record<string, LimitSpec>;

const ARGON2_PREFIX = "argon2Limits.";
const LIMITS: ReadonlyMap<string, LimitSpec> = new Map<string, LimitSpec>([
  ...Object.entries(OPENING),
  ...Object.entries(ARGON2).map(([name, spec]): [string, LimitSpec] => [`${ARGON2_PREFIX}${name}`, spec]),
  ...Object.entries(STREAMED),
  ...Object.entries(TRANSCODING),
  ...Object.entries(LOCAL),
]);
const NAMES = [...LIMITS.keys()];
const NAME_IN_MESSAGE = new RegExp(`(?:--limit )?\\b(${NAMES.map((name) => name.replace(".", "\\.")).join("|")})\\b(?!=)`, "g");

export const LIMIT_OPTION: Readonly<Record<"limit", OptionSpec>> = {
  limit: { type: "strings", value: "NAME=VALUE", help: "sets a limit; may be given several times; the names stand below" },
};

/** The lines of help about the names. */
export const LIMIT_DETAILS: readonly string[] = [
  "Names for --limit, which bounds what a capture can make its reader do. Sizes are in bytes, or end in KiB, MiB or GiB. Most",
  columns([...LIMITS].map(([name, { help }]) => [name, help])),
];

/** Limits for `openCapture`, `inspectCapture` and `verifyCapture`. Throws `usage`. */
export function openLimits(options: Options): Pick<OpenOptions, keyof typeof OPENING | "argon2Limits"> {
  const given = limitsGiven(options);
  const argon2Limits = picked(given, Object.keys(ARGON2), ARGON2_PREFIX);
  return { ...picked(given, Object.keys(OPENING)), ...(Object.keys(argon2Limits).length === 0 ? {} : { argon2Limits }) };
}

/** Limits for `inspectCapture`, which reads a header only. Throws `usage`. */
export function serverLimits(options: Options): Pick<OpenOptions, "wholeFileLimit" | "stallTimeout"> {
  return picked(limitsGiven(options), ["wholeFileLimit", "stallTimeout"]);
}

/** Limits for `verifyStream`, which knows no files of servers. Throws `usage`. */
export function streamLimits(options: Options): Pick<VerifyStreamOptions, keyof typeof STREAMED | "argon2Limits"> {
  const { wholeFileLimit: _, stallTimeout: __, ...limits } = openLimits(options);
  return { ...limits, ...picked(limitsGiven(options), Object.keys(STREAMED)) };
}

/** Limits for `transcode`. Throws `usage`. */
export function transcodeLimits(
  options: Options,
): ReturnType<typeof openLimits> & Pick<TranscodeOptions, keyof typeof TRANSCODING> {
  return { ...openLimits(options), ...picked(limitsGiven(options), Object.keys(TRANSCODING)) };
}

/** Most bytes of a stream that are kept in a temporary file. Throws `usage`. */
export function spoolLimit(options: Options): number {
  return limitsGiven(options).get("spoolLimit") ?? 16 * 2 ** 30;
}

/** The message with the option that raises a limit in place of the limit's name. */
export function withLimitOptions(message: string): string {
  return message.replace(NAME_IN_MESSAGE, "--limit $1=VALUE");
}

function picked(given: ReadonlyMap<string, number>, names: readonly string[], prefix = ""): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = given.get(`${prefix}${name}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function limitsGiven({ limit }: Options): ReadonlyMap<string, number> {
  return new Map((Array.isArray(limit) ? limit : []).map(parsed));
}

function parsed(word: string): [name: string, value: number] {
  const [, name = "", text = ""] = /^([^=]*)=?(.*)$/s.exec(word) ?? [];
  const spec = LIMITS.get(name);
  if (!spec)
    throw new MslError(
      "usage",
      `--limit takes NAME=VALUE with one of the names ${NAMES.join(", ")}, and not ${JSON.stringify(word)}`,
    );
  const [, digits, unit = ""] = /^([0-9]{1,16})(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit] ?? Number.NaN);
  const { most, expected } = VALUES[spec.unit];
  if (value > 0 && value <= most && (spec.unit === "bytes" || unit === "")) return [name, value];
  throw new MslError("usage", `--limit ${name} takes ${expected}, and not ${JSON.stringify(text)}`);
}

const VALUES: Readonly<Record<Unit, { readonly most: number; readonly expected: string }>> = {
  bytes: {
    most: Number.MAX_SAFE_INTEGER,
    expected: "a number of bytes above 0, such as 1048576, 512KiB, 64MiB or 2GiB",
  },
  count: { most: Number.MAX_SAFE_INTEGER, expected: "a number above 0" },
  // What timers can wait.
  milliseconds: { most: 2 ** 31 - 1, expected: "a number of milliseconds from 1 to 2147483647" },
};

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
