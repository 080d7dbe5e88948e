/** Where regular expressions match in a piece of memory, and patterns of bytes beside them. */
import type { PackedPatterns, ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { CandidateSearch } from "../regex/candidate-search.js";
import { type CompiledRegex, Expression, type RegexMatches } from "../regex/expression.js";
import type { PatternOffsets } from "./match-collector.js";
import { ownedLength } from "./pattern-kernels.js";
import { PatternsLooker } from "./patterns-looker.js";

export interface ExpressionsSpec {
  readonly literals?: PackedPatterns;
  readonly regexes: readonly CompiledRegex[];
  /** Bytes that two pieces of a run share. */
  readonly overlap: number;
  /** Milliseconds that an expression may take for a piece. */
  readonly timeLimit: number;
}

/** Matches that begin in the piece, and not in the part that the next piece of the run begins with. */
export interface ExpressionMatches {
  /** Matches of patterns of bytes, by their index among the patterns of bytes. */
  readonly literals: Pick<PatternOffsets, "offsets" | "patterns">;
  /** For each expression its matches from the first byte of the piece on. */
  readonly expressions: readonly RegexMatches[];
  /** The index of the expression that took longer than the time limit; there are no matches then. */
  readonly hopeless?: number;
  /** All matches are there that begin before this offset, and no others. */
  readonly end: number;
}

/** An expression, and the search for where its matches may begin, if there is one. */
interface SearchedExpression {
  readonly expression: Expression;
  readonly longest: number;
  readonly search: CandidateSearch | undefined;
}

const NONE = { offsets: new Uint32Array(0), patterns: new Uint32Array(0) };

export class ExpressionsLooker implements Looker<ExpressionMatches> {
  readonly #literals: PatternsLooker | undefined;
  readonly #expressions: readonly SearchedExpression[];
  readonly #spec: ExpressionsSpec;

  constructor(core: ScanCore, spec: ExpressionsSpec) {
    if (spec.literals) this.#literals = new PatternsLooker(core, { patterns: spec.literals });
    this.#expressions = spec.regexes.map((regex) => {
      const { longest, required } = regex;
      return { expression: new Expression(regex), longest, search: required && new CandidateSearch(core, required, longest) };
    });
    this.#spec = spec;
  }

  *prepare(): SlicedWork<void> {
    if (this.#literals) yield* this.#literals.prepare();
    for (const { search } of this.#expressions) if (search) yield* search.prepare();
  }

  *look(piece: Piece): SlicedWork<ExpressionMatches> {
    const { window, offset, length } = piece;
    const owned = ownedLength(piece, this.#spec.overlap);
    const found = this.#literals && (yield* this.#literals.look(piece));
    // Where there are too many matches, the rest of the piece is looked at later.
    const end = found && found.end < owned ? found.end : length;
    const to = Math.min(owned, end);
    const expressions: RegexMatches[] = [];
    for (const [index, { expression, longest, search }] of this.#expressions.entries()) {
      const bytes = window.bytes.subarray(offset, offset + length);
      const candidates = search && (yield* search.candidates({ window, offset, to, end: Math.min(length, to + longest - 1) }));
      const matches = yield* withinTime(expression.matches(bytes, 0, to, candidates), this.#spec.timeLimit);
      if (!matches) return { literals: NONE, expressions: [], hopeless: index, end: length };
      expressions.push(matches);
    }
    return { literals: found ? startingBefore(found, to) : NONE, expressions, end };
  }

  release(): void {
    this.#literals?.release();
    for (const { search } of this.#expressions) search?.release();
  }
}

/** The result of the work, or undefined if it takes longer than `limit` milliseconds, without the time between its steps. */
export function* withinTime<T>(work: SlicedWork<T>, limit: number): SlicedWork<T | undefined> {
  let spent = 0;
  for (;;) {
    const begun = performance.now();
    const step = work.next();
    spent += performance.now() - begun;
    if (step.done) return step.value;
    if (spent > limit) return undefined;
    yield step.value;
  }
}

function startingBefore({ offsets, patterns }: PatternOffsets, end: number): ExpressionMatches["literals"] {
  let count = offsets.length;
  while (count > 0 && (offsets[count - 1] ?? 0) >= end) count--;
  return count === offsets.length
    ? { offsets, patterns }
    : { offsets: offsets.slice(0, count), patterns: patterns.slice(0, count) };
}
