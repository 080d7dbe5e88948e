/**
 * What is kept of the begin of a compressed payload, always as many bytes: all that follows the fixed part of the region where that fits, otherwise a
 * digest. Small maps need not be decompressed again, and large ones are known again when they are.
 */

import { blake3 } from "@memslice/core-wasm";
import { startsWith } from "../bytes.js";
import { REGION_HEAD_SIZE } from "../format/payloads/memory-region.js";

export const SEAL_SIZE = 32;

/** Whether all of the start is in its seal, with the fixed part. */
export function sealHolds({ length }: { readonly length: number }): boolean {
  return length - REGION_HEAD_SIZE <= SEAL_SIZE;
}

/** `start`: the payload up to its page data. */
export function sealOf(start: Uint8Array): Uint8Array {
  if (!sealHolds(start)) return blake3(start);
  const seal = new Uint8Array(SEAL_SIZE);
  seal.set(start.subarray(REGION_HEAD_SIZE));
  return seal;
}

/** The `length` bytes that were sealed; undefined where the seal is a digest. `fixed`: the first of them. */
export function sealedBytes(seal: Uint8Array, fixed: Uint8Array, length: number): Uint8Array | undefined {
  if (!sealHolds({ length })) return undefined;
  const bytes = new Uint8Array(length);
  bytes.set(fixed);
  bytes.set(seal.subarray(0, length - REGION_HEAD_SIZE), REGION_HEAD_SIZE);
  return bytes;
}

/** Whether `bytes`, as many as were sealed, are those that were. */
export function isSealed(bytes: Uint8Array, seal: Uint8Array, fixed: Uint8Array): boolean {
  return startsWith(bytes, fixed) && startsWith(seal, sealOf(bytes));
}
