/** Block streams with a valid chain, or links broken on purpose, and FileHash. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import { concatenated } from "./vectors.js";

export interface ChainedBlock {
  /** 0x0FFF with a payload of at least 40 bytes ends the capture; FileHash replaces the first bytes of its payload. */
  readonly type: number;
  readonly payload: Uint8Array;
  readonly wrongLink?: boolean;
}

const END_OF_CAPTURE = 0x0fff;

/** Header and blocks. PrevHash of block 0 and FileHash are computed over `hashedHeader` in place of the header. */
export function chainedCapture(
  header: Uint8Array,
  blocks: readonly ChainedBlock[],
  hashedHeader: Uint8Array = header,
): Uint8Array {
  const file = new Blake3();
  file.update(hashedHeader);
  const parts: Uint8Array[] = [header];
  let previous = blake3(hashedHeader);
  for (const { type, payload, wrongLink = false } of blocks) {
    const block = new Uint8Array(80 + payload.length);
    const view = new DataView(block.buffer);
    block.set([0x4d, 0x53, 0x4c, 0x43]);
    view.setUint16(4, type, true);
    view.setUint32(8, block.length, true);
    block.set(previous, 48);
    if (wrongLink) block[50] = (block[50] ?? 0) ^ 1;
    block.set(payload, 80);
    if (type === END_OF_CAPTURE && payload.length >= 40) block.set(file.digest(), 80);
    file.update(block);
    parts.push(block);
    previous = blake3(block);
  }
  file.release();
  return concatenated(...parts);
}

/** `length` bytes of a sequence that repeats after 2^32 bytes. */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
