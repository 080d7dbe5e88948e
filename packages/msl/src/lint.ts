/**
 * `@memslice/msl/lint`: every departure of a capture from the specification: of its header, of each block, between blocks, and of its hashes. The readers report the
 * first three kinds themselves; here they come together, with what was expected and what a departure means.
 */
import type { LintId, Severity } from "./deviations/catalogue.js";
import type { Deviation } from "./deviations/deviation.js";
import { MslError } from "./errors.js";
import { headerOffset } from "./format/file-header.js";
import { BLOCK_RULES } from "./lint/block-rules.js";
import {
  blockFindings,
  type Found,
  hashFindings,
  headFaults,
  inBlock,
  overlay,
  repeatedProvenance,
  uuidFindings,
} from "./lint/findings.js";
import { PAYLOAD_RULES } from "./lint/payload-rules.js";
import { RELATION_RULES } from "./lint/relation-rules.js";
import { FindingValues } from "./lint/values.js";
import { LINT, type LintLevel, type LintOptions, OPEN_CAPTURE, type OpenOptions } from "./options/reading.js";
import { optionsFor, requireOptions } from "./options/require-options.js";
import { Capture } from "./read/capture.js";
import type { CaptureInput } from "./read/capture-input.js";
import { openCapture, openSourceOf } from "./read/open-capture.js";
import { readHead } from "./read/read-head.js";
import { readDamagedHead } from "./read/salvage/damaged-head.js";
import { openDamagedCapture } from "./read/salvage/open-damaged.js";
import { SharedSource, type Source } from "./source/source.js";
import { TimeSlice } from "./source/time-slice.js";

export type { LintLevel, LintOptions } from "./options/reading.js";

const LEVELS: Record<Severity, LintLevel> = { E: "error", W: "warning", I: "info" };
/** From the gravest to the least grave. */
const LINT_LEVELS: readonly LintLevel[] = ["error", "warning", "info"];

/** A lint id, and what it stands for. */
export interface LintRule {
  readonly id: LintId;
  readonly level: LintLevel;
  /** The departure in a few words. */
  readonly title: string;
  /** The topic of the specification. */
  readonly section: string;
  /** What the specification expects, as a noun phrase. */
  readonly expected: string;
  /** What the departure means for the evidence. */
  readonly meaning: string;
}

const RULES = { ...BLOCK_RULES, ...RELATION_RULES, ...PAYLOAD_RULES } as const;

/** The rule of an id; undefined for a text that is no id. */
export function lintRule(id: string): LintRule | undefined {
  if (!Object.hasOwn(RULES, id)) return undefined;
  const known = id as LintId;
  const [severity, title, section, expected, meaning] = RULES[known];
  return { id: known, level: LEVELS[severity], title, section, expected, meaning };
}

/** All rules, in the order of the parts of a capture. */
export function lintRules(): readonly LintRule[] {
  return Object.keys(RULES).flatMap((id) => lintRule(id) ?? []);
}

/** A departure from the specification, at a place of a capture. */
export interface LintFinding {
  readonly id: LintId;
  readonly level: LintLevel;
  /** Index of the block; null for the file header and the end of the file. */
  readonly block: number | null;
  /**
   * Bytes from the start of the file; for the blocks of an encrypted capture, from the start of the decrypted stream. In a compressed payload, from the start of
   * the decompressed one.
   */
  readonly offset: number;
  /** Name of the field, as in docs/fields.md; null where the finding concerns no single field. */
  readonly field: string | null;
  /** The departure as a sentence. */
  readonly message: string;
  /** The value that was found: of the field, or of the bytes at the offset; or else in words. */
  readonly found: string;
  /** The value that the specification expects there, or which values. */
  readonly expected: string;
  /** What the departure means for the evidence. */
  readonly meaning: string;
}

/** The state of a linting: what was found so far, below the asked level too. It is final when the iteration has ended. */
export interface LintSummary {
  /** The number of findings by level, those that are not given out included. */
  readonly counts: Readonly<Record<LintLevel, number>>;
  /** The number of findings of each id that was found. */
  readonly ids: ReadonlyMap<LintId, number>;
  /** The number of blocks that were examined. */
  readonly blocks: number;
  /** Bytes of the file. */
  readonly size: number;
  /** The verdict of the hashes, as in the report of `verify`; null where nothing was verified. */
  readonly verdict: string | null;
  /**
   * Why not all of the capture could be examined; null if all of it was. For example `not-msl`, or `missing-key` for an encrypted capture, of which the header
   * alone was examined.
   */
  readonly obstacle: MslError | null;
}

/** The findings of a capture, in batches, and a summary. Can be iterated once. */
export interface Linting extends AsyncIterable<readonly LintFinding[]> {
  readonly summary: LintSummary;
}

/**
 * Examines a capture: its header, all blocks in file order, the relations between them, and its hashes. Reads it twice, in bounded memory. A file that is no capture
 * is a finding too (`HDR-MAGIC`), with the error as `summary.obstacle`; so is an encrypted capture without its key, whose header is examined. The iteration
 * throws `usage`, `source`, `changed` and `aborted`. An opened `Capture` stays open, and its hashes are those of the bytes that are there now.
 */
export function lintCapture(input: CaptureInput | Capture, options: LintOptions = {}): Linting {
  requireOptions(LINT, options);
  return new LintRun(input, options);
}

/** What a finding says of a value that the capture does not have. */
const NOT_GIVEN = "absent";

/** Findings that are given out together. */
const BATCH = 128;

/** Errors that say that the capture, and not the reading of it, is at fault, or that a part of it is closed to the reader. */
const OBSTACLES: ReadonlySet<string> = new Set([
  "not-msl",
  "bad-header",
  "unsupported-version",
  "truncated",
  "missing-key",
  "not-encrypted",
  "bad-key",
  "unsupported-encryption",
  "unsupported-hash",
  "authentication-failed",
  "limit",
]);

