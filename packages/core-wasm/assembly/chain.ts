/**
 * Hash chain: one pass over a capture's bytes after its header, in pieces of any size. Hashes every block, compares each PrevHash with
 * the hash of the element before it, and hashes the whole file up to End-of-Capture.
 *
 * Layout of the chain area, 64-byte aligned: the fields CHAIN_* (src/layout.ts), then
 *
 *   DESCRIPTORS     1024 bytes  descriptors for a batch of blocks
 *   DIGESTS         2048 bytes  their digests
 *   FILE                        BLAKE3 context of the file so far
 *   (block)                     BLAKE3 context of the block that arrives in pieces; one-shot hashes use it in between
 *
 * Invariants: FILE has taken exactly the bytes before CHAIN_OFFSET; the bytes in CHAIN_HEADER come after them. A block that lies in a piece
 * whole is hashed at once, up to 64 of them together, so that small blocks share vector lanes. The break table never overflows: the
 * kernel returns when it is full, and the caller empties it.
 * Source: specification, integrity.
 */
import {
  BREAK_BYTES,
  CHAIN_BLOCKS,
  CHAIN_BREAK_TABLE,
  CHAIN_BREAKS,
  CHAIN_ENDED,
  CHAIN_EOC_COMPUTED,
  CHAIN_EOC_END,
  CHAIN_EOC_FILLED,
  CHAIN_EOC_INDEX,
  CHAIN_EOC_OFFSET,
  CHAIN_EOC_STATE,
  CHAIN_EOC_STORED,
  CHAIN_GATHERED,
  CHAIN_HEADER,
  CHAIN_MAX_BREAKS,
  CHAIN_OFFSET,
  CHAIN_PAYLOAD_LEFT,
  CHAIN_PREVIOUS_HASH,
  CHAIN_PREVIOUS_OFFSET,
  EOC_COMPLETE,
  EOC_INSIDE,
  EOC_NONE,
  HEADER_BYTES,
  HEADER_PREV_HASH,
} from "../src/layout";
import { BATCH_MESSAGES, blake3HashBatch, describeMessage, DESCRIPTORS_BYTES } from "./blake3/batch";
import { HASH_BYTES } from "./blake3/constants";
import { contextStride } from "./blake3/context";
import { blake3Final, blake3Init, blake3Update } from "./blake3/hasher";
import { blake3Hash } from "./blake3/tree";
import { blockLength, isBlock, isEndOfCapture } from "./block-header";
import { addBreak, linkHolds } from "./links";

const MAX_BREAKS: u32 = CHAIN_MAX_BREAKS;
const DESCRIPTORS: usize = CHAIN_BREAK_TABLE + CHAIN_MAX_BREAKS * BREAK_BYTES;
const DIGESTS: usize = DESCRIPTORS + DESCRIPTORS_BYTES;
const FILE: usize = DIGESTS + BATCH_MESSAGES * HASH_BYTES;
/** A longer batch would leave the second-level cache before its bytes are hashed for the file, too. */
const BATCH_BYTES: u32 = 512 * 1024;

/** Size of the chain area in bytes. */
export function hashChainBytes(): u32 {
  return <u32>FILE + 2 * contextStride();
}

/** Begins a chain whose first element is the file header, `length` bytes at `header`. */
export function beginHashChain(chain: usize, header: usize, length: u32): void {
  memory.fill(chain, 0, FILE);
  store<u64>(chain, length, CHAIN_OFFSET);
  blake3Init(chain + FILE);
  blake3Update(chain + FILE, header, length);
  blake3Hash(block(chain), header, length, chain + CHAIN_PREVIOUS_HASH);
}

/**
 * Takes the next `length` bytes of the file and returns the number of bytes taken. It is smaller than `length` when the break table is full
 * and has to be emptied (clearHashChainBreaks), or when the chain has ended: no block begins at CHAIN_OFFSET.
 */
