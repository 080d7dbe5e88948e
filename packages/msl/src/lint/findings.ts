/** The findings of each kind: about a header that no reader goes on with, about blocks, UUIDs, and hashes. */
import type { LintId } from "../deviations/catalogue.js";
import type { Deviation } from "../deviations/deviation.js";
import type { MslError } from "../errors.js";
import {
  BLOCK_HEADER,
  BLOCK_HEADER_SIZE,
  BLOCK_LENGTH_OFFSET,
  BLOCK_TYPE_OFFSET,
  BLOCK_UUID_OFFSET,
  PREV_HASH_OFFSET,
} from "../format/block-header.js";
import { BlockType, HeaderFlag } from "../format/codes.js";
import { headerOffset } from "../format/file-header.js";
import type { Problem } from "../format/layout/decode.js";
import { fieldOffset } from "../format/layout/fields.js";
import { hexText, NIL_UUID, UUID_BYTES } from "../format/layout/uuid-text.js";
import type { Payload } from "../format/payloads/decode-payload.js";
import { MODULE_LIST_ENTRY, MODULE_LIST_INDEX } from "../format/payloads/process-tables.js";
import type { Capture } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { Source } from "../source/source.js";
import { itemsInSlices } from "../source/time-slice.js";
import type { ChainBreak, HeaderVariantId, VerifyReport } from "../verify/report.js";

/** A deviation; with the values that were found and expected where neither its place nor its own values tell them. */
export type Found = Deviation & { readonly found?: string; readonly expected?: string };

/** A deviation with its block, where the capture knows it: the walk over block headers tells only where the data ends. */
export function inBlock(deviation: Deviation, { blocks, end }: Pick<Capture, "blocks" | "end">): Found {
  if (deviation.id !== "BLK-TRUNCATED" || deviation.field !== undefined || end.truncatedBlock === null) return deviation;
  const { index, offset } = blocks.at(end.truncatedBlock);
  return { ...deviation, block: index, offset: offset + BLOCK_LENGTH_OFFSET, field: "length" };
}

export function overlay({ end, blocks }: Capture): Found {
  const message = "An enrichment tool added a block, and wrote another End-of-Capture behind it";
  const added = end.eocIndex ? blocks.at(end.eocIndex - 1) : undefined;
  const found = added ? `${added.typeName} in block ${added.index}` : "another End-of-Capture";
  return { id: "EOC-OVERLAY", message, offset: end.eocEnd ?? end.dataEnd, found };
}

/** The findings about a header that no reader goes on with. */
export async function headFaults(
  { code, message, offset = 0 }: MslError,
  source: Source,
  signal: AbortSignal | undefined,
): Promise<readonly Deviation[]> {
  const start = await source.read(0, Math.min(source.size, headerOffset("capBitmap")), signal);
  if (code === "not-msl") return [{ id: "HDR-MAGIC", message, offset: 0, field: "magic" }];
  if (code === "unsupported-version") {
    const version = start.subarray(offset, offset + 2);
    const values = [`${hexText(version)} (${version[1]}.${version[0]})`, "0101 (1.1)"];
    return [{ id: "HDR-DAMAGED", message, offset, field: "versionBytes", values }];
  }
  if (code !== "bad-header") return [];
  if (offset === headerOffset("endianness")) return [{ id: "HDR-ENDIAN", message, offset, field: "endianness" }];
  if (offset !== headerOffset("headerSize")) return [];
  const isEncrypted = ((start[headerOffset("flags")] ?? 0) & HeaderFlag.Encrypted) !== 0;
  const found = { message: `${message}; the header begins with ${hexText(start)}`, offset, field: "headerSize" };
  return [{ id: isEncrypted ? "ENC-SIZE" : "HDR-SIZE", ...found }];
}

interface BlockFindings {
  readonly block: CaptureBlock;
  readonly findings: Iterable<Deviation>;
  /** The decoded fields of the payload, of a damaged one those before the damage; undefined for one that is not decoded. */
  readonly fields: object | undefined;
}

