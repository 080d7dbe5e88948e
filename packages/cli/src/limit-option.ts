/** `--limit NAME=VALUE`: the limits of the library under the names of its options, and the limit of temporary files. */
import type { ImportOptions } from "@memslice/convert";
import {
  type Argon2Limits,
  DEFAULT_LIMITS,
  MslError,
  type OpenOptions,
  type TranscodeOptions,
  type VerifyStreamOptions,
} from "@memslice/msl";
import type { HelpTopic } from "./help-topic.js";
import { type OptionSpec, type Options, wordsOf } from "./options.js";
import type { Row } from "./terminal/columns.js";

type Unit = "bytes" | "count" | "milliseconds";

interface LimitSpec {
  readonly unit: Unit;
  /** Completes "the maximum number of". */
  readonly help: string;
  readonly default: number;
  /** How much is added to the default, in proportion to the stored data. */
  readonly more?: string;
}

/** Options of `openCapture`. */
const OPENING = {
  payloadLimit: { unit: "bytes", help: "bytes of one payload, decompressed", default: DEFAULT_LIMITS.payloadLimit },
  wholeLimit: {
    unit: "bytes",
    help: "bytes of a decompressed payload that are held at once",
    default: DEFAULT_LIMITS.wholeLimit,
    more: "1 for each stored byte",
  },
  windowLimit: {
    unit: "bytes",
    help: "bytes of the window of a zstd frame that is decompressed in pieces",
    default: DEFAULT_LIMITS.windowLimit,
  },
  decodeLimit: {
    unit: "bytes",
    help: "bytes that all compressed payloads together may decompress to",
    default: DEFAULT_LIMITS.decodeLimit,
    more: "1024 for each stored byte",
  },
  entryLimit: {
    unit: "count",
    help: "entries of one list of a payload",
    default: DEFAULT_LIMITS.entryLimit,
    more: "1 for every 3 stored bytes; above 98304 entries, 1 for every 128",
  },
  blockLimit: { unit: "count", help: "blocks that are walked", default: DEFAULT_LIMITS.blockLimit },
  wholeFileLimit: {
    unit: "bytes",
    help: "bytes of a file from a server that does not support range requests",
    default: DEFAULT_LIMITS.wholeFileLimit,
  },
  stallTimeout: {
    unit: "milliseconds",
    help: "milliseconds that a server may take to answer, and then for every 4 KiB",
    default: DEFAULT_LIMITS.stallTimeout,
  },
} as const satisfies Partial<Record<keyof OpenOptions, LimitSpec>>;

/** Options of Argon2id, under `argon2Limits`. */
const ARGON2 = {
  time: { unit: "count", help: "passes of Argon2id", default: DEFAULT_LIMITS.argon2Limits.time },
  memoryKiB: { unit: "count", help: "KiB of memory of Argon2id", default: DEFAULT_LIMITS.argon2Limits.memoryKiB },
  lanes: { unit: "count", help: "lanes of Argon2id", default: DEFAULT_LIMITS.argon2Limits.lanes },
  work: { unit: "count", help: "passes times KiB of Argon2id", default: DEFAULT_LIMITS.argon2Limits.work },
} as const satisfies Record<keyof Argon2Limits, LimitSpec>;

/** Options of `verifyStream`. */
const STREAMED = {
  encryptedStreamLimit: {
    unit: "bytes",
    help: "bytes of an encrypted capture that `verify` reads as a stream",
    default: DEFAULT_LIMITS.encryptedStreamLimit,
  },
} as const satisfies Partial<Record<keyof VerifyStreamOptions, LimitSpec>>;

/** Options of `transcode`. */
const TRANSCODING = {
  outputLimit: {
    unit: "bytes",
    help: "bytes that `transcode` writes, and bytes of memory that `import` does",
    default: DEFAULT_LIMITS.outputLimit,
    more: "64 times the size of IN, 16 times for `import`",
  },
  compressionLimit: {
    unit: "bytes",
    help: "bytes of a payload that `transcode` and `import` compress",
    default: DEFAULT_LIMITS.compressionLimit,
  },
} as const satisfies Partial<Record<keyof TranscodeOptions, LimitSpec>>;