export function updateHashChain(chain: usize, bytes: usize, length: u32): u32 {
  let at: u32 = 0;
  while (at < length && load<u32>(chain, CHAIN_ENDED) == 0 && load<u32>(chain, CHAIN_BREAKS) < MAX_BREAKS) {
    const rest = length - at;
    if (load<u32>(chain, CHAIN_PAYLOAD_LEFT) > 0) at += takePayload(chain, bytes + at, rest);
    else if (load<u32>(chain, CHAIN_GATHERED) > 0 || rest < <u32>HEADER_BYTES) at += gatherHeader(chain, bytes + at, rest);
    else at += takeBlocks(chain, bytes + at, rest);
  }
  return at;
}

/** Empties the break table after the caller has read it. */
export function clearHashChainBreaks(chain: usize): void {
  store<u32>(chain, 0, CHAIN_BREAKS);
}

/**
 * Takes a batch of the blocks that lie in the piece whole. If the first block does not, or is the first End-of-Capture, takes its header instead.
 * Returns the number of bytes taken.
 */
function takeBlocks(chain: usize, bytes: usize, length: u32): u32 {
  const room = min(BATCH_MESSAGES, MAX_BREAKS - load<u32>(chain, CHAIN_BREAKS));
  let count: u32 = 0;
  let at: u32 = 0;
  while (count < room && at < BATCH_BYTES && length - at >= <u32>HEADER_BYTES) {
    const header = bytes + at;
    const whole = blockLength(header);
    if (!isBlock(header) || whole > length - at || isFirstEndOfCapture(chain, header)) break;
    describeMessage(chain + DESCRIPTORS, count, header, whole, chain + DIGESTS);
    at += whole;
    count++;
  }
  if (count > 0) {
    hashBatch(chain, bytes, count);
    blake3Update(chain + FILE, bytes, at);
    return at;
  }
  return startBlock(chain, bytes) ? <u32>HEADER_BYTES : 0;
}

/** Hashes the `count` blocks of the batch, which lie one after the other from `bytes` on, and compares their links. */
function hashBatch(chain: usize, bytes: usize, count: u32): void {
  blake3HashBatch(block(chain), chain + DESCRIPTORS, count);
  let header = bytes;
  for (let index: u32 = 0; index < count; index++) {
    enterBlock(chain, header);
    const length = blockLength(header);
    leaveBlock(chain, chain + DIGESTS + index * HASH_BYTES, length);
    header += length;
  }
}

/** Adds bytes to a header that arrives in pieces. */
function gatherHeader(chain: usize, bytes: usize, length: u32): u32 {
  const gathered = load<u32>(chain, CHAIN_GATHERED);
  const taken = min(length, <u32>HEADER_BYTES - gathered);
  memory.copy(chain + CHAIN_HEADER + gathered, bytes, taken);
  store<u32>(chain, gathered + taken, CHAIN_GATHERED);
  if (gathered + taken == <u32>HEADER_BYTES) {
    store<u32>(chain, 0, CHAIN_GATHERED);
    startBlock(chain, chain + CHAIN_HEADER);
  }
  return taken;
}

/** Begins the block with the whole header at `header`. False if no block begins there: then the chain has ended. */
function startBlock(chain: usize, header: usize): bool {
  if (!isBlock(header)) {
    store<u32>(chain, 1, CHAIN_ENDED);
    return false;
  }
  if (isFirstEndOfCapture(chain, header)) {
    store<u32>(chain, EOC_INSIDE, CHAIN_EOC_STATE);
    store<u32>(chain, load<u32>(chain, CHAIN_BLOCKS), CHAIN_EOC_INDEX);
    store<u64>(chain, load<u64>(chain, CHAIN_OFFSET), CHAIN_EOC_OFFSET);
    store<u64>(chain, load<u64>(chain, CHAIN_OFFSET) + blockLength(header), CHAIN_EOC_END);
    store<u32>(chain, 0, CHAIN_EOC_FILLED);
    blake3Final(chain + FILE, chain + CHAIN_EOC_COMPUTED);
  }
  enterBlock(chain, header);
  blake3Init(block(chain));
  take(chain, header, <u32>HEADER_BYTES);
  store<u32>(chain, blockLength(header) - <u32>HEADER_BYTES, CHAIN_PAYLOAD_LEFT);
  if (load<u32>(chain, CHAIN_PAYLOAD_LEFT) == 0) finishBlock(chain);
  return true;
}

