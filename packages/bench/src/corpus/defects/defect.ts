/** One defect of an otherwise sound capture. */
import { BLOCK_HEADER_BYTES, type Specimen, viewOf } from "../../captures/specimen.js";
import type { Expectation, ExpectedBlock } from "../expectation.js";

export interface Defect {
  /** Name of the files, without extension. */
  readonly name: string;
  /** A phrase that describes the defect. */
  readonly about: string;
  readonly features: readonly string[];
  /** The expected verdict of verification. */
  readonly verdict: string;
  /** The links from this block on and FileHash are recomputed after the damage, so that readers find only the damage. */
  readonly rechainedFrom?: number;
  damage?(capture: Specimen): void;
  /** The number of bytes to keep. */
  cutTo?(capture: Specimen): number;
  /** Changes the expectation for the sound capture into that for the damaged one. */
  expect?(expected: Expectation, capture: Specimen): void;
}

export const SOUND = "chain-ok+filehash-ok";

/** Throws a `RangeError` for a block that the capture does not have. */
export function blockAt<T>(blocks: readonly T[], index: number): T {
  const block = blocks[index];
  if (block === undefined) throw new RangeError(`There is no block ${index}`);
  return block;
}

/** A view of a block's bytes, for reading and changing them. */
export function viewAt({ blocks }: Specimen, index: number): DataView {
  return viewOf(blockAt(blocks, index));
}

/** A view of a block's stored payload. */
export function payloadAt(capture: Specimen, index: number): DataView {
  return viewOf(blockAt(capture.blocks, index).subarray(BLOCK_HEADER_BYTES));
}

export function flipBit(bytes: Uint8Array, at: number, bit = 0): void {
  if (at < 0 || at >= bytes.length) throw new RangeError(`There is no byte ${at} of ${bytes.length}`);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
}

/** Offset of a block in the file. */
export function offsetOf({ header, blocks }: Specimen, index: number): number {
  return blocks.slice(0, index).reduce((sum, { length }) => sum + length, header.length);
}

/** An `expect` for a block whose payload cannot be read. */
export function invalid(index: number, why: string, changes: Partial<ExpectedBlock> = {}): NonNullable<Defect["expect"]> {
  return ({ blocks }) => void Object.assign(blockAt(blocks, index), changes, { invalidPayload: why });
}

/** An `expect` for a block with changed payload fields. */
export function reads(
  index: number,
  fields: ExpectedBlock["payload"],
  changes: Partial<ExpectedBlock> = {},
): NonNullable<Defect["expect"]> {
  return ({ blocks }) => {
    const block = blockAt(blocks, index);
    Object.assign(block, changes, { payload: { ...block.payload, ...fields } });
  };
}
