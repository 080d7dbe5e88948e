/** Captures with a hash chain and FileHash, for tests that damage them and search behind the damage. */
import { blake3 } from "@memslice/core-wasm";
import { type BlockSpec, blockBytes, captureOf } from "./build-capture.js";
import { concatenated } from "./vectors.js";

const PREV_HASH = 48;
const END_OF_CAPTURE = 0x0fff;

export interface LinkedCapture {
  readonly bytes: Uint8Array;
  /** Where each block begins, and where the last one ends. */
  readonly offsets: readonly number[];
}

/** Blocks linked by BLAKE3 to `anchor`, which stands before them. */
export function linkedBlocks(anchor: Uint8Array, blocks: readonly BlockSpec[], firstPosition = 1): Uint8Array[] {
  let before = anchor;
  return blocks.map((spec, i) => {
    const block = blockBytes(spec, firstPosition + i);
    block.set(blake3(before), PREV_HASH);
    before = block;
    return block;
  });
}

/** A whole capture, with End-of-Capture behind the blocks given. */
export function linkedCapture(specs: readonly BlockSpec[]): LinkedCapture {
  const header = captureOf([]);
  const blocks = linkedBlocks(header, specs);
  const [end] = linkedBlocks(blocks.at(-1) ?? header, [endOfCapture(blake3(concatenated(header, ...blocks)))], specs.length + 1);
  const all = [...blocks, ...(end ? [end] : [])];
  const offsets = [header.length];
  for (const block of all) offsets.push((offsets.at(-1) ?? 0) + block.length);
  return { bytes: concatenated(header, ...all), offsets };
}

export function endOfCapture(fileHash: Uint8Array): BlockSpec {
  return { type: END_OF_CAPTURE, payload: concatenated(fileHash, new Uint8Array(16)) };
}
