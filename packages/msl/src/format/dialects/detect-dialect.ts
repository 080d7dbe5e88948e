/** Who wrote a capture, as far as the header, the block headers and a few payloads tell. */
import { equalBytes, isZero } from "../../bytes.js";
import { hash, isImplementedHash } from "../../hash/hash-algorithm.js";
import { type SlicedWork, UNITS_PER_YIELD } from "../../sliced-work.js";
import { BLOCK_HEADER_SIZE, END_OF_CAPTURE_MINIMUM, PREV_HASH_OFFSET } from "../block-header.js";
import { BlockType, isMemslicerType } from "../codes.js";
import { decodeEncryption, KdfType } from "../encryption-extension.js";
import type { FileHeader } from "../file-header.js";
import { decodeRegionHead } from "../payloads/memory-region.js";
import { type Authorship, DIALECTS, type Dialect, type DialectId, producerOf } from "./dialects.js";
import { type Evidence, firstOfType, isMarkedContext, MARKING_TYPES, mayBeMarkedContext } from "./evidence.js";
import { writerOf11 } from "./version-1-1.js";

/** The dialect of a capture whose blocks are all known, and what it decides about payloads whose bytes leave a choice. */
export function* authorshipOf(evidence: Evidence): SlicedWork<{ readonly dialect: Dialect; readonly authorship: Authorship }> {
  const dialect = yield* detectDialect(evidence);
  const producer = producerOf(dialect);
  const marked = hasMemslicerMarks(evidence);
  return { dialect, authorship: { marked, memslicer: marked || producer === "memslicer", memdiver: producer === "memdiver" } };
}

function hasMemslicerMarks({ records, count, peeked }: Evidence): boolean {
  for (const type of MARKING_TYPES) if (firstOfType({ records, count }, type) >= 0) return true;
  for (const [index, bytes] of peeked) {
    const looked = mayBeMarkedContext(records.type(index), records.flags(index));
    if (looked && isMarkedContext(bytes.subarray(BLOCK_HEADER_SIZE, records.length(index)))) return true;
  }
  return false;
}

function* detectDialect(evidence: Evidence): SlicedWork<Dialect> {
  const id = evidence.records.count === 0 ? "unknown" : yield* identify(evidence);
  return { id, name: DIALECTS[id].name, enriched: isEnriched(evidence) };
}

function* identify(evidence: Evidence): SlicedWork<DialectId> {
  const { records, header } = evidence;
  if (records.payloadVersion(0) === 0) return legacy(evidence);
  if (records.payloadVersion(0) !== 1) return "unknown";
  if (header.byteOrder === "big") return yield* draft(evidence);
  if (versionIs(evidence, 0, 1))
    return (yield* isMemslicer(evidence)) ? yield* memslicerVersion(evidence) : yield* draft(evidence);
  return header.versionMajor === 1 && header.versionMinor >= 1 ? yield* memDiverOrSpecification(evidence) : "unknown";
}

/** Captures whose PayloadVersion is 0: MSL 0.1 and the first draft. The first region tells their layouts apart; the version bytes may have been edited. */
function legacy(evidence: Evidence): DialectId {
  const { records } = evidence;
  const region = payload(evidence, firstOfType(evidence, BlockType.MemoryRegion));
  const { head } = region
    ? decodeRegionHead(
        region.bytes.subarray(0, 32),
        region.length,
        { legacy: true, byteOrder: evidence.header.byteOrder },
        () => {},
      )
    : { head: undefined };
  if (head?.layout === "draft 2026-03-14") return "draft-2026-03-14";
  const index = firstOfType(evidence, BlockType.ModuleListIndex);
  const countOnly = index >= 0 && records.flags(index) === 1 && records.length(index) === BLOCK_HEADER_SIZE + 8;
  if (evidence.header.byteOrder === "big") return "draft-2026-03-14";
  if (head?.layout !== "0.1" && !countOnly) return versionIs(evidence, 0, 1) ? "draft-2026-03-14" : "unknown";
  return versionIs(evidence, 1, 1) ? "msl-0.1-edited" : "msl-0.1";
}

