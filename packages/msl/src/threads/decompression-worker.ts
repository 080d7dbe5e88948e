/**
 * A worker that decompresses: its jobs, its answers and its main function. Bytes are sent as buffers, because Deno examines every element of an array that
 * is sent.
 */

import { decodingOf } from "../codec/decoding.js";
import { openPayload } from "../codec/decompress-payload.js";
import type { Deviation } from "../deviations/deviation.js";
import type { Compression } from "../format/codes.js";
import type { LimitOptions } from "../options/limits.js";
import { answerJobs, type StartingThread } from "./threads.js";

export interface DecompressionJob {
  /** The stored payload is the first `length` bytes. */
  readonly stored: ArrayBuffer;
  readonly length: number;
  readonly compression: Compression;
  readonly limits: LimitOptions;
  /** A buffer for the decompressed payload, large enough, with any content. */
  readonly target: ArrayBuffer;
}

/** Both buffers of the job are returned, so that they can be used again. */
export type DecompressionAnswer = Pick<DecompressionJob, "stored" | "target"> &
  (
    | {
        readonly kind: "decompressed";
        /** The decompressed payload is the first `length` bytes of `target`. */
        readonly length: number;
        /** Offsets count from the start of the stored payload. */
        readonly deviations: readonly Omit<Deviation, "block">[];
      }
    /** The thread that asks for the payload decompresses it again, and finds the reason. */
    | { readonly kind: "not decompressed" }
  );

/** The main function of the worker on any platform: decompresses payload after payload in its own memory. */
export function run(thread: StartingThread): void {
  answerJobs(thread, async (job: DecompressionJob) => {
    const answer = await answerTo(job);
    return { answer, transfer: [answer.stored, answer.target] };
  });
}

async function answerTo({ stored, length, compression, limits, target }: DecompressionJob): Promise<DecompressionAnswer> {
  const deviations: Omit<Deviation, "block">[] = [];
  try {
    const decoding = decodingOf(limits);
    decoding.cache.giveBack(new Uint8Array(target));
    const payload = new Uint8Array(stored, 0, length);
    const { bytes, array } = await openPayload(payload, compression, decoding, (each) => deviations.push(each));
    if (bytes) {
      // A small payload has an array of its own.
      if (!array) new Uint8Array(target).set(bytes);
      return { kind: "decompressed", stored, target: array?.buffer ?? target, length: bytes.length, deviations };
    }
  } catch {
    // As for damaged data: the thread that asks for the payload decompresses it again, and throws.
  }
  return { kind: "not decompressed", stored, target };
}