function takePayload(chain: usize, bytes: usize, length: u32): u32 {
  const taken = min(length, load<u32>(chain, CHAIN_PAYLOAD_LEFT));
  if (load<u32>(chain, CHAIN_EOC_STATE) == EOC_INSIDE) keepFileHash(chain, bytes, taken);
  take(chain, bytes, taken);
  store<u32>(chain, load<u32>(chain, CHAIN_PAYLOAD_LEFT) - taken, CHAIN_PAYLOAD_LEFT);
  if (load<u32>(chain, CHAIN_PAYLOAD_LEFT) == 0) finishBlock(chain);
  return taken;
}

/** Keeps FileHash, which comes first in the End-of-Capture payload. */
function keepFileHash(chain: usize, bytes: usize, length: u32): void {
  const filled = load<u32>(chain, CHAIN_EOC_FILLED);
  const kept = min(HASH_BYTES - filled, length);
  memory.copy(chain + CHAIN_EOC_STORED + filled, bytes, kept);
  store<u32>(chain, filled + kept, CHAIN_EOC_FILLED);
}

/** Hashes bytes of the current block, for the file and for the block. */
function take(chain: usize, bytes: usize, length: u32): void {
  blake3Update(chain + FILE, bytes, length);
  blake3Update(block(chain), bytes, length);
  store<u64>(chain, load<u64>(chain, CHAIN_OFFSET) + length, CHAIN_OFFSET);
}

/** Ends the block that arrived in pieces. */
function finishBlock(chain: usize): void {
  if (load<u32>(chain, CHAIN_EOC_STATE) == EOC_INSIDE) store<u32>(chain, EOC_COMPLETE, CHAIN_EOC_STATE);
  blake3Final(block(chain), chain + CHAIN_PREVIOUS_HASH);
}

/** Counts the block and compares its PrevHash with the hash of the element before it. */
function enterBlock(chain: usize, header: usize): void {
  const offset = load<u64>(chain, CHAIN_OFFSET);
  if (!linkHolds(header + HEADER_PREV_HASH, chain + CHAIN_PREVIOUS_HASH)) recordBreak(chain, header + HEADER_PREV_HASH, offset);
  store<u64>(chain, offset, CHAIN_PREVIOUS_OFFSET);
  store<u32>(chain, load<u32>(chain, CHAIN_BLOCKS) + 1, CHAIN_BLOCKS);
}

/** Makes a block that was hashed at once the element before the next block. */
function leaveBlock(chain: usize, digest: usize, length: u32): void {
  memory.copy(chain + CHAIN_PREVIOUS_HASH, digest, HASH_BYTES);
  store<u64>(chain, load<u64>(chain, CHAIN_OFFSET) + length, CHAIN_OFFSET);
}

function recordBreak(chain: usize, prevHash: usize, offset: u64): void {
  const previousOffset = load<u64>(chain, CHAIN_PREVIOUS_OFFSET);
  const computed = chain + CHAIN_PREVIOUS_HASH;
  addBreak(chain + CHAIN_BREAK_TABLE, chain + CHAIN_BREAKS, load<u32>(chain, CHAIN_BLOCKS), offset, previousOffset, computed, prevHash);
}

function isFirstEndOfCapture(chain: usize, header: usize): bool {
  return isEndOfCapture(header) && load<u32>(chain, CHAIN_EOC_STATE) == EOC_NONE;
}

/** The context of the block that arrives in pieces. */
@inline
function block(chain: usize): usize {
  return chain + FILE + contextStride();
}
