/** Findings of `msl lint` as text: a line for each, with what was expected and what it means where the reader has not seen that before. */
import type { LintFinding, LintLevel, LintRule, LintSummary } from "@memslice/msl/lint";
import type { Channel } from "../output.js";
import { hanging } from "../terminal/columns.js";
import { safeText } from "../terminal/safe-text.js";

/** Findings of an id that are shown without --verbose. */
const SHOWN_OF_AN_ID = 3;

const LEVEL_WIDTH = 7;
const INDENT = " ".repeat(LEVEL_WIDTH + 3);
const COLORS = { error: "red", warning: "yellow", info: "bold" } as const satisfies Record<LintLevel, string>;

/** The lines of the findings of one file. */
export class FindingLines {
  readonly #output: Pick<Channel, "style" | "verbose" | "width">;
  readonly #seen = new Map<string, number>();

  constructor(output: Pick<Channel, "style" | "verbose" | "width">) {
    this.#output = output;
  }

  /** The lines of one finding; none for one that is only counted. */
  of({ id, level, block, offset, field, message, found, expected, meaning }: LintFinding): string[] {
    const before = this.#seen.get(id) ?? 0;
    this.#seen.set(id, before + 1);
    const { style, verbose, width } = this.#output;
    if (before >= SHOWN_OF_AN_ID && !verbose) return [];
    const subject = block === null ? "" : `block ${block} `;
    const place = `${subject}at ${offset}${field === null ? "" : `, ${field}`}`;
    const text = hanging(INDENT, safeText(`${id} ${place}: ${message}`), width).slice(INDENT.length);
    const line = `  ${style(COLORS[level], level.padEnd(LEVEL_WIDTH))} ${text}`;
    const rule = [`found: ${found}`, `expected: ${expected}`, `means: ${meaning}`].map((one) =>
      hanging(INDENT, safeText(one), width),
    );
    return before === 0 || verbose ? [line, ...rule] : [line];
  }

  /** A line for the findings that were counted and not shown. */
  rest(): string[] {
    if (this.#output.verbose) return [];
    const hidden = [...this.#seen].filter(([, count]) => count > SHOWN_OF_AN_ID);
    if (hidden.length === 0) return [];
    const counts = hidden.map(([id, count]) => `${count - SHOWN_OF_AN_ID} ${id}`);
    return [`  and ${counts.join(", ")}; -v lists them`];
  }
}

/** For example "3 errors, 1 warning, 0 infos in 11 blocks; hashes: chain-ok+filehash-ok". */
export function lintSummaryText({ counts, blocks, verdict, obstacle }: LintSummary): string {
  const numbers = (["error", "warning", "info"] as const).map((level) => counted(counts[level], `${level}s`));
  const hashes = verdict === null ? "hashes not examined" : `hashes: ${verdict}`;
  return `${numbers.join(", ")} in ${counted(blocks, "blocks")}; ${hashes}${obstacle === null ? "" : `; not examined as a whole (${obstacle.code})`}`;
}

/** A rule for people who ask what an id means. */
export function ruleText(rule: LintRule, { style, width }: Pick<Channel, "style" | "width">): string {
  const { id, level, title, section, expected, meaning } = rule;
  const rows = { level, topic: section, expected, means: meaning };
  const lines = Object.entries(rows).map(([name, text]) => hanging(`  ${name.padEnd(10)}`, text, width));
  return `${style("bold", id)}${hanging(`${id}: `, title, width).slice(id.length)}\n${lines.join("\n")}\n`;
}

import { counted } from "../terminal/quantity-text.js";
