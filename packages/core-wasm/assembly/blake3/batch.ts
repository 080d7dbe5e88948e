/**
 * Digests of many messages from a table of descriptors (descriptor.ts). Those of at most one chunk share the lanes
 * (message-lanes.ts), in the order of the table; longer ones fill the lanes on their own.
 */
import { CHUNK_BYTES } from "./constants";
import { LANES, LAST_BLOCKS } from "./context";
import { DESCRIPTOR_BYTES, descriptorLength, descriptorMessage, descriptorOutput } from "./descriptor";
import { ALL_LANES, beginLanes, clearLanes, emptyLane, LANE_COUNT, occupyLane, runLanes, storeDigests } from "./message-lanes";
import { blake3Hash } from "./tree";

/** A block in all lanes costs as much as about two single ones. */
const WORTH_SHARING = 3;

/** Hashes `count` messages. Leaves a running hasher of the same context alone. */
export function blake3HashBatch(context: usize, descriptors: usize, count: u32): void {
  const end = descriptors + <usize>count * DESCRIPTOR_BYTES;
  let short = 0;
  for (let descriptor = descriptors; descriptor < end; descriptor += DESCRIPTOR_BYTES) {
    if (descriptorLength(descriptor) <= CHUNK_BYTES) short++;
    else hashMessage(context, descriptor);
  }
  if (short >= WORTH_SHARING) {
    hashShortMessages(context, descriptors, end);
    return;
  }
  for (let at = nextShort(descriptors, end); at < end; at = nextShort(at + DESCRIPTOR_BYTES, end)) hashMessage(context, at);
}

function hashMessage(context: usize, descriptor: usize): void {
  blake3Hash(context, descriptorMessage(descriptor), descriptorLength(descriptor), descriptorOutput(descriptor));
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
        occupyLane(lanes, lane, next);
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
  while (descriptor < end && descriptorLength(descriptor) > CHUNK_BYTES) descriptor += DESCRIPTOR_BYTES;
  return descriptor;
}