/** Whether a capture with the version bytes 00 01 is memslicer's: the drafts have the same bytes. */
function* isMemslicer(evidence: Evidence): SlicedWork<boolean> {
  const { records, count } = evidence;
  if (yield* hasMemslicerBlock(evidence)) return true;
  if (records.type(0) !== BlockType.ProcessIdentity) return false;
  for (let i = 0; i < count; i++) {
    if (records.length(i) % 8 !== 0 && (records.flags(i) & 1) === 0) return false;
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  return true;
}

function* hasMemslicerBlock({ records, count }: Evidence): SlicedWork<boolean> {
  for (let i = 0; i < count; i++) {
    if (isMemslicerType(records.type(i))) return true;
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  return false;
}

function* memslicerVersion(evidence: Evidence): SlicedWork<DialectId> {
  if (evidence.header.hashAlgo !== 0) return "memslicer-0.2.7";
  const context = payload(evidence, firstOfType(evidence, BlockType.SystemContext));
  const later = context !== undefined && isMarkedContext(context.bytes);
  if (later || (yield* hasMemslicerBlock(evidence))) return "memslicer-0.2.4";
  return context ? "memslicer-0.2.1" : "memslicer-0.2";
}

/** Block flag 6 and block type 0x1000 existed in the draft of 2026-03-15 only. Bit 5 was HasChildren there, and so may be set without a parent. */
function* draft({ records, count }: Evidence): SlicedWork<DialectId> {
  for (let i = 0; i < count; i++) {
    const flags = records.flags(i);
    const childless = (flags & 0x20) !== 0 && isZero(records.parentUuidBytes(i));
    if ((flags & 0x40) !== 0 || childless || records.type(i) === 0x1000) return "draft-2026-03-15";
    if (i % UNITS_PER_YIELD === 0) yield UNITS_PER_YIELD;
  }
  return "draft-2026-03-19";
}

function* memDiverOrSpecification(evidence: Evidence): SlicedWork<DialectId> {
  const { header, headerBytes, records, peeked } = evidence;
  if (header.encrypted) return isEncryptedByMemDiver(evidence) ? "memdiver-2026-05-21" : yield* writerOf11(evidence);
  const first = prevHash(evidence, 0);
  if (!first) return "unknown";
  if (!isZero(first))
    return isImplementedHash(header.hashAlgo) && equalBytes(first, hash(header.hashAlgo, headerBytes))
      ? yield* writerOf11(evidence)
      : "unknown";
  const anchor = memDiverAnchor({
    header,
    payloadVersion: records.payloadVersion(0),
    length: records.length(0),
    start: peeked.get(0),
    prevHash: first,
    secondPrevHash: prevHash(evidence, 1),
  });
  if (!anchor) return "unknown";
  if (anchor === "fixture") return "memdiver-fixture";
  if (header.blockCount !== 0) return "memdiver-2026-05-21";
  return header.capBitmap !== 0n || firstOfType(evidence, BlockType.SystemContext) >= 0 ? "memdiver-0.5.6" : "memdiver-0.5.1";
}

/** An encrypted capture has no PrevHash to tell. MemDiver writes parameters of Argon2id even without a passphrase, and an End-of-Capture of 40 bytes. */
function isEncryptedByMemDiver({ headerBytes, header, records, eocIndex }: Evidence): boolean {
  const { kdfType, kdfTime } = decodeEncryption(headerBytes, header, () => {});
  if (kdfType === KdfType.None && kdfTime !== 0) return true;
  return eocIndex !== null && records.length(eocIndex) === BLOCK_HEADER_SIZE + END_OF_CAPTURE_MINIMUM;
}

/** The enrichment tool's manifest stands right before End-of-Capture and is chained to nothing in the file. */
function isEnriched(evidence: Evidence): boolean {
  const { records, eocIndex, header } = evidence;
  if (eocIndex === null || eocIndex < 2 || records.type(eocIndex - 1) !== BlockType.ModuleBuildIdManifest) return false;
  const before = evidence.peeked.get(eocIndex - 2);
  const stored = prevHash(evidence, eocIndex - 1);
  const length = records.length(eocIndex - 2);
  if (!before || !stored || before.length < length || !isImplementedHash(header.hashAlgo)) return true;
  return !equalBytes(stored, hash(header.hashAlgo, before.subarray(0, length)));
}

function payload({ records, peeked }: Evidence, index: number): { bytes: Uint8Array; length: number } | undefined {
  const bytes = peeked.get(index);
  if (!bytes) return undefined;
  const length = records.length(index) - BLOCK_HEADER_SIZE;
  return { bytes: bytes.subarray(BLOCK_HEADER_SIZE, BLOCK_HEADER_SIZE + length), length };
}

function prevHash({ peeked }: Evidence, index: number): Uint8Array | undefined {
  return peeked.get(index)?.subarray(PREV_HASH_OFFSET, BLOCK_HEADER_SIZE);
}

function versionIs({ header }: Evidence, low: number, high: number): boolean {
  return header.versionBytes[0] === low && header.versionBytes[1] === high;
}

/**
 * Plain captures of MemDiver have two marks: PrevHash of the first block is zero, and PrevHash of the second block is the hash of the first. A
 * reader of a stream knows both when the second block begins.
 */
export interface FirstBlocks {
  readonly header: FileHeader;
  /** PayloadVersion of the first block. */
  readonly payloadVersion: number;
  /** BlockLength of the first block. */
  readonly length: number;
  /** The bytes at the start of the first block that were looked at. */
  readonly start: Uint8Array | undefined;
  readonly prevHash: Uint8Array;
  /** PrevHash of the second block, where there is one. */
  readonly secondPrevHash: Uint8Array | undefined;
}

/** Whether header and first block may be those of a plain capture by MemDiver. */
export function mayBeMemDivers({ header, payloadVersion, prevHash }: Omit<FirstBlocks, "secondPrevHash">): boolean {
  const { byteOrder, versionMajor, versionMinor, encrypted } = header;
  const version = byteOrder === "little" && versionMajor === 1 && versionMinor >= 1;
  return version && !encrypted && payloadVersion === 1 && isZero(prevHash);
}

/** `fixture`: every PrevHash is zero, as in captures that MemDiver's tests generate. Undefined for captures of other writers. */
export function memDiverAnchor(first: FirstBlocks): "product" | "fixture" | undefined {
  if (!mayBeMemDivers(first)) return undefined;
  const { secondPrevHash } = first;
  if (secondPrevHash && isZero(secondPrevHash)) return "fixture";
  return !secondPrevHash || isHashOf(first, secondPrevHash) ? "product" : undefined;
}

/** True without a check for a block that is longer than the bytes that were looked at. */
function isHashOf({ start, length }: FirstBlocks, digest: Uint8Array): boolean {
  if (!start || start.length < length) return true;
  // MemDiver hashes with SHA-256 where it has no BLAKE3, and the header does not say so.
  return [0, 1].some(
    (algorithm) => isImplementedHash(algorithm) && equalBytes(digest, hash(algorithm, start.subarray(0, length))),
  );
}
