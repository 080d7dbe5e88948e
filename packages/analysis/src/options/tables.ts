/** All tables, for the reference page and for tests. */
import type { OptionTable } from "@memslice/msl/work";
import { START_THREADS_AHEAD } from "../asking/threads.js";
import { COMPARE } from "../compare/compare.js";
import { COPY_CONTENT } from "../content/copy-content.js";
import { PACK_CONTENT } from "../content/pack-content.js";
import { ENTROPY } from "../entropy/entropy.js";
import { ENTROPY_BY_REGION } from "../entropy/entropy-by-region.js";
import { FIND_KEYS } from "../keys/find-keys.js";
import { HINTED_KEYS } from "../keys/hinted-keys.js";
import { KEY_LOG } from "../keys/key-log.js";
import { POINTER_TABLE } from "../pointers/pointer-table.js";
import { POINTERS_TO } from "../pointers/pointers-to.js";
import { REGEX_PATTERN } from "../regex/regex-pattern.js";
import { INTEGER_PATTERN, TEXT_PATTERN } from "../search/pattern.js";
import { PARSE_PATTERNS, TEXT_PATTERNS } from "../search/pattern-list.js";
import { COUNT_MATCHES, SEARCH } from "../search/search.js";
import { STRINGS } from "../strings/strings.js";
import { INITIALISE_ANALYSIS } from "../threads/worker-script.js";
import { CHECK_YARA_RULES, SCAN_YARA } from "../yara/scan-yara.js";

export const OPTION_TABLES: readonly OptionTable[] = [
  SEARCH,
  COUNT_MATCHES,
  TEXT_PATTERN,
  TEXT_PATTERNS,
  INTEGER_PATTERN,
  REGEX_PATTERN,
  PARSE_PATTERNS,
  STRINGS,
  ENTROPY,
  ENTROPY_BY_REGION,
  POINTERS_TO,
  POINTER_TABLE,
  FIND_KEYS,
  HINTED_KEYS,
  KEY_LOG,
  SCAN_YARA,
  CHECK_YARA_RULES,
  COMPARE,
  COPY_CONTENT,
  PACK_CONTENT,
  INITIALISE_ANALYSIS,
  START_THREADS_AHEAD,
];
