/**
 * Merges the subtrees of slabs, one slab after the other: the hash of the file, and the hashes of blocks that span slabs.
 *
 * Layout: relay.ts for the state of the merge, slot.ts for what hashing a slab has left.
 * Source: specification, integrity; BLAKE3 paper, section 5.1.2.
 */
import {
  MERGED,
  MERGED_BREAK,
  MERGED_MISFIT,
  RELAY_BLOCKS,
  RELAY_ENDED,
  RELAY_EOC_FOUND,
  RELAY_NEXT,
  RELAY_PREVIOUS,
} from "../../src/layout";
import { HASH_BYTES } from "../blake3/constants";
import { blake3Final, blake3Init, blake3PushSubtree, blake3Update } from "../blake3/hasher";
import { linkHolds, writeBreak } from "../links";
import { blockContext, fileContext, MERGE_HASH, variantContext } from "./relay";
import {
  PIECE_BYTES,
  SLOT_BLOCK_TAIL,
  SLOT_BLOCK_TAIL_LENGTH,
  SLOT_ENTERING_OFFSET,
  SLOT_ENTERING_PIECES,
  SLOT_FILE_PIECES,
  SLOT_FILE_TAIL,
  SLOT_FILE_TAIL_LENGTH,
  SLOT_FOLLOWED,
  SLOT_FOLLOWER_INDEX,
  SLOT_FOLLOWER_OFFSET,
  SLOT_FOLLOWER_PREV_HASH,
  SLOT_LEAD,
  SLOT_LEAD_LENGTH,
  SLOT_LEAVES,
  SLOT_LEAVING_PIECES,
  SLOT_PIECES,
} from "./slot";

/**
 * Begins a file whose header is the `length` bytes at `header`, at most a chunk. The file is hashed a second time as if it began with the
 * `length` bytes at `variant`.
 */
export function beginSlabs(relay: usize, header: usize, variant: usize, length: u32): void {
  store<u64>(relay, length, RELAY_NEXT);
  store<u64>(relay, 0, RELAY_PREVIOUS);
  store<u32>(relay, 0, RELAY_BLOCKS);
  store<u32>(relay, 0, RELAY_ENDED);
  store<u32>(relay, 0, RELAY_EOC_FOUND);
  blake3Init(fileContext(relay));
  blake3Update(fileContext(relay), header, length);
  blake3Init(variantContext(relay));
  blake3Update(variantContext(relay), variant, length);
}

/** Merges the next slab. Writes a broken link to `breakRecord`. Returns MERGED, MERGED_BREAK or MERGED_MISFIT (src/layout.ts). */
export function mergeSlab(relay: usize, slot: usize, breakRecord: usize): u32 {
  const entering = slot + SLOT_PIECES + <usize>load<u32>(slot, SLOT_FILE_PIECES) * PIECE_BYTES;
  const leaving = entering + <usize>load<u32>(slot, SLOT_ENTERING_PIECES) * PIECE_BYTES;
  if (!mergeFile(fileContext(relay), slot) || !mergeFile(variantContext(relay), slot)) return MERGED_MISFIT;
  const block = blockContext(relay);
  let merged = MERGED;
  if (!pushPieces(block, entering, load<u32>(slot, SLOT_ENTERING_PIECES))) return MERGED_MISFIT;
  blake3Update(block, slot + SLOT_BLOCK_TAIL, load<u32>(slot, SLOT_BLOCK_TAIL_LENGTH));
  if (load<u32>(slot, SLOT_FOLLOWED) != 0) {
    if (!blake3Final(block, relay + MERGE_HASH)) return MERGED_MISFIT;
    if (!linkHolds(slot + SLOT_FOLLOWER_PREV_HASH, relay + MERGE_HASH)) {
      recordBreak(relay, slot, breakRecord);
      merged = MERGED_BREAK;
    }
  }
  if (load<u32>(slot, SLOT_LEAVES) != 0) {
    blake3Init(block);
    if (!pushPieces(block, leaving, load<u32>(slot, SLOT_LEAVING_PIECES))) return MERGED_MISFIT;
  }
  return merged;
}

/** Writes the hash of the file up to End-of-Capture, and the hash with the variant header. False if the subtrees are no whole message. */
export function finishSlabs(relay: usize, fileHash: usize, variantFileHash: usize): bool {
  return blake3Final(fileContext(relay), fileHash) && blake3Final(variantContext(relay), variantFileHash);
}

function mergeFile(context: usize, slot: usize): bool {
  blake3Update(context, slot + SLOT_LEAD, load<u32>(slot, SLOT_LEAD_LENGTH));
  if (!pushPieces(context, slot + SLOT_PIECES, load<u32>(slot, SLOT_FILE_PIECES))) return false;
  blake3Update(context, slot + SLOT_FILE_TAIL, load<u32>(slot, SLOT_FILE_TAIL_LENGTH));
  return true;
}

function pushPieces(context: usize, pieces: usize, count: u32): bool {
  for (let index: u32 = 0; index < count; index++) {
    const piece = pieces + <usize>index * PIECE_BYTES;
    if (!blake3PushSubtree(context, piece, load<u32>(piece, HASH_BYTES))) return false;
  }
  return true;
}

function recordBreak(relay: usize, slot: usize, record: usize): void {
  writeBreak(
    record,
    load<u32>(slot, SLOT_FOLLOWER_INDEX),
    load<u64>(slot, SLOT_FOLLOWER_OFFSET),
    load<u64>(slot, SLOT_ENTERING_OFFSET),
    relay + MERGE_HASH,
    slot + SLOT_FOLLOWER_PREV_HASH,
  );
}
