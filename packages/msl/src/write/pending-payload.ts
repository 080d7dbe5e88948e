/** A payload on its way into a block. */

export interface BlockPayload {
  /** Bytes as stored. */
  readonly length: number;
  /** Compressed and CompAlgo. */
  readonly flags: number;
  readonly pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface PendingPayload {
  /** Rejects with what keeps it from being compressed. */
  readonly payload: Promise<BlockPayload>;
  /** It was written, or will not be. To be called once. */
  release(): void;
}
