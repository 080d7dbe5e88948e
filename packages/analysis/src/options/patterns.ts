/** The options of functions that ask no memory: patterns, bytes by address, key hints, workers. */
import {
  ADDRESS_SPACE_END,
  bigint,
  callback,
  checksOf,
  either,
  flag,
  integer,
  listOf,
  methods,
  oneOf,
  signal,
  THREADS,
  tableOf,
  text,
  type WorkerScript,
} from "@memslice/msl/work";
import type { ThreadsOption } from "../asking/threads.js";
import type { CopyContentOptions } from "../content/copy-content.js";
import type { PackContentOptions } from "../content/pack-content.js";
import type { HintedKeysOptions } from "../keys/hinted-keys.js";
import type { KeyLogOptions } from "../keys/key-log.js";
import type { RegexPatternOptions } from "../regex/regex-pattern.js";
import type { IntegerPatternOptions, TextPatternOptions } from "../search/pattern.js";
import type { PatternListOptions, TextsOptions } from "../search/pattern-list.js";
import type { InitialiseAnalysisOptions } from "../threads/worker-script.js";

const LONGEST_MATCH = 65_536;
const BYTE_MOST = 0xff;

const ENCODING = oneOf(["utf-8", "utf-16le", "utf-16be"] as const);
const LONGEST = integer(1, LONGEST_MATCH, "bytes");

export const TEXT_PATTERN = tableOf<TextPatternOptions>("textPattern")({ encoding: ENCODING, ignoreCase: flag, name: text });
export const INTEGER_PATTERN = tableOf<IntegerPatternOptions>("integerPattern")({
  bytes: oneOf([1, 2, 4, 8]),
  endian: oneOf(["little", "big"]),
  signed: flag,
  name: text,
});
export const REGEX_PATTERN = tableOf<RegexPatternOptions>("regexPattern")({
  ignoreCase: flag,
  dotAll: flag,
  longest: LONGEST,
  name: text,
});

const TEXTS = checksOf<TextsOptions>()({ encodings: listOf(ENCODING), ignoreCase: flag });
export const TEXT_PATTERNS = tableOf<TextsOptions>("textPatterns")(TEXTS);
export const PARSE_PATTERNS = tableOf<PatternListOptions>("parsePatterns")({ ...TEXTS, longest: LONGEST });

export const HINTED_KEYS = tableOf<HintedKeysOptions>("hintedKeys")({ showSecrets: flag });
export const KEY_LOG = tableOf<KeyLogOptions>("keyLogLines")({ clientRandomOf: callback(), labelOf: callback() });

const FILLING = checksOf<PackContentOptions>()({ fill: integer(0, BYTE_MOST), fillLimit: bigint(0n, ADDRESS_SPACE_END), signal });
export const COPY_CONTENT = tableOf<CopyContentOptions>("copyContent")({ ...FILLING, onProgress: callback() });
export const PACK_CONTENT = tableOf<PackContentOptions>("packContent")(FILLING);

export const INITIALISE_ANALYSIS = tableOf<InitialiseAnalysisOptions>("initialiseAnalysis")({
  worker: either(either(text, methods<URL>("a URL", "toString", "toJSON")), callback<Exclude<WorkerScript, string | URL>>()),
});
export const START_THREADS_AHEAD = tableOf<ThreadsOption>("startThreadsAhead")({ threads: THREADS });
