/** One thing that is wrong with a capture that is otherwise sound. */
import { BLOCK_HEADER_BYTES, type Specimen, viewOf } from "../../captures/specimen.js";
import type { Expectation, ExpectedBlock } from "../expectation.js";

export interface Defect {
  /** Of the files, without their endings. */
  readonly name: string;
  /** A phrase for people: what is wrong. */
  readonly about: string;
  readonly features: readonly string[];
  /** What verification must say. */
  readonly verdict: string;
  /** The first block whose link is made good again, as those behind it and FileHash are: then the damage is all that is to be found. */
  readonly rechainedFrom?: number;
  damage?(capture: Specimen): void;
  /** Bytes that are left of so many. */
  cutTo?(capture: Specimen): number;
  /** What readers find otherwise than in the sound capture. */
  expect?(expected: Expectation, capture: Specimen): void;
}

export const SOUND = "chain-ok+filehash-ok";

/** Throws a `RangeError` for a block that the capture does not have. */
export function blockAt<T>(blocks: readonly T[], index: number): T {
  const block = blocks[index];
  if (block === undefined) throw new RangeError(`There is no block ${index}`);
  return block;
}

/** The bytes of a block, to read and to change. */
export function viewAt({ blocks }: Specimen, index: number): DataView {
  return viewOf(blockAt(blocks, index));
}

/** Of its stored payload. */
export function payloadAt(capture: Specimen, index: number): DataView {
  return viewOf(blockAt(capture.blocks, index).subarray(BLOCK_HEADER_BYTES));
}

export function flipBit(bytes: Uint8Array, at: number, bit = 0): void {
  if (at < 0 || at >= bytes.length) throw new RangeError(`There is no byte ${at} of ${bytes.length}`);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
}

/** Where a block begins in the file. */
export function offsetOf({ header, blocks }: Specimen, index: number): number {
  return blocks.slice(0, index).reduce((sum, { length }) => sum + length, header.length);
}

/** An `expect` for a block without a readable payload. */
export function invalid(index: number, why: string, changes: Partial<ExpectedBlock> = {}): NonNullable<Defect["expect"]> {
  return ({ blocks }) => void Object.assign(blockAt(blocks, index), changes, { invalidPayload: why });
}

/** An `expect` for a block of which some payload fields are others. */
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