class LintRun implements Linting {
  readonly #input: CaptureInput | Capture;
  readonly #options: LintOptions;
  readonly #mildest: number;
  readonly #counts: Record<LintLevel, number> = { error: 0, warning: 0, info: 0 };
  readonly #ids = new Map<LintId, number>();
  #blocks = 0;
  #size = 0;
  #verdict: string | null = null;
  #obstacle: MslError | null = null;
  #begun = false;
  #values: FindingValues | undefined;

  constructor(input: CaptureInput | Capture, options: LintOptions) {
    this.#input = input;
    this.#options = options;
    this.#mildest = LINT_LEVELS.indexOf(options.level ?? "info");
  }

  get summary(): LintSummary {
    const [counts, ids] = [{ ...this.#counts }, new Map(this.#ids)];
    return { counts, ids, blocks: this.#blocks, size: this.#size, verdict: this.#verdict, obstacle: this.#obstacle };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly LintFinding[], void, undefined> {
    if (this.#begun) throw new MslError("usage", "The findings of lintCapture can be iterated once");
    this.#begun = true;
    const slice = new TimeSlice(this.#options.signal);
    let batch: LintFinding[] = [];
    for await (const deviation of this.#examined()) {
      const finding = await this.#counted(deviation);
      if (finding) batch.push(finding);
      const isSpent = slice.isSpent();
      if (batch.length > 0 && (batch.length === BATCH || isSpent)) {
        yield batch;
        batch = [];
      }
      if (isSpent) await slice.renew();
    }
    if (batch.length > 0) yield batch;
  }

  /** The finding, or undefined for one below the asked level. */
  async #counted(deviation: Found): Promise<LintFinding | undefined> {
    const { id, block, offset, field, message } = deviation;
    const [severity, , , rule, meaning] = RULES[id];
    const level = LEVELS[severity];
    this.#counts[level]++;
    this.#ids.set(id, (this.#ids.get(id) ?? 0) + 1);
    if (LINT_LEVELS.indexOf(level) > this.#mildest) return undefined;
    const values = await this.#values?.of(deviation, this.#options.signal);
    const { found = NOT_GIVEN, expected = rule } = { ...deviation, ...values };
    return { id, level, block: block ?? null, offset, field: field ?? null, message, found, expected, meaning };
  }

  async *#examined(): AsyncGenerator<Found, void, undefined> {
    const input = this.#input;
    try {
      if (input instanceof Capture) yield* this.#capture(input, []);
      else yield* this.#file(await openSourceOf(input, optionsFor(OPEN_CAPTURE, this.#options)));
    } catch (error) {
      if (!(error instanceof MslError) || !OBSTACLES.has(error.code)) throw error;
      this.#obstacle = error;
    }
  }

  async *#file(source: Source): AsyncGenerator<Found, void, undefined> {
    const { signal } = this.#options;
    this.#size = source.size;
    try {
      // With `salvage`, a damaged header is read, too.
      const read = this.#options.salvage ? readDamagedHead : readHead;
      const head = await read(source, this.#openOptions).catch((error: unknown) => {
        if (error instanceof MslError && OBSTACLES.has(error.code)) return error;
        throw error;
      });
      if (head instanceof MslError) {
        this.#obstacle = head;
        this.#values = await FindingValues.ofFile(source, signal);
        yield* await headFaults(head, source, signal);
        return;
      }
      const { deviations } = head;
      this.#values = FindingValues.ofHead(head);
      yield* deviations;
      const { salvage, ...openOptions } = optionsFor(OPEN_CAPTURE, this.#openOptions);
      const open = salvage ? openDamagedCapture : openCapture;
      const capture = await open(new SharedSource(source), openOptions);
      try {
        yield* this.#capture(capture, deviations);
      } finally {
        await capture.close();
      }
    } finally {
      await source.close?.();
    }
  }

  get #openOptions(): OpenOptions {
    const { threads: _, onProgress: __, level: ___, nativeHash: ____, ...options } = this.#options;
    return options;
  }

  /** `known`: deviations of the header that were given out already. */
  async *#capture(capture: Capture, known: readonly Deviation[]): AsyncGenerator<Found, void, undefined> {
    const { signal, onProgress, threads, nativeHash } = this.#options;
    const { header, deviations, dialect, size } = capture;
    this.#size = size;
    const values = FindingValues.ofCapture(capture);
    this.#values = values;
    const report = (bytesDone: number) => onProgress?.({ bytesDone, bytesTotal: 2 * size });
    const dump = { id: header.dumpUuid, name: "DumpUUID", field: "dumpUuid", offset: headerOffset("dumpUuid") };
    yield* uuidFindings([dump]);
    // Each block of type 0x0000 is a finding of its own.
    for (const deviation of deviations.slice(known.length)) if (deviation.id !== "BLK-TYPE0") yield inBlock(deviation, capture);
    yield* repeatedProvenance(capture, signal);
    if (dialect.enriched) yield overlay(capture);
    for await (const { block, findings, fields } of blockFindings(capture, signal)) {
      this.#blocks = block.index + 1;
      values.enter(block, fields);
      yield* findings;
      report(Math.min(block.offset + block.length, size));
    }
    for await (const deviation of capture.crossCheck(signal)) yield deviation;
    const verified = await capture.verify({
      ...(threads === undefined ? {} : { threads }),
      ...(nativeHash === undefined ? {} : { nativeHash }),
      ...(signal ? { signal } : {}),
      onProgress: ({ bytesDone }) => report(size + bytesDone),
    });
    this.#verdict = verified.verdict;
    yield* hashFindings(verified);
  }
}
