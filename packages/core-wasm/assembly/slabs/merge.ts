/** Puts the subtrees of slabs together, one slab after the other: the file's hash, and those of blocks that span slabs. */
import { HASH_BYTES } from "../blake3/constants";
import { blake3Final, blake3Init, blake3PushSubtree, blake3Update } from "../blake3/hasher";
import { linkHolds, writeBreak } from "../chain-break";
import {
  blockContext,
  fileContext,
  MERGE_HASH,
  RELAY_BLOCKS,
  RELAY_ENDED,
  RELAY_EOC_FOUND,
  RELAY_NEXT,
  RELAY_PREVIOUS,
  variantContext,
} from "./relay";
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

/** What a merge came to. src/slabs/slab-thread.ts has the same numbers. */
const enum Merged {
  Done = 0,
  /** The link behind a block that spans slabs does not hold; its record was written. */
  Break = 1,
  /** Subtrees that do not fit together: a fault of this program. */
  Misfit = 2,
}

/** Begins a file that starts with the `length` bytes at `header`, at most a chunk; those at `variant` are tried in their place. */
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

/** Merges the next slab. A broken link is written to `breakRecord` (chain-break.ts). Returns a `Merged`. */
export function mergeSlab(relay: usize, slot: usize, breakRecord: usize): u32 {
  const entering = slot + SLOT_PIECES + <usize>load<u32>(slot, SLOT_FILE_PIECES) * PIECE_BYTES;
  const leaving = entering + <usize>load<u32>(slot, SLOT_ENTERING_PIECES) * PIECE_BYTES;
  if (!mergeFile(fileContext(relay), slot) || !mergeFile(variantContext(relay), slot)) return Merged.Misfit;
  const block = blockContext(relay);
  let merged = Merged.Done;
  if (!pushPieces(block, entering, load<u32>(slot, SLOT_ENTERING_PIECES))) return Merged.Misfit;
  blake3Update(block, slot + SLOT_BLOCK_TAIL, load<u32>(slot, SLOT_BLOCK_TAIL_LENGTH));
  if (load<u32>(slot, SLOT_FOLLOWED) != 0) {
    if (!blake3Final(block, relay + MERGE_HASH)) return Merged.Misfit;
    if (!linkHolds(slot + SLOT_FOLLOWER_PREV_HASH, relay + MERGE_HASH)) {
      recordBreak(relay, slot, breakRecord);
      merged = Merged.Break;
    }
  }
  if (load<u32>(slot, SLOT_LEAVES) != 0) {
    blake3Init(block);
    if (!pushPieces(block, leaving, load<u32>(slot, SLOT_LEAVING_PIECES))) return Merged.Misfit;
  }
  return merged;
}

/** Writes the hash of the file up to End-of-Capture, and the same under the variant of its header. 0: a fault of this program. */
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
