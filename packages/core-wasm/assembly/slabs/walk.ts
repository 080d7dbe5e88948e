/**
 * Walks one slab, after the slab before it was walked: from header to header to the first header behind the slab. Only headers are read, so
 * that the thread of the next slab does not wait for long.
 *
 * Layout: area.ts for the thread's area, relay.ts for what it takes over and hands on.
 * Source: specification, block header and End-of-Capture.
 */
import {
  HASH_BYTES,
  RELAY_BLOCKS,
  RELAY_ENDED,
  RELAY_EOC_END,
  RELAY_EOC_FOUND,
  RELAY_EOC_INDEX,
  RELAY_EOC_OFFSET,
  RELAY_EOC_STORED,
  RELAY_NEXT,
  RELAY_PREVIOUS,
  SLAB_ADDRESS,
  SLAB_BREAKS,
  SLAB_END,
  SLAB_ENDED,
  SLAB_FILE_END,
  SLAB_INDEX,
  SLAB_NEXT,
  SLAB_PREVIOUS,
  SLAB_SIZE,
  SLAB_START,
  SLAB_STARTED,
} from "../../src/layout";
import { blockLength, FILE_HASH, isEndOfCapture } from "../block-header";
import { addressOf, isBlockAt } from "./area";

/**
 * Begins the slab at file offset `start`, whose bytes lie at `bytes`, and moves the relay on to the next slab. `size`: bytes of the file.
 * `slabBytes`: a power of two, at least GUARD_BYTES.
 */
export function walkSlab(area: usize, relay: usize, bytes: usize, start: f64, size: f64, slabBytes: u32): void {
  const slabStart = <u64>start;
  store<u64>(area, slabStart, SLAB_START);
  store<u64>(area, min(slabStart + slabBytes, <u64>size), SLAB_END);
  store<u64>(area, <u64>size, SLAB_SIZE);
  store<u32>(area, <u32>bytes, SLAB_ADDRESS);
  store<u64>(area, load<u64>(relay, RELAY_NEXT), SLAB_NEXT);
  store<u64>(area, load<u64>(relay, RELAY_PREVIOUS), SLAB_PREVIOUS);
  store<u32>(area, load<u32>(relay, RELAY_BLOCKS), SLAB_INDEX);
  store<u32>(area, load<u32>(relay, RELAY_ENDED), SLAB_ENDED);
  store<u32>(area, 0, SLAB_STARTED);
  store<u32>(area, 0, SLAB_BREAKS);
  walk(area, relay);
  store<u64>(area, fileEnd(area, relay), SLAB_FILE_END);
}

function walk(area: usize, relay: usize): void {
  const end = load<u64>(area, SLAB_END);
  let next = load<u64>(relay, RELAY_NEXT);
  let previous = load<u64>(relay, RELAY_PREVIOUS);
  let blocks = load<u32>(relay, RELAY_BLOCKS);
  let ended = load<u32>(relay, RELAY_ENDED);
  while (ended == 0 && next < end) {
    if (!isBlockAt(area, next)) {
      ended = 1;
      break;
    }
    const header = addressOf(area, next);
    if (isEndOfCapture(header) && load<u32>(relay, RELAY_EOC_FOUND) == 0) keepEndOfCapture(relay, header, next, blocks);
    previous = next;
    next += blockLength(header);
    blocks++;
  }
  store<u64>(relay, next, RELAY_NEXT);
  store<u64>(relay, previous, RELAY_PREVIOUS);
  store<u32>(relay, blocks, RELAY_BLOCKS);
  store<u32>(relay, ended, RELAY_ENDED);
}

/** Copies FileHash even if the end of the file cuts it off: the coordinator ignores an End-of-Capture that is not whole. */
function keepEndOfCapture(relay: usize, header: usize, offset: u64, index: u32): void {
  store<u32>(relay, 1, RELAY_EOC_FOUND);
  store<u32>(relay, index, RELAY_EOC_INDEX);
  store<u64>(relay, offset, RELAY_EOC_OFFSET);
  store<u64>(relay, offset + blockLength(header), RELAY_EOC_END);
  memory.copy(relay + RELAY_EOC_STORED, header + FILE_HASH, HASH_BYTES);
}

/** File offset of the end of those bytes of the slab that FileHash covers: none behind a chain that ended without End-of-Capture. */
function fileEnd(area: usize, relay: usize): u64 {
  const start = load<u64>(area, SLAB_START);
  const end = load<u64>(area, SLAB_END);
  if (load<u32>(relay, RELAY_EOC_FOUND) != 0) return max(start, min(end, load<u64>(relay, RELAY_EOC_OFFSET)));
  return load<u32>(area, SLAB_ENDED) != 0 ? start : end;
}