/** Options of `importCapture`. */
const IMPORTING = {
  regionLimit: { unit: "count", help: "regions of a dump that is imported", default: 2 ** 22 },
  tableLimit: { unit: "bytes", help: "bytes of a table of a dump that is imported", default: 64 * 2 ** 20 },
  pageMapLimit: { unit: "bytes", help: "bytes of page states that `import` writes", default: 256 * 2 ** 20 },
} as const satisfies Partial<Record<keyof ImportOptions, LimitSpec>>;

/** Limits that the library does not have. */
const LOCAL = {
  spoolLimit: { unit: "bytes", help: "bytes of a stream that is kept in a temporary file", default: 16 * 2 ** 30 },
  fillLimit: { unit: "bytes", help: "bytes that `read` and `extract` fill with --fill", default: 4 * 2 ** 30 },
} as const satisfies Record<string, LimitSpec>;

/** The name of the limit that `--limit N` without a name sets. */
const FINDINGS = "findingLimit";
const ASKING = {
  [FINDINGS]: {
    unit: "count",
    help: "findings of a file, for commands that ask memory, and rows of a table",
    default: Number.POSITIVE_INFINITY,
  },
} as const satisfies Record<string, LimitSpec>;

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const ARGON2_PREFIX = "argon2Limits.";
const LIMITS: ReadonlyMap<string, LimitSpec> = new Map<string, LimitSpec>([
  ...Object.entries(OPENING),
  ...Object.entries(ARGON2).map(([name, spec]): [string, LimitSpec] => [`${ARGON2_PREFIX}${name}`, spec]),
  ...Object.entries(STREAMED),
  ...Object.entries(TRANSCODING),
  ...Object.entries(IMPORTING),
  ...Object.entries(LOCAL),
  ...Object.entries(ASKING),
]);
const NAMES = [...LIMITS.keys()];
const LIMIT_WORDS = NAMES.map((name) => `${name}=`);
const NUMBER = /^[0-9]+$/;
const NAME_IN_MESSAGE = new RegExp(`(?:--limit )?\\b(${NAMES.map((name) => name.replace(".", "\\.")).join("|")})\\b(?!=)`, "g");

export const LIMIT_OPTION: Readonly<Record<"limit", OptionSpec>> = {
  limit: {
    type: "strings",
    value: "NAME=VALUE",
    words: LIMIT_WORDS,
    help: "set a limit of `msl help limits`; may be given several times",
  },
};

/** `--limit` of the commands that print findings or rows: a number without a name is the most of them. */
export const ROW_LIMIT_OPTION: typeof LIMIT_OPTION = {
  limit: {
    type: "strings",
    value: "N",
    words: LIMIT_WORDS,
    help: "at most N of each file; NAME=VALUE: a limit of `msl help limits`; may be given several times",
  },
};

/** A sentence if `--limit` has a number without a name, and `spec`, that of the command, takes none. */
export function needlessNumber(spec: OptionSpec | undefined, { limit }: Options): string | undefined {
  const number = spec === LIMIT_OPTION.limit ? wordsOf(limit).find((word) => NUMBER.test(word)) : undefined;
  return number === undefined
    ? undefined
    : `--limit ${number} is for commands that list findings or rows, --limit takes NAME=VALUE here`;
}

/** `msl help limits`. */
export const LIMIT_HELP: HelpTopic = {
  name: "limits",
  summary: "what --limit bounds, and the defaults",
  usage: "msl COMMAND FILE... --limit NAME=VALUE",
  details: [
    "Limits bound the work and the memory that a capture can demand. --limit may be given several times, and a limit that a command has no use for is",
    "without effect. Sizes are in bytes, or end in KiB, MiB or GiB. Each limit is the maximum number of:",
    [...LIMITS].map(([name, spec]): Row => [name, `${spec.help} (${defaultText(spec)})`]),
    `--limit N without a name sets ${FINDINGS}, in commands that list findings or rows.`,
  ],
  examples: [
    ["msl search huge.msl --text password --limit 20", "ends after 20 matches."],
    ["msl info huge.msl --limit decodeLimit=256GiB", "decompresses up to 256 GiB."],
  ],
};

