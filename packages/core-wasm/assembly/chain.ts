/**
 * Hash chain: one pass over a capture's bytes after its header, in slabs of any size. Hashes every block, compares each PrevHash with
 * the hash of the element before it, and hashes the whole file up to End-of-Capture (specification, integrity).
 *
 * Chain area, 64-byte aligned:
 *
 *   OFFSET              8 bytes  u64, file offset of the next byte expected
 *   PREVIOUS_OFFSET     8 bytes  u64, file offset of the element whose hash is PREVIOUS_HASH
 *   BLOCKS              4 bytes  u32, blocks started
 *   PAYLOAD_LEFT        4 bytes  u32, payload bytes of the last block still to come
 *   GATHERED            4 bytes  u32, bytes of an incomplete header in HEADER
 *   ENDED               4 bytes  u32, 1 once no further block can be found
 *   EOC_STATE           4 bytes  u32, 0 none yet, 1 inside the End-of-Capture block, 2 complete
 *   EOC_INDEX           4 bytes  u32, which block it is
 *   EOC_FILLED          4 bytes  u32, bytes of its FileHash in EOC_STORED
 *   BREAKS              4 bytes  u32, entries in BREAK_TABLE
 *   EOC_OFFSET          8 bytes  u64, where it starts
 *   EOC_END             8 bytes  u64, where it ends
 *   PREVIOUS_HASH      32 bytes  hash of the element before the next block; valid between blocks
 *   EOC_STORED         32 bytes  FileHash as stored
 *   EOC_COMPUTED       32 bytes  hash of all bytes before End-of-Capture
 *   HEADER             80 bytes  a header that arrives in pieces
 *   BREAK_TABLE      5632 bytes  64 broken links (chain-break.ts)
 *   DESCRIPTORS      1024 bytes  64 messages for a batch of blocks (blake3/descriptor.ts)
 *   DIGESTS          2048 bytes  their digests
 *   FILE, BLOCK                  two BLAKE3 contexts: the file so far, and the block that spans slabs
 *
 * Invariants: FILE has taken exactly the bytes before OFFSET less the GATHERED ones; a block that lies in a slab whole is hashed in
 * one go, at most 64 at a time, so that small blocks share lanes; the break table never overflows, since the caller empties it.
 */
import { blake3HashBatch } from "./blake3/batch";
import { blake3ContextBytes } from "./blake3/context";
import { DESCRIPTOR_BYTES } from "./blake3/descriptor";
import { blake3Final, blake3Init, blake3Update } from "./blake3/hasher";
import { blake3Hash } from "./blake3/tree";
import { blockLength, HEADER_BYTES, isBlock, PREV_HASH } from "./block-header";
import { BREAK_BYTES, linkHolds, writeBreak } from "./chain-break";
import { isEndOfCapture } from "./end-of-capture";

const OFFSET: usize = 0;
const PREVIOUS_OFFSET: usize = 8;
const BLOCKS: usize = 16;
const PAYLOAD_LEFT: usize = 20;
const GATHERED: usize = 24;
const ENDED: usize = 28;
const EOC_STATE: usize = 32;
const EOC_INDEX: usize = 36;
const EOC_FILLED: usize = 40;
const BREAKS: usize = 44;
const EOC_OFFSET: usize = 48;
const EOC_END: usize = 56;
const PREVIOUS_HASH: usize = 64;
const EOC_STORED: usize = 96;
const EOC_COMPUTED: usize = 128;
const HEADER: usize = 160;
const BREAK_TABLE: usize = 256;
const MAX_BREAKS: u32 = 64;
const DESCRIPTORS: usize = BREAK_TABLE + MAX_BREAKS * BREAK_BYTES;
const BATCH: u32 = 64;
/** A batch that has this many bytes is long enough: the file's hash should find them in the second-level cache. */
const BATCH_BYTES: u32 = 512 * 1024;
const DIGESTS: usize = DESCRIPTORS + <usize>BATCH * DESCRIPTOR_BYTES;
const HASH_BYTES: u32 = 32;
const FILE: usize = DIGESTS + BATCH * HASH_BYTES;

