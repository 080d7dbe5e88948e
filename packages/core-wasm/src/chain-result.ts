/** What one pass over a capture's bytes establishes about its hash chain. */
import type { ChainBreaks } from "./chain-breaks.js";

export interface ChainEnd {
  readonly index: number;
  /** Where it starts and ends in the file. */
  readonly offset: number;
  readonly end: number;
  /** FileHash as stored in End-of-Capture. */
  readonly stored: Uint8Array;
  /** The hash of all bytes before End-of-Capture. */
  readonly computed: Uint8Array;
}

export interface ChainResult {
  /** Blocks whose header was read, a truncated last one included. */
  readonly blocks: number;
  readonly breaks: ChainBreaks;
  /** The first complete End-of-Capture. */
  readonly eoc: ChainEnd | null;
  /** Index of the block that the data ended in, or null. */
  readonly truncatedBlock: number | null;
  /** Where the last block ends; for a truncated one, the end of the data. */
  readonly end: number;
}

/** Takes the bytes of a capture after its header, in order, in pieces of any size. */
export interface HashChain {
  update(bytes: Uint8Array): void;
  /** Ends the pass. The chain must not be used afterwards. */
  finish(): ChainResult;
  release(): void;
}
