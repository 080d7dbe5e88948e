/**
 * Plain captures of MemDiver have two marks: PrevHash of the first block is zero, and PrevHash of the second block is the hash of the first. A
 * reader of a stream knows both when the second block begins.
 */
import { equalBytes, isZero } from "../../bytes.js";
import { hash, isImplementedHash } from "../../hash/hash-algorithm.js";
import type { FileHeader } from "../file-header.js";

export interface FirstBlocks {
  readonly header: FileHeader;
  /** Of the first block. */
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
