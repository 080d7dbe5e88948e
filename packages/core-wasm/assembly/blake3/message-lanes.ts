/**
 * Four messages of at most one chunk side by side, one in each lane of the vectors. When a message has ended, the next one takes its lane,
 * so that lengths may differ.
 *
 * Layout:
 *   STATE      160 bytes  chaining words (word i of lane l is element l of vector i) and chunk numbers, which are 0
 *   RECORDS     64 bytes  a record of 16 bytes for each lane:
 *                           0 u32 address of the next block
 *                           4 u32 blocks left, or NO_BLOCKS when the lane is empty and compresses an arbitrary block
 *                           8 u32 length of the last block
 *                          12 u32 address of the digest
 */
import { compressFour, FOUR_COUNTER_HIGHS, FOUR_COUNTER_LOWS, FOUR_STATE_BYTES, storeFour } from "../generated/blake3-lanes";
import {
  BLOCK_BYTES,
  CHUNK_END,
  CHUNK_START,
  HASH_BYTES,
  IV_0,
  IV_1,
  IV_2,
  IV_3,
  IV_4,
  IV_5,
  IV_6,
  IV_7,
  ROOT,
} from "./constants";
import { EACH_LANE, WHOLE_BLOCKS } from "./four";
import { lastBlockIndex, padBlock } from "./padding";

export const LANE_COUNT: u32 = 4;
/** A set of lanes: bit 0 of byte number `lane` stands for a lane. */
export const ALL_LANES: u32 = EACH_LANE;

const VECTOR_BYTES: usize = 16;
const STATE: usize = 0;
const RECORDS: usize = FOUR_STATE_BYTES;
const LANE_RECORD_BYTES: usize = 16;
const BLOCKS_LEFT: usize = 4;
const LAST_LENGTH: usize = 8;
const OUTPUT: usize = 12;
const NO_BLOCKS: u32 = 0xffffffff;
export const LANES_BYTES: usize = RECORDS + <usize>LANE_COUNT * LANE_RECORD_BYTES;

/** Prepares the lanes for the first messages: every message has one chunk, number 0. */
export function clearLanes(lanes: usize): void {
  v128.store(lanes + STATE, i64x2.splat(0), FOUR_COUNTER_LOWS);
  v128.store(lanes + STATE, i64x2.splat(0), FOUR_COUNTER_HIGHS);
}

/** Puts a message into a lane; its digest is to go to `output`. */
export function occupyLane(lanes: usize, lane: u32, message: usize, length: u32, output: usize): void {
  const record = recordOf(lanes, lane);
  const last = lastBlockIndex(length);
  store<u32>(record, <u32>message);
  store<u32>(record, last + 1, BLOCKS_LEFT);
  store<u32>(record, length - last * BLOCK_BYTES, LAST_LENGTH);
  store<u32>(record, <u32>output, OUTPUT);
}

/** Begins a message in each lane of the set `starting`. */
export function beginLanes(lanes: usize, starting: u32): void {
  // By whole vectors, since a vector whose words were stored one by one is slow to load.
  const mask = i32x4.neg(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(starting))));
  beginWord(lanes, mask, 0, IV_0);
  beginWord(lanes, mask, 1, IV_1);
  beginWord(lanes, mask, 2, IV_2);
  beginWord(lanes, mask, 3, IV_3);
  beginWord(lanes, mask, 4, IV_4);
  beginWord(lanes, mask, 5, IV_5);
  beginWord(lanes, mask, 6, IV_6);
  beginWord(lanes, mask, 7, IV_7);
}

/** Leaves a lane without a message: it compresses the block at `filler` over and over. */
export function emptyLane(lanes: usize, lane: u32, filler: usize): void {
  store<u32>(recordOf(lanes, lane), <u32>filler);
  store<u32>(recordOf(lanes, lane), NO_BLOCKS, BLOCKS_LEFT);
}

/**
 * Compresses until at least one message has ended, and returns the set of lanes whose message has. `starting` is the set of lanes with a new
 * message. `lastBlocks` is room for four padded blocks. Returns 0 and does nothing when all lanes are empty.
 */
