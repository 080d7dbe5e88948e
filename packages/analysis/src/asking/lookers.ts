/** The kinds of questions, and the looker of each. */
import type { ScanCore } from "@memslice/core-wasm/scan";
import { DifferencesLooker, type DifferencesSpec, type RangesThatDiffer } from "../compare/differences-looker.js";
import { EntropyLooker, type EntropySpec, type PieceEntropy } from "../entropy/entropy-looker.js";
import { type KeyCandidates, KeysLooker, type KeysSpec } from "../keys/keys-looker.js";
import { type PointerCounts, PointerCountsLooker, type PointerCountsSpec } from "../pointers/pointer-counts-looker.js";
import type { WordSpec } from "../pointers/words.js";
import { type WordOffsets, WordsLooker } from "../pointers/words-looker.js";
import { type ExpressionMatches, ExpressionsLooker, type ExpressionsSpec } from "../search/expressions-looker.js";
import type { PatternOffsets } from "../search/match-collector.js";
import { type PatternCounts, PatternCountsLooker } from "../search/pattern-counts-looker.js";
import type { PatternsSpec } from "../search/pattern-kernels.js";
import { PatternsLooker } from "../search/patterns-looker.js";
import { TextLooker, type TextRuns, type TextSpec } from "../strings/text-looker.js";
import type { Looker } from "./looker.js";

/** For each kind of question, what describes it and what one piece answers. Both can be sent to another thread. */
export interface Questions {
  readonly differences: { readonly spec: DifferencesSpec; readonly answer: RangesThatDiffer };
  readonly entropy: { readonly spec: EntropySpec; readonly answer: PieceEntropy };
  readonly expressions: { readonly spec: ExpressionsSpec; readonly answer: ExpressionMatches };
  readonly patternCounts: { readonly spec: PatternsSpec; readonly answer: PatternCounts };
  readonly patterns: { readonly spec: PatternsSpec; readonly answer: PatternOffsets };
  readonly pointerCounts: { readonly spec: PointerCountsSpec; readonly answer: PointerCounts };
  readonly keys: { readonly spec: KeysSpec; readonly answer: KeyCandidates };
  readonly text: { readonly spec: TextSpec; readonly answer: readonly TextRuns[] };
  readonly words: { readonly spec: WordSpec; readonly answer: WordOffsets };
}

export type QuestionKind = keyof Questions;

/** What is asked of each piece of memory. */
export interface Question<K extends QuestionKind> {
  readonly kind: K;
  readonly spec: Questions[K]["spec"];
}

const LOOKERS: {
  readonly [K in QuestionKind]: new (
    core: ScanCore,
    spec: Questions[K]["spec"],
  ) => Looker<Questions[K]["answer"]>;
} = {
  differences: DifferencesLooker,
  entropy: EntropyLooker,
  expressions: ExpressionsLooker,
  patternCounts: PatternCountsLooker,
  patterns: PatternsLooker,
  pointerCounts: PointerCountsLooker,
  keys: KeysLooker,
  text: TextLooker,
  words: WordsLooker,
};

/** The looker of a question. Throws a `RangeError` when linear memory has no room. */
export function lookerFor<K extends QuestionKind>(
  kind: K,
  core: ScanCore,
  spec: Questions[K]["spec"],
): Looker<Questions[K]["answer"]> {
  return new LOOKERS[kind](core, spec);
}
