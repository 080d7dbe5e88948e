/** Makes matches of rules that match pieces. Pieces of a run overlap: what lies in both is reported once. */
import type { ScannedPiece } from "./yara-team.js";
import type { YaraRule } from "./yara-worker.js";

/** A place where a rule matches. */
export interface YaraMatch {
  readonly address: bigint;
  /** Bytes that match; for a rule without matching patterns the bytes that were scanned. */
  readonly length: number;
  readonly rule: YaraRule;
  /** The identifier of the pattern, such as `$a`; not there for a rule that matches by its condition alone. */
  readonly pattern?: string;
}

export class YaraFindings {
  readonly #overlap: number;
  /** Matches that the next piece may have, too, or that it may have others before. */
  #held: YaraMatch[] = [];
  /** Whether a pattern had more matches than are kept. */
  isCut = false;

  constructor(overlap: number) {
    this.#overlap = overlap;
  }

  /** Matches that no later piece changes, in the order of addresses; at one address in the order of rules and patterns. */
  known({ piece, rules }: ScannedPiece): YaraMatch[] {
    const { address, length, endsRun } = piece;
    const found: YaraMatch[] = [];
    for (const { rule, patterns } of rules) {
      if (patterns.length === 0) found.push({ address, length, rule });
      for (const { identifier, offsets, lengths, isCut } of patterns) {
        this.isCut ||= isCut;
        for (const [i, offset] of offsets.entries())
          found.push({ address: address + BigInt(offset), length: lengths[i] ?? 0, rule, pattern: identifier });
      }
    }
    const all = this.#held.length === 0 ? found : joined(this.#held, found);
    all.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    const border = endsRun ? undefined : address + BigInt(length - this.#overlap);
    const next = border === undefined ? -1 : all.findIndex((match) => match.address >= border);
    this.#held = next < 0 ? [] : all.splice(next);
    return all;
  }
}

/** The matches of both; of two of one pattern at one address the longer one: a piece may end inside a match. */
function joined(held: readonly YaraMatch[], found: readonly YaraMatch[]): YaraMatch[] {
  const keyOf = ({ address, rule, pattern }: YaraMatch) => `${address} ${rule.namespace} ${rule.identifier} ${pattern}`;
  const all = new Map(held.map((match) => [keyOf(match), match]));
  for (const match of found) {
    const key = keyOf(match);
    const known = all.get(key);
    if (!known || known.length < match.length) all.set(key, match);
  }
  return [...all.values()];
}