/** All blocks in file order, those behind End-of-Capture too. Page data is read by pieces, and other payloads one window at a time. */
export async function* blockFindings(
  capture: Capture,
  signal: AbortSignal | undefined,
): AsyncGenerator<BlockFindings, void, undefined> {
  const { blocks } = capture;
  for (let from = 0; from < blocks.length; ) {
    const region = firstRegion(capture, from);
    for await (const batch of capture.decodeAll({ from, to: region, ...(signal ? { signal } : {}) })) {
      for (const { block, result } of batch) {
        const { payload, partial, problem, deviations } = result;
        const fields = (payload ?? partial) as Partial<Payload> | undefined;
        const { raw } = result;
        yield { block, findings: findingsOf(block, deviations, problem, fields, raw), fields };
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
  if (!region) return { block, findings: findingsOf(block, deviations, problem), fields: undefined };
  const checked = await region.check(signal);
  return { block, findings: findingsOf(block, checked.deviations, checked.problem), fields: region.head };
}

function* findingsOf(
  block: CaptureBlock,
  deviations: readonly Deviation[],
  problem: Problem | undefined,
  payload?: Partial<Payload>,
  raw?: Uint8Array,
): Generator<Deviation, void, undefined> {
  for (const deviation of deviations) yield isOfHeader(deviation) ? inHeader(block, deviation) : deviation;
  if (problem && !isTold(problem, deviations)) yield problemFinding(block, problem, payload === undefined);
  yield* uuidFindings(uuidsOf(block, payload ?? {}, raw));
}

/** Whether another deviation says the same. That the data end inside a block is told with the end of the capture. */
function isTold(problem: Problem, deviations: readonly Deviation[]): boolean {
  if (problem.id === "BLK-TRUNCATED") return true;
  // The deviation of the flags says it already.
  if (problem.id === "BLK-COMPALGO") return true;
  return deviations.some(({ id, message }) => id === problem.id && message === problem.message);
}

/** The Import Provenance blocks behind the first one: an import has exactly one. */
export async function* repeatedProvenance(
  { blocks }: Capture,
  signal: AbortSignal | undefined,
): AsyncGenerator<Found, void, undefined> {
  let first: number | undefined;
  for await (const { index, offset, afterEoc } of itemsInSlices(blocks.ofType(BlockType.ImportProvenance), signal)) {
    if (afterEoc) return;
    const message = `Block ${index} is another Import Provenance, behind that in block ${first}`;
    const found = `another ImportProvenance in block ${index}`;
    if (first !== undefined)
      yield { id: "ORD-PROVENANCE", message, offset: offset + BLOCK_TYPE_OFFSET, block: index, field: "type", found };
    first ??= index;
  }
}

/** Offsets of a compressed payload count from its start, unless the problem is about the stored payload or the block header. */
function problemFinding(block: CaptureBlock, { at, ...problem }: Problem, isUnread: boolean): Deviation {
  const field = HEADER_FIELDS[problem.id];
  if (field !== undefined) return inHeader(block, { ...problem, offset: 0, field });
  const isInFile = block.compression === "none" || (isUnread && problem.id.startsWith("CMP-"));
  return block.locate({ ...problem, offset: at }, isInFile ? block.payloadOffset : 0);
}

/** The fields of the block header that the decoders of payloads report. They do not know where the header stands. */
const HEADER_FIELDS: Partial<Record<LintId, "type" | "payloadVersion">> = {
  "BLK-TYPE0": "type",
  "BLK-PAYLOADVERSION": "payloadVersion",
  "TYP-UNSPECIFIED": "type",
  "EXT-MEMSLICER": "type",
  "EXT-MEMDIVER": "type",
  "EXT-THREAD": "type",
  "CON-TYPE": "type",
};

type InHeader = Deviation & { readonly field: string };

function isOfHeader(deviation: Deviation): deviation is InHeader {
  return deviation.field !== undefined && deviation.field === HEADER_FIELDS[deviation.id];
}

/** The deviation at the place of its field in the header of the block. */
function inHeader(block: CaptureBlock, deviation: InHeader): Deviation {
  return { ...deviation, block: block.index, offset: block.offset + fieldOffset(BLOCK_HEADER, deviation.field) };
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

/** `raw`: the bytes of the payload, decompressed. */
function* uuidsOf(
  block: CaptureBlock,
  payload: Partial<Payload>,
  raw: Uint8Array | undefined,
): Generator<PlacedUuid, void, undefined> {
  const { index, offset, payloadOffset, compression } = block;
  const at = { block: index, offset: offset + BLOCK_UUID_OFFSET };
  yield { id: block.uuid, name: "BlockUUID", field: "uuid", ...at };
  yield { id: block.parentUuid, name: "ParentUUID", field: "parentUuid", ...at, offset: at.offset + UUID_BYTES, mayBeNil: true };
  const inPayload = { block: index, offset: compression === "none" ? payloadOffset : 0 };
  if (payload.kind === "KeyHint" && payload.regionUuid !== undefined)
    yield { id: payload.regionUuid, name: "RegionUUID", field: "regionUuid", ...inPayload };
  if (payload.kind === "RelatedDump" && payload.relatedDumpUuid !== undefined)
    yield { id: payload.relatedDumpUuid, name: "RelatedDumpUUID", field: "relatedDumpUuid", ...inPayload };
  if (payload.kind !== "ModuleListIndex") return;
  let entry = MODULE_LIST_INDEX.minimumSize;
  for (const [row, { moduleUuid }] of (payload.entries ?? []).entries()) {
    yield {
      id: moduleUuid,
      name: "ModuleUUID",
      field: `entries[${row}].moduleUuid`,
      ...inPayload,
      offset: inPayload.offset + entry,
    };
    entry += moduleEntryBytes(raw, entry);
  }
}

/** Bytes of the entry of a Module List Index that begins at `at`. Its path is padded to a multiple of 8. */
function moduleEntryBytes(raw: Uint8Array | undefined, at: number): number {
  const length = at + PATH_LENGTH_OFFSET;
  const path = (raw?.[length] ?? 0) | ((raw?.[length + 1] ?? 0) << 8);
  return MODULE_LIST_ENTRY.minimumSize + Math.ceil(path / 8) * 8;
}

const PATH_LENGTH_OFFSET = fieldOffset(MODULE_LIST_ENTRY, "pathLen");

/** Canonical text of a UUID of version 4 (RFC 9562). */
const VERSION_4 = /^.{14}4.{4}[89ab]/;

/** The UUIDs that are nil where one is needed, or of another version than 4. */
export function* uuidFindings(uuids: Iterable<PlacedUuid>): Generator<Deviation, void, undefined> {
  for (const { id, name, mayBeNil = false, ...place } of uuids) {
    if (id === NIL_UUID) {
      if (!mayBeNil) yield { id: "UUID-NIL", message: `${name} is nil`, ...place };
    } else if (!VERSION_4.test(id))
      yield { id: "UUID-VERSION", message: `${name} is ${id}, which is not of version 4`, ...place };
  }
}

/** The findings in the order of the file. A broken link is one even if a known cause explains it: then its cause is the finding, and not the link. */
export function* hashFindings(report: VerifyReport): Generator<Found, void, undefined> {
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
  const place = { offset: headerOffset(field), field, expected: EXPECTED_OF_VARIANT[variant.id] };
  yield { id: "INT-HEADER-EDITED", message, ...place };
  if (isOtherHash) yield { id: "INT-ALGO-MIX", message, ...place };
}

/** The values of the header under which the hashes match. */
const EXPECTED_OF_VARIANT: Record<HeaderVariantId, string> = {
  "block-count-zero": "0, with which the hashes match",
  "version-bytes-01-00": "0100, with which the hashes match",
  "sha256-fallback": "1 (SHA-256), with which the hashes match",
};

function zeroAnchor({ offset, computed }: ChainBreak): Found {
  const expected = `${hexText(computed)}, the hash of the header`;
  return { id: "INT-ANCHOR-ZERO", message: "PrevHash of block 0 is zero", expected, ...prevHashOf(0, offset) };
}

function brokenLink({ index, offset, stored, computed }: ChainBreak): Found {
  const before = index === 0 ? "the header" : `block ${index - 1}`;
  const message = `PrevHash of block ${index} is not the hash of ${before}`;
  const expected = `${hexText(computed)}, the hash of ${before}`;
  return { id: "INT-CHAIN", message, found: hexText(stored), expected, ...prevHashOf(index, offset) };
}

function prevHashOf(block: number, offset: number) {
  return { block, offset: offset + PREV_HASH_OFFSET, field: "prevHash" };
}

function wrongFileHash({ stored, computed, end }: VerifyReport["fileHash"], eocIndex: number | null): Found {
  const found = stored === null ? "absent" : hexText(stored);
  const message = stored === null ? "There is no FileHash" : "FileHash is not the hash of the capture";
  const expected = `${computed === null ? "" : hexText(computed)}, the hash of all bytes before End-of-Capture`;
  const offset = (end ?? 0) + BLOCK_HEADER_SIZE;
  return {
    id: "INT-FILEHASH",
    message,
    found,
    expected,
    offset,
    field: "fileHash",
    ...(eocIndex === null ? {} : { block: eocIndex }),
  };
}