/** Limits for `openCapture` and `verifyCapture`. Throws `usage`. */
export function openLimits(options: Options): Pick<OpenOptions, keyof typeof OPENING | "argon2Limits"> {
  const given = limitsGiven(options);
  const argon2Limits = picked(given, Object.keys(ARGON2), ARGON2_PREFIX);
  return { ...picked(given, Object.keys(OPENING)), ...(Object.keys(argon2Limits).length === 0 ? {} : { argon2Limits }) };
}

/** Limits for `inspectCapture`, which reads only the header. Throws `usage`. */
export function serverLimits(options: Options): Pick<OpenOptions, "wholeFileLimit" | "stallTimeout"> {
  return picked(limitsGiven(options), ["wholeFileLimit", "stallTimeout"]);
}

/** Limits for `verifyStream`, which opens no URLs. Throws `usage`. */
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

/** Limits for `importCapture`. Throws `usage`. */
export function importLimits(
  options: Options,
): Pick<ImportOptions, keyof typeof IMPORTING | "outputLimit" | "compressionLimit" | "wholeFileLimit" | "stallTimeout"> {
  const names = [...Object.keys(IMPORTING), ...Object.keys(TRANSCODING), "wholeFileLimit", "stallTimeout"];
  return picked(limitsGiven(options), names);
}

/** The maximum number of bytes of a stream that is kept in a temporary file. Throws `usage`. */
export function spoolLimit(options: Options): number {
  return limitsGiven(options).get("spoolLimit") ?? LOCAL.spoolLimit.default;
}

/** The maximum number of bytes that `--fill` fills. Throws `usage`. */
export function fillLimit(options: Options): bigint {
  return BigInt(limitsGiven(options).get("fillLimit") ?? LOCAL.fillLimit.default);
}

/** The most findings of a file. Throws `usage`. */
export function findingLimit(options: Options): number {
  return limitsGiven(options).get(FINDINGS) ?? ASKING[FINDINGS].default;
}

/** The message with `--limit NAME=VALUE` in place of each name of a limit: the option that raises it. */
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

/** The default in the form that `--limit` takes, such as `64MiB`, and the amount that is added to it. */
function defaultText({ unit, default: value, more }: LimitSpec): string {
  if (value === Number.POSITIVE_INFINITY) return "no limit";
  const [suffix = "", size = 1] =
    unit === "bytes" ? (Object.entries(UNITS).findLast(([, bytes]) => value % bytes === 0) ?? []) : [];
  return `${value / size}${suffix}${more === undefined ? "" : `, and ${more}`}`;
}

function limitsGiven({ limit }: Options): ReadonlyMap<string, number> {
  return new Map(wordsOf(limit).map(parsed));
}

function parsed(word: string): [name: string, value: number] {
  const [, name = "", text = ""] = /^([^=]*)=?(.*)$/s.exec(NUMBER.test(word) ? `${FINDINGS}=${word}` : word) ?? [];
  const spec = LIMITS.get(name);
  if (!spec)
    throw new MslError(
      "usage",
      `--limit takes NAME=VALUE with one of the names ${NAMES.join(", ")}, not ${JSON.stringify(word)}`,
    );
  const [, digits, unit = ""] = /^([0-9]{1,16})(|KiB|MiB|GiB)$/.exec(text) ?? [];
  const value = Number(digits) * (UNITS[unit] ?? Number.NaN);
  const { most, expected } = VALUES[spec.unit];
  if (value > 0 && value <= most && (spec.unit === "bytes" || unit === "")) return [name, value];
  throw new MslError("usage", `--limit ${name} takes ${expected}, not ${JSON.stringify(text)}`);
}

const VALUES: Readonly<Record<Unit, { readonly most: number; readonly expected: string }>> = {
  bytes: {
    most: Number.MAX_SAFE_INTEGER,
    expected: "a number of bytes above 0, such as 1048576, 512KiB, 64MiB or 2GiB",
  },
  count: { most: Number.MAX_SAFE_INTEGER, expected: "a number above 0" },
  // The longest delay of a timer.
  milliseconds: { most: 2 ** 31 - 1, expected: "a number of milliseconds from 1 to 2147483647" },
};
