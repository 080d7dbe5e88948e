/**
 * `@memslice/msl/lint`: every departure of a capture from the specification: of its header, of each block, between blocks, and of its hashes. The readers report the
 * first three kinds themselves; here they come together, with what was expected and what a departure means.
 */
import { LINT_CATALOGUE, type LintId, type Severity } from "./deviations/catalogue.js";
import type { Deviation } from "./deviations/deviation.js";
import { EXPLANATIONS } from "./deviations/explanations.js";
import { MslError } from "./errors.js";
import { BLOCK_HEADER_SIZE, BLOCK_UUID_OFFSET, PREV_HASH_OFFSET } from "./format/block-header.js";
import { BlockType, HeaderFlag } from "./format/codes.js";
import { headerOffset } from "./format/file-header.js";
import type { Problem } from "./format/layout/decode.js";
import { hexText, NIL_UUID, UUID_BYTES } from "./format/layout/uuid-text.js";
import type { Payload } from "./format/payloads/decode-payload.js";
import { LINT, OPEN_CAPTURE } from "./options/reading.js";
import { optionsFor, requireOptions } from "./options/require-options.js";
import { Capture } from "./read/capture.js";
import type { CaptureBlock } from "./read/capture-block.js";
import type { CaptureInput } from "./read/capture-input.js";
import { type OpenOptions, openCapture, openSourceOf } from "./read/open-capture.js";
import { readHead } from "./read/read-head.js";
import { SharedSource, type Source } from "./source/source.js";
import { itemsInSlices, TimeSlice } from "./source/time-slice.js";
import type { VerifyOptions } from "./verify/passes.js";
import type { ChainBreak, VerifyReport } from "./verify/report.js";

/** How grave a finding is. `error`: breaks a MUST of the specification. `warning`: a SHOULD, or a known dialect. `info`: information. */
export type LintLevel = "error" | "warning" | "info";

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

/** The rule of an id; undefined for a text that is no id. */
export function lintRule(id: string): LintRule | undefined {
  if (!Object.hasOwn(LINT_CATALOGUE, id)) return undefined;
  const known = id as LintId;
  const [severity, title] = LINT_CATALOGUE[known];
  const [section, expected, meaning] = EXPLANATIONS[known];
  return { id: known, level: LEVELS[severity], title, section, expected, meaning };
}