const enum EocState {
  None = 0,
  Inside = 1,
  Complete = 2,
}

/** Size of the chain area in bytes. */
export function hashChainBytes(): u32 {
  return <u32>FILE + 2 * contextStride();
}

/** Begins a chain that is anchored in the `length` header bytes at `header`. */
export function beginHashChain(chain: usize, header: usize, length: u32): void {
  memory.fill(chain, 0, FILE);
  store<u64>(chain, length, OFFSET);
  blake3Init(chain + FILE);
  blake3Update(chain + FILE, header, length);
  blake3Hash(block(chain), header, length, chain + PREVIOUS_HASH);
}

/**
 * Takes the next `length` bytes of the file and returns how many it took. Fewer means that the break table is full and has to be emptied
 * (clearHashChainBreaks), or that the chain has ended: the bytes from OFFSET on are no block.
 */
export function updateHashChain(chain: usize, bytes: usize, length: u32): u32 {
  let at: u32 = 0;
  while (at < length && load<u32>(chain, ENDED) == 0 && load<u32>(chain, BREAKS) < MAX_BREAKS) {
    const rest = length - at;
    if (load<u32>(chain, PAYLOAD_LEFT) > 0) at += takePayload(chain, bytes + at, rest);
    else if (load<u32>(chain, GATHERED) > 0 || rest < HEADER_BYTES) at += gatherHeader(chain, bytes + at, rest);
    else at += takeBlocks(chain, bytes + at, rest);
  }
  return at;
}

/** Forgets the broken links that the caller has read. */
export function clearHashChainBreaks(chain: usize): void {
  store<u32>(chain, 0, BREAKS);
}

/** Blocks that lie in the slab whole, up to a batch of them; or the start of one that does not, or that needs a closer look. */
function takeBlocks(chain: usize, bytes: usize, length: u32): u32 {
  const room = min(BATCH, MAX_BREAKS - load<u32>(chain, BREAKS));
  let count: u32 = 0;
  let at: u32 = 0;
  while (count < room && at < BATCH_BYTES && length - at >= HEADER_BYTES) {
    const header = bytes + at;
    const whole = blockLength(header);
    if (!isBlock(header) || whole > length - at || isFirstEndOfCapture(chain, header)) break;
    describe(chain, count, header, whole);
    at += whole;
    count++;
  }
  if (count > 0) {
    hashBatch(chain, bytes, count);
    blake3Update(chain + FILE, bytes, at);
    return at;
  }
  return startBlock(chain, bytes) ? HEADER_BYTES : 0;
}

function describe(chain: usize, index: u32, message: usize, length: u32): void {
  const descriptor = chain + DESCRIPTORS + <usize>index * DESCRIPTOR_BYTES;
  store<u32>(descriptor, <u32>message);
  store<u32>(descriptor, length, 4);
  store<u32>(descriptor, <u32>(chain + DIGESTS + index * HASH_BYTES), 8);
  store<u32>(descriptor, 0, 12);
}

/** Hashes the described blocks, which lie one after the other from `bytes` on, and compares their links. */
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
  const gathered = load<u32>(chain, GATHERED);
  const taken = min(length, HEADER_BYTES - gathered);
  memory.copy(chain + HEADER + gathered, bytes, taken);
  store<u32>(chain, gathered + taken, GATHERED);
  if (gathered + taken == HEADER_BYTES) {
    store<u32>(chain, 0, GATHERED);
    startBlock(chain, chain + HEADER);
  }
  return taken;
}

