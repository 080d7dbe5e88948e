/** An encrypted capture is read twice, a stream only once: an encrypted stream is kept in memory, up to a limit. */

import { concatenated } from "../bytes.js";
import { MslError } from "../errors.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import type { ChunkQueue } from "../source/chunk-queue.js";
import { BytesSource, type Source } from "../source/source.js";

export interface CollectOptions {
  /**
   * Most bytes of an encrypted stream. All of it is kept in memory until its tag has been verified. Default 256 MiB. A larger stream has to be
   * written to a file and opened from there.
   */
  readonly encryptedStreamLimit?: number;
}

/** The rest of the stream as a source. Throws `limit`. */
export async function collectStream(
  queue: ChunkQueue,
  { encryptedStreamLimit: limit = DEFAULT_LIMITS.encryptedStreamLimit }: CollectOptions,
): Promise<Source> {
  const pieces: Uint8Array[] = [];
  let collected = 0;
  for (let piece = await queue.take(limit + 1); piece.length > 0; piece = await queue.take(limit + 1)) {
    collected += piece.length;
    if (collected > limit) {
      const message = `The stream is an encrypted capture of more than ${limit} bytes, which cannot be kept in memory until it is authenticated; write it to a file and open that, or raise encryptedStreamLimit`;
      throw new MslError("limit", message, { offset: queue.offset });
    }
    pieces.push(new Uint8Array(piece));
  }
  return new BytesSource(concatenated(pieces));
}