/** All rules, in the order of the parts of a capture. */
export function lintRules(): readonly LintRule[] {
  return Object.keys(LINT_CATALOGUE).flatMap((id) => lintRule(id) ?? []);
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
  /** What was found, as a sentence. */
  readonly found: string;
  /** What the specification expects there. */
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

/** `openCapture` has the other options. `threads` hash. */
export interface LintOptions
  extends Omit<OpenOptions, "strict" | "pin" | "threads" | "onProgress">,
    Pick<VerifyOptions, "threads" | "nativeHash"> {
  /** The least grave findings that are given out; others are only counted. Default `info`: all. */
  readonly level?: LintLevel;
  /** Called while the capture is examined: bytes done, of twice the size of the capture. */
  readonly onProgress?: (progress: { readonly bytesDone: number; readonly bytesTotal: number }) => void;
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

/** Findings that are given out together. */
const BATCH = 128;

/** Errors that say that the capture, and not the reading of it, is at fault, or that a part of it is closed to the reader. */
const OBSTACLES: ReadonlySet<string> = new Set([
  "not-msl",
  "bad-header",
  "unsupported-version",
  "truncated",
  "missing-key",
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
      const finding = this.#counted(deviation);
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
  #counted({ id, block, offset, field, message, expected: there }: Found): LintFinding | undefined {
    const [severity] = LINT_CATALOGUE[id];
    const [, expected, meaning] = EXPLANATIONS[id];
    const level = LEVELS[severity];
    this.#counts[level]++;
    this.#ids.set(id, (this.#ids.get(id) ?? 0) + 1);
    if (LINT_LEVELS.indexOf(level) > this.#mildest) return undefined;
    const place = { block: block ?? null, offset, field: field ?? null };
    return { id, level, ...place, found: message, expected: there ?? expected, meaning };
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
      const { deviations } = await readHead(source, signal ? { signal } : {}).catch(async (error: unknown) => {
        if (error instanceof MslError && OBSTACLES.has(error.code)) this.#obstacle = error;
        else throw error;
        return { deviations: await headFaults(error, source, signal) };
      });
      yield* deviations;
      if (this.#obstacle) return;
      const capture = await openCapture(new SharedSource(source), optionsFor(OPEN_CAPTURE, this.#openOptions));
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
    const report = (bytesDone: number) => onProgress?.({ bytesDone, bytesTotal: 2 * size });
    const dump = { id: header.dumpUuid, name: "DumpUUID", field: "dumpUuid", offset: headerOffset("dumpUuid") };
    yield* uuidFindings([dump]);
    // Each block of type 0x0000 is a finding of its own.
    yield* deviations.slice(known.length).filter(({ id }) => id !== "BLK-TYPE0");
    yield* repeatedProvenance(capture, signal);
    if (dialect.enriched) yield overlay(capture);
    for await (const { block, findings } of blockFindings(capture, signal)) {
      this.#blocks = block.index + 1;
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

function overlay({ end }: Capture): Found {
  const message = "An enrichment tool added a block, and wrote another End-of-Capture behind it";
  return { id: "EOC-OVERLAY", message, offset: end.eocEnd ?? end.dataEnd };
}

/** The findings about a header that no reader goes on with. */
async function headFaults(
  { code, message, offset = 0 }: MslError,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<readonly Deviation[]> {
  const start = await source.read(0, Math.min(source.size, headerOffset("capBitmap")), signal);
  if (code === "not-msl") return [{ id: "HDR-MAGIC", message, offset: 0, field: "magic" }];
  if (code !== "bad-header") return [];
  if (offset === headerOffset("endianness")) return [{ id: "HDR-ENDIAN", message, offset, field: "endianness" }];
  if (offset !== headerOffset("headerSize")) return [];
  const isEncrypted = ((start[headerOffset("flags")] ?? 0) & HeaderFlag.Encrypted) !== 0;
  const found = { message: `${message}; the header begins with ${hexText(start)}`, offset, field: "headerSize" };
  return [{ id: isEncrypted ? "ENC-SIZE" : "HDR-SIZE", ...found }];
}

/** A deviation, with what was expected at this place where that says more than the rule. */
type Found = Deviation & { readonly expected?: string };

interface BlockFindings {
  readonly block: CaptureBlock;
  readonly findings: Iterable<Deviation>;
}

/** All blocks in file order, those behind End-of-Capture too. Page data is read by pieces, and other payloads one window at a time. */
async function* blockFindings(capture: Capture, signal: AbortSignal | undefined): AsyncGenerator<BlockFindings, void, undefined> {
  const { blocks } = capture;
  for (let from = 0; from < blocks.length; ) {
    const region = firstRegion(capture, from);
    for await (const batch of capture.decodeAll({ from, to: region, ...(signal ? { signal } : {}) })) {
      for (const { block, result } of batch) {
        const { payload, partial, problem, deviations } = result;
        yield { block, findings: findingsOf(block, deviations, problem, (payload ?? partial) as Partial<Payload> | undefined) };
      }
    }
    if (region < blocks.length) yield await regionFindings(blocks.at(region), signal);
    from = region + 1;
  }
}

/** The index of the first Memory Region from `from` on, or the number of blocks: a region may be too large to be decoded at once. */
function firstRegion({ blocks }: Capture, from: number): number {
  let at = from;
  while (at < blocks.length && blocks.at(at).type !== BlockType.MemoryRegion) at++;
  return at;
}

async function regionFindings(block: CaptureBlock, signal: AbortSignal | undefined): Promise<BlockFindings> {
  const { region, problem, deviations } = await block.region(signal);
  if (!region) return { block, findings: findingsOf(block, deviations, problem) };
  const checked = await region.check(signal);
  return { block, findings: findingsOf(block, checked.deviations, checked.problem) };
}

function* findingsOf(
  block: CaptureBlock,
  deviations: readonly Deviation[],
  problem: Problem | undefined,
  payload: Partial<Payload> = {},
): Generator<Deviation, void, undefined> {
  yield* deviations;
  if (problem && !isTold(problem, deviations)) yield problemFinding(block, problem);
  yield* uuidFindings(uuidsOf(block, payload));
}

/** Whether another deviation says the same. That the data end inside a block is told with the end of the capture. */
function isTold(problem: Problem, deviations: readonly Deviation[]): boolean {
  if (problem.id === "BLK-TRUNCATED") return true;
  return deviations.some(({ id, message }) => id === problem.id && message === problem.message);
}

/** The Import Provenance blocks behind the first one: an import has exactly one. */
async function* repeatedProvenance(
  { blocks }: Capture,
  signal: AbortSignal | undefined,
): AsyncGenerator<Deviation, void, undefined> {
  let first: number | undefined;
  for await (const { index, offset, afterEoc } of itemsInSlices(blocks.ofType(BlockType.ImportProvenance), signal)) {
    if (afterEoc) return;
    const message = `Block ${index} is another Import Provenance, behind that in block ${first}`;
    if (first !== undefined) yield { id: "ORD-PROVENANCE", message, offset, block: index, field: "type" };
    first ??= index;
  }
}

/** Offsets of a compressed payload count from its start. */
function problemFinding({ index, payloadOffset, compression }: CaptureBlock, { id, at, message }: Problem): Deviation {
  return { id, message, offset: (compression === "none" ? payloadOffset : 0) + at, block: index };
}

/** A UUID that a capture has, and where. */
interface PlacedUuid {
  readonly id: string;
  /** Its name in sentences. */
  readonly name: string;
  readonly field: string;
  readonly offset: number;
  readonly block?: number;
  /** Whether a UUID of zeros is allowed. */
  readonly mayBeNil?: boolean;
}

function* uuidsOf(block: CaptureBlock, payload: Partial<Payload>): Generator<PlacedUuid, void, undefined> {
  const { index, offset, payloadOffset } = block;
  const at = { block: index, offset: offset + BLOCK_UUID_OFFSET };
  yield { id: block.uuid, name: "BlockUUID", field: "uuid", ...at };
  yield { id: block.parentUuid, name: "ParentUUID", field: "parentUuid", ...at, offset: at.offset + UUID_BYTES, mayBeNil: true };
  const inPayload = { block: index, offset: payloadOffset };
  if (payload.kind === "KeyHint" && payload.regionUuid !== undefined)
    yield { id: payload.regionUuid, name: "RegionUUID", field: "regionUuid", ...inPayload };
  if (payload.kind === "RelatedDump" && payload.relatedDumpUuid !== undefined)
    yield { id: payload.relatedDumpUuid, name: "RelatedDumpUUID", field: "relatedDumpUuid", ...inPayload };
  if (payload.kind !== "ModuleListIndex") return;
  for (const [row, { moduleUuid }] of (payload.entries ?? []).entries())
    yield { id: moduleUuid, name: "ModuleUUID", field: `entries[${row}].moduleUuid`, ...inPayload };
}

/** Canonical text of a UUID of version 4 (RFC 9562). */
const VERSION_4 = /^.{14}4.{4}[89ab]/;

/** The UUIDs that are nil where one is needed, or of another version than 4. */
function* uuidFindings(uuids: Iterable<PlacedUuid>): Generator<Deviation, void, undefined> {
  for (const { id, name, mayBeNil = false, ...place } of uuids) {
    if (id === NIL_UUID) {
      if (!mayBeNil) yield { id: "UUID-NIL", message: `${name} is nil`, ...place };
    } else if (!VERSION_4.test(id))
      yield { id: "UUID-VERSION", message: `${name} is ${id}, which is not of version 4`, ...place };
  }
}

/** The findings in the order of the file. A broken link is one even if a known cause explains it: then its cause is the finding, and not the link. */
function* hashFindings(report: VerifyReport): Generator<Found, void, undefined> {
  const { anchor, explanation, breaks, eocIndex, encrypted } = report;
  if (explanation) yield* explained(explanation);
  // PrevHash of encrypted captures is a relation between blocks and the header, and is checked with these.
  if (!encrypted) {
    for (const link of breaks) {
      if (eocIndex !== null && link.index > eocIndex) break;
      if (link.index === 0 && anchor === "zero") yield zeroAnchor(link);
      else if (!(explanation && (link.index === 0 || explanation.chainHolds))) yield brokenLink(link);
    }
  }
  if (report.fileHash.status === "mismatch" && !explanation?.fileHashHolds) yield wrongFileHash(report.fileHash, eocIndex);
}

function* explained({ variant }: NonNullable<VerifyReport["explanation"]>): Generator<Found, void, undefined> {
  const isOtherHash = variant.id === "sha256-fallback";
  const field = isOtherHash ? "hashAlgo" : variant.id === "block-count-zero" ? "blockCount" : "versionBytes";
  const message = `The hashes match only if ${variant.assumption}`;
  const place = { offset: headerOffset(field), field };
  yield { id: "INT-HEADER-EDITED", message, ...place };
  if (isOtherHash) yield { id: "INT-ALGO-MIX", message, ...place };
}

function zeroAnchor({ offset, computed }: ChainBreak): Found {
  const expected = `PrevHash ${hexText(computed)}, the hash of the header`;
  return { id: "INT-ANCHOR-ZERO", message: "PrevHash of block 0 is zero", expected, ...prevHashOf(0, offset) };
}

function brokenLink({ index, offset, stored, computed }: ChainBreak): Found {
  const before = index === 0 ? "the header" : `block ${index - 1}`;
  const message = `PrevHash of block ${index} is ${hexText(stored)}`;
  const expected = `PrevHash ${hexText(computed)}, the hash of ${before}`;
  return { id: "INT-CHAIN", message, expected, ...prevHashOf(index, offset) };
}

function prevHashOf(block: number, offset: number) {
  return { block, offset: offset + PREV_HASH_OFFSET, field: "prevHash" };
}

function wrongFileHash({ stored, computed, end }: VerifyReport["fileHash"], eocIndex: number | null): Found {
  const message = `FileHash is ${stored === null ? "absent" : hexText(stored)}`;
  const expected = `FileHash ${computed === null ? "" : hexText(computed)}, the hash of all bytes before End-of-Capture`;
  const offset = (end ?? 0) + BLOCK_HEADER_SIZE;
  return { id: "INT-FILEHASH", message, expected, offset, field: "fileHash", ...(eocIndex === null ? {} : { block: eocIndex }) };
}
