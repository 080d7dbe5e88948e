/**
 * Puts the matches of the pieces of a run together. Matches of an expression do not overlap: one that reaches into the next piece decides where the next
 * match there may begin. Pieces are looked at apart, each as if a match might begin at its first byte; where this was wrong, the piece is read again.
 */
import { MslError } from "@memslice/msl";
import { runInSlices } from "@memslice/msl/work";
import type { Answered } from "../asking/spans.js";
import type { Memory } from "../memory.js";
import { Expression, type RegexMatches } from "../regex/expression.js";
import type { RegexPattern } from "../regex/regex-pattern.js";
import { type ExpressionMatches, type ExpressionsSpec, withinTime } from "./expressions-looker.js";
import { type BytePattern, shownName } from "./pattern.js";
import { ownedLength } from "./pattern-kernels.js";

/** Matches of a piece, ascending; at one offset in the order of the patterns. */
export interface PieceMatches {
  readonly offsets: Uint32Array;
  readonly patterns: Uint32Array;
  readonly lengths: Uint32Array;
  /** Indexes of matches that were cut at the most bytes that a match may have. */
  readonly cut: ReadonlySet<number>;
}

interface Chain {
  readonly pattern: number;
  readonly expression: Expression;
  /** The address behind the last match. */
  end: bigint;
}

export class MatchChains {
  readonly #memory: Memory;
  readonly #patterns: readonly (BytePattern | RegexPattern)[];
  readonly #cut: Pick<ExpressionsSpec, "overlap" | "timeLimit">;
  readonly #signal: AbortSignal | undefined;
  readonly #chains: readonly Chain[];
  /** For each pattern of bytes its index in the question. */
  readonly #literals: readonly number[];

  constructor(
    memory: Memory,
    patterns: readonly (BytePattern | RegexPattern)[],
    cut: Pick<ExpressionsSpec, "overlap" | "timeLimit">,
    signal: AbortSignal | undefined,
  ) {
    this.#memory = memory;
    this.#patterns = patterns;
    this.#cut = cut;
    this.#signal = signal;
    this.#chains = patterns.flatMap((pattern, index) =>
      "regex" in pattern ? [{ pattern: index, expression: new Expression(pattern.regex), end: 0n }] : [],
    );
    this.#literals = patterns.flatMap((pattern, index) => ("regex" in pattern ? [] : [index]));
  }

  /** The matches of the next piece. Throws `limit` for an expression that took longer than the time limit. */
  async matchesOf(answered: Answered<ExpressionMatches>): Promise<PieceMatches> {
    const { address, answer } = answered;
    if (answer.hopeless !== undefined) throw this.#tooSlow(this.#chains[answer.hopeless], answered);
    const chained: RegexMatches[] = [];
    for (const [i, chain] of this.#chains.entries()) {
      const found = answer.expressions[i];
      if (!found) throw new MslError("internal", `There are no matches of the expression ${i}`);
      const matches = chain.end > address ? await this.#continued(chain, answered, found) : found;
      const last = matches.ends.at(-1);
      if (last !== undefined) chain.end = address + BigInt(last);
      chained.push(matches);
    }
    return this.#merged(answer, chained);
  }

  /** The matches behind one that began in the piece before. */
  async #continued(
    chain: Chain,
    answered: Answered<ExpressionMatches>,
    { starts, ends, cut }: RegexMatches,
  ): Promise<RegexMatches> {
    const end = Number(chain.end - answered.address);
    let first = 0;
    while (first < starts.length && (ends[first] ?? 0) <= end) first++;
    const isInside = first < starts.length && (starts[first] ?? 0) < end;
    const again = isInside ? await this.#lookedAtAgain(chain, answered, end) : undefined;
    if (again) return again;
    if (isInside) first++;
    return { starts: starts.slice(first), ends: ends.slice(first), cut: cut.filter((i) => i >= first).map((i) => i - first) };
  }

  /** The matches from the offset `from` on; undefined if the memory does not give the bytes again: it belongs to a process that runs. */
  async #lookedAtAgain(
    { pattern, expression }: Chain,
    answered: Answered<ExpressionMatches>,
    from: number,
  ): Promise<RegexMatches | undefined> {
    const bytes = new Uint8Array(answered.length);
    const { segments } = await this.#memory.readInto(bytes, answered.address, this.#signal);
    if (segments.some(({ state }) => state !== "captured")) return undefined;
    const work = expression.matches(
      bytes,
      from,
      Math.max(from, Math.min(answered.answer.end, ownedLength(answered, this.#cut.overlap))),
    );
    const found = await runInSlices(withinTime(work, this.#cut.timeLimit), this.#signal);
    if (!found) throw this.#tooSlow({ pattern }, answered);
    return found;
  }

  #tooSlow(chain: Pick<Chain, "pattern"> | undefined, { address, length }: Answered<ExpressionMatches>): MslError {
    return new MslError(
      "limit",
      `The regular expression ${shownName(this.#patterns[chain?.pattern ?? 0]?.name ?? "")} took more than ${this.#cut.timeLimit} ms for the ${length} bytes at 0x${address.toString(16)}: ` +
        "write it with fewer repetitions of repetitions, or raise the option timeLimit",
    );
  }

  /** A match is a number while it is sorted: its offset times the number of patterns, plus its pattern. No object is made for each. */
  #merged({ literals }: ExpressionMatches, chained: readonly RegexMatches[]): PieceMatches {
    const patterns = this.#patterns;
    const count = patterns.length;
    const size = chained.reduce((sum, { starts }) => sum + starts.length, literals.offsets.length);
    const keys = new Float64Array(size);
    let at = 0;
    for (const [i, offset] of literals.offsets.entries())
      keys[at++] = offset * count + (this.#literals[literals.patterns[i] ?? 0] ?? 0);
    for (const [i, { starts }] of chained.entries()) {
      const pattern = this.#chains[i]?.pattern ?? 0;
      for (const start of starts) keys[at++] = start * count + pattern;
    }
    if (count > 1) keys.sort();
    const matches = { offsets: new Uint32Array(size), patterns: new Uint32Array(size), lengths: new Uint32Array(size) };
    const cut = new Set<number>();
    const next = new Map(chained.map((found, i) => [this.#chains[i]?.pattern ?? 0, { found, cut: new Set(found.cut), at: 0 }]));
    for (const [i, key] of keys.entries()) {
      const offset = Math.floor(key / count);
      const pattern = key - offset * count;
      matches.offsets[i] = offset;
      matches.patterns[i] = pattern;
      const chain = next.get(pattern);
      const literal = patterns[pattern];
      if (chain) {
        if (chain.cut.has(chain.at)) cut.add(i);
        matches.lengths[i] = (chain.found.ends[chain.at++] ?? 0) - offset;
      } else if (literal && "values" in literal) matches.lengths[i] = literal.values.length;
    }
    return { ...matches, cut };
  }
}
