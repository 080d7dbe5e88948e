/**
 * MemDiver's plain captures are known by their first two blocks: no link to the header, and one from the second block to the first. Readers
 * that go front to back have seen all of that once the second block begins.
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
  /** The first block, as far as it was looked at. */
  readonly start: Uint8Array | undefined;
  readonly prevHash: Uint8Array;
  /** PrevHash of the second block, where there is one. */
  readonly secondPrevHash: Uint8Array | undefined;
}

/** Whether the header lets the first block be MemDiver's, of a plain capture. */
export function mayBeMemDivers({ header, payloadVersion, prevHash }: Omit<FirstBlocks, "secondPrevHash">): boolean {
  const { byteOrder, versionMajor, versionMinor, encrypted } = header;
  const version = byteOrder === "little" && versionMajor === 1 && versionMinor >= 1;
  return version && !encrypted && payloadVersion === 1 && isZero(prevHash);
}

/** `fixture`: no link at all, as in captures that MemDiver's tests generate. Undefined for captures that others wrote. */
export function memDiverAnchor(first: FirstBlocks): "product" | "fixture" | undefined {
  if (!mayBeMemDivers(first)) return undefined;
  const { secondPrevHash } = first;
  if (secondPrevHash && isZero(secondPrevHash)) return "fixture";
  return !secondPrevHash || isHashOf(first, secondPrevHash) ? "product" : undefined;
}

/** A first block too long to be looked at whole is given the benefit of the doubt. */
function isHashOf({ start, length }: FirstBlocks, digest: Uint8Array): boolean {
  if (!start || start.length < length) return true;
  // MemDiver hashes with SHA-256 where it has no BLAKE3, and the header does not say so.
  return [0, 1].some(
    (algorithm) => isImplementedHash(algorithm) && equalBytes(digest, hash(algorithm, start.subarray(0, length))),
  );
}
