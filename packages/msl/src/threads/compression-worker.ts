/**
 * A worker that compresses: its jobs, its answers and its main function. Bytes are sent as buffers, because Deno examines every element of an array that
 * is sent.
 */
import { MslError, type MslErrorCode } from "../errors.js";
import { type CompressionRules, compressPayload, type StoredPayload } from "../write/compress-payload.js";
import { answerJobs, type StartingThread } from "./threads.js";

export interface CompressionJob extends Pick<CompressionRules, "choice" | "verify"> {
  readonly payload: ArrayBuffer;
  readonly offered: readonly { readonly buffer: ArrayBuffer; readonly start: number; readonly length: number }[];
}

export type CompressionAnswer =
  | ({ readonly kind: "stored"; readonly bytes: ArrayBuffer } & Pick<StoredPayload, "flags" | "kept">)
  | { readonly kind: "failed"; readonly code: MslErrorCode; readonly message: string };

/** `payload` and the offered data must be the only content of their buffers. */
export function jobOf(payload: Uint8Array, { choice, verify, offered }: CompressionRules): CompressionJob {
  const parts = offered.map((data) => ({ buffer: bufferOf(data), start: data.byteOffset, length: data.length }));
  return { payload: bufferOf(payload), choice, verify, offered: parts };
}

/** The distinct buffers of a job. */
export function buffersOf({ payload, offered }: CompressionJob): readonly ArrayBuffer[] {
  return [...new Set([payload, ...offered.map(({ buffer }) => buffer)])];
}

/** The rules that were passed to `jobOf`. */
export function rulesOf({ choice, verify, offered }: CompressionJob): CompressionRules {
  return { choice, verify, offered: offered.map(({ buffer, start, length }) => new Uint8Array(buffer, start, length)) };
}

/** Payloads and compressed payloads are never in shared memory. */
export function bufferOf({ buffer }: Uint8Array): ArrayBuffer {
  return buffer as ArrayBuffer;
}

/** The main function of the worker on any platform: compresses payload after payload in its own memory. */
export function run(thread: StartingThread): void {
  answerJobs(thread, async (job: CompressionJob) => {
    const answer = answerTo(job);
    return { answer, transfer: answer.kind === "stored" ? [answer.bytes] : [] };
  });
}

function answerTo(job: CompressionJob): CompressionAnswer {
  try {
    const { bytes, flags, kept } = compressPayload(new Uint8Array(job.payload), rulesOf(job));
    return { kind: "stored", bytes: bufferOf(bytes), flags, kept };
  } catch (error) {
    const code = error instanceof MslError ? error.code : "internal";
    return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
  }
}