export function runLanes(lanes: usize, starting: u32, lastBlocks: usize): u32 {
  const fewest = fewestBlocksLeft(lanes);
  if (fewest == NO_BLOCKS) return 0;
  const before = fewest - 1;
  let flags = starting * CHUNK_START;
  if (before > 0) {
    compress(lanes, before, WHOLE_BLOCKS, flags);
    advance(lanes, before);
    flags = 0;
  }
  let ending: u32 = 0;
  let lengths = WHOLE_BLOCKS;
  for (let lane: u32 = 0; lane < LANE_COUNT; lane++) {
    const record = recordOf(lanes, lane);
    if (load<u32>(record, BLOCKS_LEFT) != 1) continue;
    ending |= 1 << (8 * lane);
    const length = load<u32>(record, LAST_LENGTH);
    if (length == BLOCK_BYTES) continue;
    const block = lastBlocks + lane * BLOCK_BYTES;
    padBlock(block, load<u32>(record), length);
    store<u32>(record, <u32>block);
    lengths ^= (BLOCK_BYTES ^ length) << (8 * lane);
  }
  compress(lanes, 1, lengths, flags | (ending * (CHUNK_END | ROOT)));
  advance(lanes, 1);
  return ending;
}

/** Stores the digests of the messages that have ended in the lanes of the set `ending`. */
export function storeDigests(lanes: usize, ending: u32): void {
  if (ending == ALL_LANES) {
    storeFour(
      lanes + STATE,
      load<u32>(recordOf(lanes, 0), OUTPUT),
      load<u32>(recordOf(lanes, 1), OUTPUT),
      load<u32>(recordOf(lanes, 2), OUTPUT),
      load<u32>(recordOf(lanes, 3), OUTPUT),
    );
    return;
  }
  for (let lane: u32 = 0; lane < LANE_COUNT; lane++) {
    if (((ending >> (8 * lane)) & 1) == 1) storeDigest(lanes, lane);
  }
}

function storeDigest(lanes: usize, lane: u32): void {
  const output: usize = load<u32>(recordOf(lanes, lane), OUTPUT);
  for (let word: usize = 0; word < HASH_BYTES / 4; word++) {
    store<u32>(output + word * 4, load<u32>(lanes + STATE + word * VECTOR_BYTES + lane * 4));
  }
}

@inline
function recordOf(lanes: usize, lane: u32): usize {
  return lanes + RECORDS + lane * <u32>LANE_RECORD_BYTES;
}

@inline
function beginWord(lanes: usize, mask: v128, word: usize, value: u32): void {
  const at = lanes + STATE + word * VECTOR_BYTES;
  v128.store(at, v128.bitselect(i32x4.splat(<i32>value), v128.load(at), mask));
}

@inline
function fewestBlocksLeft(lanes: usize): u32 {
  const left01 = min(load<u32>(recordOf(lanes, 0), BLOCKS_LEFT), load<u32>(recordOf(lanes, 1), BLOCKS_LEFT));
  const left23 = min(load<u32>(recordOf(lanes, 2), BLOCKS_LEFT), load<u32>(recordOf(lanes, 3), BLOCKS_LEFT));
  return min(left01, left23);
}

@inline
function compress(lanes: usize, blocks: u32, lengths: u32, flags: u32): void {
  compressFour(
    load<u32>(recordOf(lanes, 0)),
    load<u32>(recordOf(lanes, 1)),
    load<u32>(recordOf(lanes, 2)),
    load<u32>(recordOf(lanes, 3)),
    blocks,
    lengths,
    flags,
    0,
    lanes + STATE,
  );
}

@inline
function advance(lanes: usize, blocks: u32): void {
  for (let lane: u32 = 0; lane < LANE_COUNT; lane++) {
    const record = recordOf(lanes, lane);
    const left = load<u32>(record, BLOCKS_LEFT);
    if (left == NO_BLOCKS) continue;
    store<u32>(record, load<u32>(record) + blocks * BLOCK_BYTES);
    store<u32>(record, left - blocks, BLOCKS_LEFT);
  }
}
