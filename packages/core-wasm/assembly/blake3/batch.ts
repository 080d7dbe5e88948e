/**
 * Digests of many messages from a table of descriptors (descriptor.ts). Messages of at most one chunk go through the four lanes
 * together, in the order of the table, wherever that is faster than one after the other.
 */
import { hashFourMessages } from "../generated/blake3-lanes";
import { BLOCK_BYTES, CHUNK_BYTES } from "./constants";
import { LAST_BLOCKS } from "./context";
import { DESCRIPTOR_BYTES, descriptorLength, descriptorMessage, descriptorOutput } from "./descriptor";
import { lastBlockIndex, padBlock } from "./padding";
import { blake3Hash } from "./tree";

/** Hashes `count` messages. Leaves a running hasher of the same context alone. */
export function blake3HashBatch(context: usize, descriptors: usize, count: u32): void {
  const end = descriptors + <usize>count * DESCRIPTOR_BYTES;
  let first: usize = 0;
  let second: usize = 0;
  let third: usize = 0;
  let waiting = 0;
  for (let descriptor = descriptors; descriptor < end; descriptor += DESCRIPTOR_BYTES) {
    if (descriptorLength(descriptor) > CHUNK_BYTES) {
      hashMessage(context, descriptor);
      continue;
    }
    waiting++;
    if (waiting == 1) first = descriptor;
    else if (waiting == 2) second = descriptor;
    else if (waiting == 3) third = descriptor;
    else {
      hashShortMessages(context, first, second, third, descriptor);
      waiting = 0;
    }
  }
  if (waiting > 0) hashMessage(context, first);
  if (waiting > 1) hashMessage(context, second);
  if (waiting > 2) hashMessage(context, third);
}

function hashShortMessages(context: usize, d0: usize, d1: usize, d2: usize, d3: usize): void {
  const blocks0 = lastBlockIndex(descriptorLength(d0)) + 1;
  const blocks1 = lastBlockIndex(descriptorLength(d1)) + 1;
  const blocks2 = lastBlockIndex(descriptorLength(d2)) + 1;
  const blocks3 = lastBlockIndex(descriptorLength(d3)) + 1;
  // A block in all four lanes costs as much as about two single blocks.
  const longest = max(max(blocks0, blocks1), max(blocks2, blocks3));
  if (blocks0 + blocks1 + blocks2 + blocks3 < longest * 2) {
    hashMessage(context, d0);
    hashMessage(context, d1);
    hashMessage(context, d2);
    hashMessage(context, d3);
    return;
  }
  padLastBlock(context + LAST_BLOCKS, d0);
  padLastBlock(context + LAST_BLOCKS + BLOCK_BYTES, d1);
  padLastBlock(context + LAST_BLOCKS + 2 * BLOCK_BYTES, d2);
  padLastBlock(context + LAST_BLOCKS + 3 * BLOCK_BYTES, d3);
  hashFourMessages(d0, d1, d2, d3, context + LAST_BLOCKS);
}

function padLastBlock(block: usize, descriptor: usize): void {
  const length = descriptorLength(descriptor);
  const start = lastBlockIndex(length) * BLOCK_BYTES;
  padBlock(block, descriptorMessage(descriptor) + start, length - start);
}

function hashMessage(context: usize, descriptor: usize): void {
  blake3Hash(context, descriptorMessage(descriptor), descriptorLength(descriptor), descriptorOutput(descriptor));
}
