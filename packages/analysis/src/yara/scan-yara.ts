/** Scans memory with YARA rules, by the package @virustotal/yara-x. */

import { MslError } from "@memslice/msl";
import {
  ADDRESS_SPACE_END,
  bytes,
  checksOf,
  either,
  integer,
  objectOf,
  required,
  requireOptions,
  signal,
  tableOf,
  text,
  value,
} from "@memslice/msl/work";
import { yaraEngine } from "#looking-worker";
import { checkBounds } from "../asking/bounds.js";
import { QuestionProgress } from "../asking/progress.js";
import type { Findings, FindingsOptions } from "../asking/question.js";
import { QuestionThreads } from "../asking/threads.js";
import { unchanged } from "../asking/unchanged.js";
import { type Coverage, CoverageCount, extentOf } from "../coverage.js";
import type { Memory } from "../memory.js";
import { FINDINGS } from "../options/questions.js";
import { checkRuleText } from "./rule-text.js";
import type { YaraEngine } from "./yara-engine.js";
import { YaraFindings, type YaraMatch } from "./yara-findings.js";
import { YaraTeam } from "./yara-team.js";

/** Options of `checkYaraRules`. */
export interface YaraRulesOptions {
  /**
   * The package @virustotal/yara-x: the address of its script, and its WebAssembly binary. Default: the installed package in Node, Bun and Deno. Needed in
   * browsers.
   */
  readonly engine?: YaraEngine;
  /**
   * Milliseconds for compiling the rules and scanning a window, from 1 on. Where a window holds several runs of captured bytes, each one but the first adds 100.
   * Default 60,000.
   */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal;
}

/** The longest delay of a timer, in milliseconds: timers count in 32 bits. */
const TIMER_MOST = 2 ** 31 - 1;

const YARA_RULES = checksOf<YaraRulesOptions>()({
  engine: objectOf<YaraEngine>({
    script: required(text),
    wasm: either(either(bytes, text), value<object>("a WebAssembly.Module")),
  }),
  timeLimit: integer(1, TIMER_MOST, "milliseconds"),
  signal,
});
export const CHECK_YARA_RULES = tableOf<YaraRulesOptions>("checkYaraRules")(YARA_RULES);

/** Options of `scanYara`. */
export interface ScanYaraOptions extends FindingsOptions, YaraRulesOptions {
  /** The most bytes that are scanned together, from 256 KiB to 256 MiB. Default 16 MiB: longer runs of captured bytes are cut. */
  readonly windowBytes?: number;
  /** The most matches of a pattern in a window, from 1 to 1,000,000. Default 65,536. */
  readonly mostMatches?: number;
}

const LEAST_WINDOW = 256 << 10;
const LARGEST_WINDOW = 256 << 20;
const MOST_MATCHES_ALLOWED = 1_000_000;

export const SCAN_YARA = tableOf<ScanYaraOptions>("scanYara")({
  ...FINDINGS,
  ...YARA_RULES,
  windowBytes: integer(LEAST_WINDOW, LARGEST_WINDOW, "bytes"),
  mostMatches: integer(1, MOST_MATCHES_ALLOWED, "matches"),
});

/** Bytes that two windows of a run share: the longest match that is found across their border. */
const OVERLAP = 65_536;
const WINDOW_BYTES = 16 << 20;
const MOST_MATCHES = 65_536;
const TIME_LIMIT_MS = 60_000;
/** Matches in a batch at most. */
const BATCH = 4096;

/**
 * Scans memory with YARA rules. Each run of captured bytes is to the rules what a file is to YARA: conditions hold for the run, `filesize` is its length,
 * offsets count from its first byte. A run of more than `windowBytes` is scanned in windows that share 64 KiB, each like a run. Matches are those of all patterns of
 * the rules that match, without private ones; a rule that matches by its condition alone is one match, of the whole run or window.
 *
 * Throws `usage` for wrong options, for rules that do not compile, that include others or import a module that needs a whole file, and if the package
 * is not installed; `unsupported-runtime` where there are no workers; `limit` when a window takes longer than `timeLimit`; `aborted`; and what the memory throws.
 */
export function scanYara(memory: Memory, rules: string, options: ScanYaraOptions = {}): Findings<readonly YaraMatch[]> {
  requireOptions(SCAN_YARA, options);
  const { from = 0n, to = ADDRESS_SPACE_END, limit = Number.POSITIVE_INFINITY, signal } = options;
  const { windowBytes = WINDOW_BYTES, mostMatches = MOST_MATCHES, timeLimit = TIME_LIMIT_MS } = options;
  checkBounds(options);
  checkRuleText(rules);
  const threads = new QuestionThreads(options.threads);
  let coverage: Coverage | undefined;
  async function* run(): AsyncGenerator<readonly YaraMatch[], void, undefined> {
    coverage = undefined;
    const count = new CoverageCount();
    const findings = new YaraFindings(OVERLAP);
    let left = limit;
    try {
      const progress = await QuestionProgress.of(options, async () => (await extentOf(memory, from, to, signal)).captured);
      const task = { kind: "looking", question: "yara", rules, engine: await engineOf(options), mostMatches } as const;
      const team = new YaraTeam(task, threads, timeLimit, signal);
      const pieces = team.scan(memory, { from, to, overlap: OVERLAP, windowBytes });
      for await (const scanned of unchanged([memory], pieces, { coverage: count, signal })) {
        count.add(scanned.piece.length - scanned.piece.repeated);
        const found = findings.known(scanned);
        for (let at = 0; at < found.length && left > 0; ) {
          const batch = found.slice(at, at + Math.min(BATCH, left));
          at += batch.length;
          left -= batch.length;
          yield batch;
        }
        if (findings.isCut || left <= 0) count.endAtLimit();
        if (left <= 0) return;
        progress.add(scanned.piece.length - scanned.piece.repeated);
      }
      progress.end();
    } finally {
      coverage = await count.end(memory, from, to, signal);
    }
  }
  return {
    [Symbol.asyncIterator]: run,
    get threads() {
      return threads.use;
    },
    get coverage() {
      if (coverage) return coverage;
      throw new MslError("usage", "The coverage is known when the scan has ended: take all matches, or leave the loop");
    },
  };
}

/** Compiles rules, and returns the warnings of the compiler. Throws what `scanYara` throws. */
export async function checkYaraRules(rules: string, options: YaraRulesOptions = {}): Promise<readonly string[]> {
  requireOptions(CHECK_YARA_RULES, options);
  const { timeLimit = TIME_LIMIT_MS, signal } = options;
  checkRuleText(rules);
  const task = { kind: "looking", question: "yara", rules, engine: await engineOf(options), mostMatches: 1 } as const;
  return new YaraTeam(task, new QuestionThreads(2), timeLimit, signal).compile();
}

async function engineOf({ engine }: YaraRulesOptions): Promise<YaraEngine> {
  const found = engine ?? (await yaraEngine());
  if (found) return found;
  throw new MslError(
    "usage",
    "YARA rules need the package @virustotal/yara-x: npm install @virustotal/yara-x. In a browser, pass the address of its script as the option engine",
  );
}
