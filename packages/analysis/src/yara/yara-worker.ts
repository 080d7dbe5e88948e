/** Scans pieces of memory in a worker. A scan cannot be interrupted: the thread that asks ends the worker. */
import { answerJobs, type StartingThread } from "@memslice/msl/work";
import type { PieceBounds } from "../asking/spans.js";
import type { YaraEngine, YaraModule, YaraResult, YaraScanner } from "./yara-engine.js";

export interface YaraTask {
  readonly kind: "looking";
  readonly question: "yara";
  readonly rules: string;
  readonly engine: YaraEngine;
  /** The most matches of a pattern in a piece. */
  readonly mostMatches: number;
}

/** A job without pieces compiles the rules and does nothing else. */
export interface YaraJob {
  readonly buffer: ArrayBuffer;
  readonly pieces: readonly PieceBounds[];
}

/** A rule as it stands in the text. */
export interface YaraRule {
  readonly identifier: string;
  readonly namespace: string;
  readonly tags: readonly string[];
  readonly metadata: readonly { readonly identifier: string; readonly value: unknown }[];
}

/** A rule that matches a piece. */
export interface MatchingRule {
  readonly rule: YaraRule;
  /** The patterns that have matches; private ones are left out. */
  readonly patterns: readonly {
    readonly identifier: string;
    readonly offsets: Float64Array;
    readonly lengths: Float64Array;
    /** Whether there were as many matches as are kept. */
    readonly isCut: boolean;
  }[];
}

export type YaraAnswer =
  | {
      readonly kind: "scanned";
      readonly buffer: ArrayBuffer;
      readonly pieces: readonly (readonly MatchingRule[])[];
      readonly warnings: readonly string[];
    }
  /** `usage`: the rules do not compile; `unsupported-runtime`: the package cannot be loaded; `internal`: it failed. */
  | { readonly kind: "refused"; readonly code: "usage" | "unsupported-runtime" | "internal"; readonly message: string };

/** The main function. */
export function runYara(thread: StartingThread<YaraTask>): void {
  const { task } = thread;
  let compiled: Promise<Compiled | Extract<YaraAnswer, { kind: "refused" }>> | undefined;
  answerJobs<YaraJob, YaraAnswer>(thread, async ({ buffer, pieces }) => {
    compiled ??= compile(task);
    const rules = await compiled;
    if ("kind" in rules) return { answer: rules, transfer: [] };
    try {
      const found = pieces.map(({ offset, length }) => scanned(rules.scanner, new Uint8Array(buffer, offset, length), task));
      return { answer: { kind: "scanned", buffer, pieces: found, warnings: rules.warnings }, transfer: [buffer] };
    } catch (error) {
      return {
        answer: { kind: "refused", code: "internal", message: `@virustotal/yara-x failed: ${textOf(error)}` },
        transfer: [],
      };
    }
  });
}

interface Compiled {
  readonly scanner: YaraScanner;
  readonly warnings: readonly string[];
}

async function compile({ rules, engine, mostMatches }: YaraTask): Promise<Compiled | Extract<YaraAnswer, { kind: "refused" }>> {
  let yara: YaraModule;
  try {
    yara = await import(/* webpackIgnore: true */ /* @vite-ignore */ engine.script);
    await yara.default(engine.wasm === undefined ? {} : { module_or_path: engine.wasm });
  } catch (error) {
    const message = `@virustotal/yara-x cannot be loaded from ${engine.script}: ${textOf(error)}`;
    return { kind: "refused", code: "unsupported-runtime", message };
  }
  try {
    const compiler = new yara.Compiler();
    compiler.addSource(rules);
    const warnings = [...compiler.warnings];
    const scanner = compiler.build().scanner();
    scanner.setMaxMatchesPerPattern(mostMatches);
    return { scanner, warnings };
  } catch (error) {
    return { kind: "refused", code: "usage", message: `The rules do not compile: ${textOf(error)}` };
  }
}

function scanned(scanner: YaraScanner, bytes: Uint8Array, { mostMatches }: YaraTask): MatchingRule[] {
  const result: YaraResult = scanner.scan(bytes);
  if (!result.valid) throw new Error(result.errors.join("; "));
  return result.matches
    .filter(({ isPrivate }) => !isPrivate)
    .map(({ identifier, namespace, tags, metadata, patterns }) => ({
      rule: { identifier, namespace, tags, metadata },
      patterns: patterns
        .filter((pattern) => !pattern.isPrivate && pattern.matches.length > 0)
        .map((pattern) => ({
          identifier: pattern.identifier,
          offsets: Float64Array.from(pattern.matches, ({ offset }) => offset),
          lengths: Float64Array.from(pattern.matches, ({ length }) => length),
          isCut: pattern.matches.length >= mostMatches,
        })),
    }));
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