/** Begins the block whose header is complete at `header`; false, and the chain has ended, if it is none. */
function startBlock(chain: usize, header: usize): bool {
  if (!isBlock(header)) {
    store<u32>(chain, 1, ENDED);
    return false;
  }
  if (isFirstEndOfCapture(chain, header)) {
    store<u32>(chain, EocState.Inside, EOC_STATE);
    store<u32>(chain, load<u32>(chain, BLOCKS), EOC_INDEX);
    store<u64>(chain, load<u64>(chain, OFFSET), EOC_OFFSET);
    store<u64>(chain, load<u64>(chain, OFFSET) + blockLength(header), EOC_END);
    store<u32>(chain, 0, EOC_FILLED);
    blake3Final(chain + FILE, chain + EOC_COMPUTED);
  }
  enterBlock(chain, header);
  blake3Init(block(chain));
  take(chain, header, HEADER_BYTES);
  store<u32>(chain, blockLength(header) - HEADER_BYTES, PAYLOAD_LEFT);
  if (load<u32>(chain, PAYLOAD_LEFT) == 0) finishBlock(chain);
  return true;
}

function takePayload(chain: usize, bytes: usize, length: u32): u32 {
  const taken = min(length, load<u32>(chain, PAYLOAD_LEFT));
  if (load<u32>(chain, EOC_STATE) == EocState.Inside) keepFileHash(chain, bytes, taken);
  take(chain, bytes, taken);
  store<u32>(chain, load<u32>(chain, PAYLOAD_LEFT) - taken, PAYLOAD_LEFT);
  if (load<u32>(chain, PAYLOAD_LEFT) == 0) finishBlock(chain);
  return taken;
}

/** FileHash is the first thing in the End-of-Capture payload. */
function keepFileHash(chain: usize, bytes: usize, length: u32): void {
  const filled = load<u32>(chain, EOC_FILLED);
  const kept = min(HASH_BYTES - filled, length);
  memory.copy(chain + EOC_STORED + filled, bytes, kept);
  store<u32>(chain, filled + kept, EOC_FILLED);
}

/** Bytes of the current block go into the file's hash and into its own. */
function take(chain: usize, bytes: usize, length: u32): void {
  blake3Update(chain + FILE, bytes, length);
  blake3Update(block(chain), bytes, length);
  store<u64>(chain, load<u64>(chain, OFFSET) + length, OFFSET);
}

/** The block that came in pieces is complete. */
function finishBlock(chain: usize): void {
  if (load<u32>(chain, EOC_STATE) == EocState.Inside) store<u32>(chain, EocState.Complete, EOC_STATE);
  blake3Final(block(chain), chain + PREVIOUS_HASH);
}

/** Counts the block and compares its PrevHash with the hash of the element before it. */
function enterBlock(chain: usize, header: usize): void {
  const offset = load<u64>(chain, OFFSET);
  if (!linkHolds(header + PREV_HASH, chain + PREVIOUS_HASH)) recordBreak(chain, header + PREV_HASH, offset);
  store<u64>(chain, offset, PREVIOUS_OFFSET);
  store<u32>(chain, load<u32>(chain, BLOCKS) + 1, BLOCKS);
}

/** A block that was hashed in one go becomes the element before the next one. */
function leaveBlock(chain: usize, digest: usize, length: u32): void {
  memory.copy(chain + PREVIOUS_HASH, digest, HASH_BYTES);
  store<u64>(chain, load<u64>(chain, OFFSET) + length, OFFSET);
}

function recordBreak(chain: usize, prevHash: usize, offset: u64): void {
  const breaks = load<u32>(chain, BREAKS);
  const entry = chain + BREAK_TABLE + breaks * BREAK_BYTES;
  writeBreak(entry, load<u32>(chain, BLOCKS), offset, load<u64>(chain, PREVIOUS_OFFSET), chain + PREVIOUS_HASH, prevHash);
  store<u32>(chain, breaks + 1, BREAKS);
}

function isFirstEndOfCapture(chain: usize, header: usize): bool {
  return isEndOfCapture(header) && load<u32>(chain, EOC_STATE) == EocState.None;
}

/** The context of the block that spans slabs; one-shot hashes use it in between. */
@inline
function block(chain: usize): usize {
  return chain + FILE + contextStride();
}

@inline
function contextStride(): u32 {
  return (blake3ContextBytes() + 63) & ~63;
}
