/** The options of the questions to memory: a table for each, in the language of @memslice/msl. */
import type { MemoryRange } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
  bigint,
  bytes,
  type Check,
  callback,
  checksOf,
  countOf,
  either,
  flag,
  integer,
  listOf,
  methods,
  objectOf,
  oneOf,
  required,
  signal,
  THREADS,
  tableOf,
  text,
  U64_MOST,
  value,
} from "@memslice/msl/work";
import type { FindingsOptions, QuestionOptions } from "../asking/question.js";
import type { CompareOptions } from "../compare/compare.js";
import type { EntropyOptions } from "../entropy/entropy.js";
import type { EntropyByRegionOptions } from "../entropy/entropy-by-region.js";
import type { FindKeysOptions } from "../keys/find-keys.js";
import { KEY_KINDS } from "../keys/parsed-key.js";
import type { PointerTableOptions } from "../pointers/pointer-table.js";
import type { PointersOptions } from "../pointers/pointers-to.js";
import type { WordOptions } from "../pointers/words.js";
import type { CountOptions, SearchOptions } from "../search/search.js";
import type { StringsOptions } from "../strings/strings.js";
import { STRING_ENCODINGS } from "../strings/text-looker.js";
import type { ScanYaraOptions, YaraRulesOptions } from "../yara/scan-yara.js";
import type { YaraEngine } from "../yara/yara-engine.js";

const MOST_CONTEXT = 65_536;
const LEAST_WINDOW = 64;
const LARGEST_WINDOW = 1 << 30;
const MOST_PARTS = 1024;
/** Smaller than the smallest page that is counted: no range of changed bytes spans a page that is the same. */
const MOST_GAP = 1023;
const LEAST_YARA_WINDOW = 256 << 10;
const LARGEST_YARA_WINDOW = 256 << 20;
const MOST_YARA_MATCHES = 1_000_000;
/** The longest delay of a timer, in milliseconds: timers count in 32 bits. */
const TIMER_MOST = 2 ** 31 - 1;

const ADDRESS = bigint(0n, ADDRESS_SPACE_END);
const LIMIT = either(countOf("findings", 1), oneOf([Number.POSITIVE_INFINITY]));
/** There may be very many: each range is checked where it is used, in slices. */
const RANGES: Check<readonly MemoryRange[]> = methods("an array of ranges", "entries", "map");

const QUESTION = checksOf<QuestionOptions>()({ from: ADDRESS, to: ADDRESS, threads: THREADS, signal, onProgress: callback() });
const FINDINGS = checksOf<FindingsOptions>()({ ...QUESTION, limit: LIMIT });
const COUNTING = checksOf<CountOptions>()({ ...QUESTION, timeLimit: countOf("milliseconds", 1) });

export const SEARCH = tableOf<SearchOptions>("search")({ ...FINDINGS, ...COUNTING, context: integer(0, MOST_CONTEXT, "bytes") });
export const COUNT_MATCHES = tableOf<CountOptions>("countMatches")(COUNTING);
export const STRINGS = tableOf<StringsOptions>("strings")({
  ...FINDINGS,
  minimum: countOf("characters", 1),
  encodings: listOf(oneOf(STRING_ENCODINGS)),
  longest: countOf("characters"),
});

const WINDOWS = checksOf<EntropyByRegionOptions>()({
  ...FINDINGS,
  windowBytes: integer(LEAST_WINDOW, LARGEST_WINDOW, "bytes"),
  profileParts: integer(1, MOST_PARTS, "parts"),
});
export const ENTROPY = tableOf<EntropyOptions>("entropy")({ ...WINDOWS, regions: RANGES });
export const ENTROPY_BY_REGION = tableOf<EntropyByRegionOptions>("entropyByRegion")(WINDOWS);

const WORDS = checksOf<WordOptions>()({
  pointerBytes: oneOf([4, 8]),
  bigEndian: flag,
  alignment: oneOf([1, 2, 4, 8]),
  ignoredBits: bigint(0n, U64_MOST),
});
export const POINTERS_TO = tableOf<PointersOptions>("pointersTo")({ ...FINDINGS, ...WORDS });
export const POINTER_TABLE = tableOf<PointerTableOptions>("pointerTable")({
  ...WORDS,
  threads: THREADS,
  onProgress: callback(),
  mostPairs: countOf("pairs of regions"),
  signal,
});

export const FIND_KEYS = tableOf<FindKeysOptions>("findKeys")({
  ...FINDINGS,
  kinds: listOf(oneOf(KEY_KINDS)),
  showSecrets: flag,
  everyByte: flag,
  mostPoints: countOf("keys"),
});

const YARA_RULES = checksOf<YaraRulesOptions>()({
  engine: objectOf<YaraEngine>({
    script: required(text),
    wasm: either(either(bytes, text), value<object>("a WebAssembly.Module")),
  }),
  timeLimit: integer(1, TIMER_MOST, "milliseconds"),
  signal,
});
export const CHECK_YARA_RULES = tableOf<YaraRulesOptions>("checkYaraRules")(YARA_RULES);
export const SCAN_YARA = tableOf<ScanYaraOptions>("scanYara")({
  ...FINDINGS,
  ...YARA_RULES,
  windowBytes: integer(LEAST_YARA_WINDOW, LARGEST_YARA_WINDOW, "bytes"),
  mostMatches: integer(1, MOST_YARA_MATCHES, "matches"),
});

export const COMPARE = tableOf<CompareOptions>("compare")({
  align: oneOf(["auto", "address", "module"]),
  gap: integer(0, MOST_GAP, "bytes"),
  limit: LIMIT,
  threads: THREADS,
  signal,
  onProgress: callback(),
});
