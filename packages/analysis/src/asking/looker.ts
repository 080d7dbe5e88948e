/**
 * What questions do with the bytes of one piece of memory. A looker knows nothing of other pieces: pieces may be looked at in any order and by any
 * thread, and whoever asks puts the answers together in the order of addresses.
 */
import type { Begun, SlicedWork } from "@memslice/msl/work";
import type { Piece } from "./pieces.js";

/** A looker holds areas of the core's memory until `release()`. It acquires none while it looks. */
export interface Looker<Answer extends object> {
  /** Work before the first piece, if there is any that may take long. */
  prepare?(): SlicedWork<void>;
  /** The answer, or the work that leads to it, if that may take long. */
  look(piece: Piece): Begun<Answer>;
  /** The memory of an answer, which goes to another thread without a copy. Without this method, or if the thread is the same, answers are copied or kept. */
  memoryOf?(answer: Answer): readonly ArrayBuffer[];
  release(): void;
}
