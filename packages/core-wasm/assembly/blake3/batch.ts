/**
 * Digests of many messages from a table of descriptors. Messages of at most one chunk share the vector lanes (message-lanes.ts), in the
 * order of the table; a longer message fills the lanes on its own.
 *
 * Layout: DESCRIPTOR_* for the descriptor of one message (src/layout.ts).
 */
import { DESCRIPTOR_BYTES, DESCRIPTOR_LENGTH, DESCRIPTOR_MESSAGE, DESCRIPTOR_OUTPUT } from "../../src/layout";
import { CHUNK_BYTES, HASH_BYTES } from "./constants";
import { LANES, LAST_BLOCKS } from "./context";
import { ALL_LANES, beginLanes, clearLanes, emptyLane, LANE_COUNT, occupyLane, runLanes, storeDigests } from "./message-lanes";
import { blake3Hash } from "./tree";

/** Blocks of a capture that are hashed together. */
export const BATCH_MESSAGES: u32 = 64;
export const DESCRIPTORS_BYTES: usize = BATCH_MESSAGES * DESCRIPTOR_BYTES;

/** From this many short messages on they share lanes: one block in all lanes costs about as much as two single blocks. */
const WORTH_SHARING = 3;

/** Describes message number `index` of a batch whose digests lie one after the other at `digests`. */
export function describeMessage(descriptors: usize, index: u32, message: usize, length: u32, digests: usize): void {
  const descriptor = descriptors + <usize>index * DESCRIPTOR_BYTES;
  store<u32>(descriptor, <u32>message, DESCRIPTOR_MESSAGE);
  store<u32>(descriptor, length, DESCRIPTOR_LENGTH);
  store<u32>(descriptor, <u32>(digests + index * HASH_BYTES), DESCRIPTOR_OUTPUT);
}

/** Hashes `count` messages. Leaves a running hasher of the same context alone. */
export function blake3HashBatch(context: usize, descriptors: usize, count: u32): void {
  const end = descriptors + <usize>count * DESCRIPTOR_BYTES;
  let short = 0;
  for (let descriptor = descriptors; descriptor < end; descriptor += DESCRIPTOR_BYTES) {
    if (lengthOf(descriptor) <= CHUNK_BYTES) short++;
    else hashMessage(context, descriptor);
  }
  if (short >= WORTH_SHARING) {
    hashShortMessages(context, descriptors, end);
    return;
  }
  for (let at = nextShort(descriptors, end); at < end; at = nextShort(at + DESCRIPTOR_BYTES, end)) hashMessage(context, at);
}

function hashMessage(context: usize, descriptor: usize): void {
  blake3Hash(context, messageOf(descriptor), lengthOf(descriptor), outputOf(descriptor));
}

function hashShortMessages(context: usize, descriptors: usize, end: usize): void {
  const lanes = context + LANES;
  const lastBlocks = context + LAST_BLOCKS;
  let next = nextShort(descriptors, end);
  let free = ALL_LANES;
  clearLanes(lanes);
  do {
    for (let lane: u32 = 0; lane < LANE_COUNT; lane++) {
      if (((free >> (8 * lane)) & 1) == 0) continue;
      if (next < end) {
        occupyLane(lanes, lane, messageOf(next), lengthOf(next), outputOf(next));
        next = nextShort(next + DESCRIPTOR_BYTES, end);
      } else {
        emptyLane(lanes, lane, lastBlocks);
      }
    }
    beginLanes(lanes, free);
    free = runLanes(lanes, free, lastBlocks);
    storeDigests(lanes, free);
  } while (free != 0);
}

/** The first descriptor from `descriptor` on whose message is at most one chunk, or the end. */
@inline
function nextShort(descriptor: usize, end: usize): usize {
  while (descriptor < end && lengthOf(descriptor) > CHUNK_BYTES) descriptor += DESCRIPTOR_BYTES;
  return descriptor;
}

@inline
function messageOf(descriptor: usize): usize {
  return load<u32>(descriptor, DESCRIPTOR_MESSAGE);
}

@inline
function lengthOf(descriptor: usize): u32 {
  return load<u32>(descriptor, DESCRIPTOR_LENGTH);
}

@inline
function outputOf(descriptor: usize): usize {
  return load<u32>(descriptor, DESCRIPTOR_OUTPUT);
}
