/** The public API of @memslice/analysis, and nothing else. */
export type { ProgressOption } from "./asking/progress.js";
export type { Findings, FindingsOptions, QuestionOptions, QuestionResult } from "./asking/question.js";
export { startThreadsAhead, type ThreadsOption } from "./asking/threads.js";
export {
  type ComparedCoverage,
  type CompareOptions,
  type Comparison,
  type ComparisonSummary,
  compare,
} from "./compare/compare.js";
export type {
  AlignMode,
  ChangedBytes,
  ChangedModule,
  ChangedRegion,
  ChangedState,
  Comparable,
  ComparedModule,
  ComparedRegion,
  Difference,
  NotComparable,
} from "./compare/difference.js";
export { type ContentExtent, type ContentPiece, content } from "./content/content.js";
export { type CopyContentOptions, copyContent } from "./content/copy-content.js";
export { type PackContentOptions, type PackedRun, packContent } from "./content/pack-content.js";
export { type Coverage, type MissingRegions, missingRegions } from "./coverage.js";
export { WINDOW_CLASSES, type WindowClass } from "./entropy/classes.js";
export { type Entropy, type EntropyOptions, entropy } from "./entropy/entropy.js";
export {
  type CaptureWithRegions,
  type EntropyByRegion,
  type EntropyByRegionOptions,
  entropyByRegion,
  type RegionWithEntropy,
} from "./entropy/entropy-by-region.js";
export type { RegionEntropy } from "./entropy/region-entropy.js";
export type { EntropyWindows } from "./entropy/window-rows.js";
export { type FindKeysOptions, type FoundKey, type FoundKeys, findKeys } from "./keys/find-keys.js";
export { type HintedKey, type HintedKeysOptions, hintedKeys } from "./keys/hinted-keys.js";
export {
  type KeyLog,
  type KeyLogGap,
  type KeyLogLabel,
  type KeyLogOmission,
  type KeyLogOptions,
  keyLogLines,
} from "./keys/key-log.js";
export { maskedNote } from "./keys/masked-note.js";
export type { CurveName, KeyForm, KeyKind } from "./keys/parsed-key.js";
export type { KeyProof } from "./keys/prove-key.js";
export { FlatMemory, type Memory, type MemoryContent, type MemoryExtent } from "./memory.js";
export { type OverlappedParts, type OverlappedRegion, overlappedParts, overlappedRegions, regionMemory } from "./overlaps.js";
export { Places } from "./places.js";
export { type PointerCount, type PointerTable, type PointerTableOptions, pointerTable } from "./pointers/pointer-table.js";
export { type Pointer, type Pointers, type PointersOptions, type PointerTarget, pointersTo } from "./pointers/pointers-to.js";
export type { WordOptions } from "./pointers/words.js";
export type { CompiledRegex } from "./regex/expression.js";
export { type RegexPattern, type RegexPatternOptions, regexPattern } from "./regex/regex-pattern.js";
export {
  type BytePattern,
  hexPattern,
  type IntegerPatternOptions,
  integerPattern,
  type TextEncodingName,
  type TextPatternOptions,
  textPattern,
} from "./search/pattern.js";
export {
  type PatternListOptions,
  parsePatterns,
  type TextsOptions,
  textPatterns,
  writtenInteger,
} from "./search/pattern-list.js";
export {
  type CountOptions,
  countMatches,
  type Match,
  type MatchCounts,
  type Pattern,
  type Search,
  type SearchOptions,
  search,
} from "./search/search.js";
export type { MemoryString } from "./strings/run-decoder.js";
export { type Strings, type StringsOptions, strings } from "./strings/strings.js";
export type { StringEncoding } from "./strings/text-looker.js";
export { type InitialiseAnalysisOptions, initialiseAnalysis } from "./threads/worker-script.js";
export { checkYaraRules, type ScanYaraOptions, scanYara, type YaraRulesOptions } from "./yara/scan-yara.js";
export type { YaraEngine } from "./yara/yara-engine.js";
export type { YaraMatch } from "./yara/yara-findings.js";
export type { YaraRule } from "./yara/yara-worker.js";
