/**
 * A worker that compresses: its jobs, its answers and its main function. Bytes are sent as buffers, because Deno examines every element of an array that
 * is sent.
 */
import { encodeLz4BlockInto, encodeZstdInto, lz4BlockBound, zstdBound } from "@memslice/core-wasm";
import { MslError, type MslErrorCode } from "../errors.js";
import { type CompressionRules, compressPayload, type Encoders, type StoredPayload } from "../write/compress-payload.js";
import { answerJobs, type StartingThread } from "./threads.js";

export interface CompressionJob extends Pick<CompressionRules, "choice" | "verify"> {
  readonly payload: ArrayBuffer;
  readonly offered: readonly { readonly buffer: ArrayBuffer; readonly start: number; readonly length: number }[];
}

export type CompressionAnswer =
  | ({
      readonly kind: "stored";
      readonly bytes: ArrayBuffer;
      /** The buffer of the payload, to be filled again. Undefined if it is `bytes`. */
      readonly payload: ArrayBuffer | undefined;
    } & Pick<StoredPayload, "flags" | "kept">)
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
  const encoders = encodersInPlace();
  answerJobs(thread, async (job: CompressionJob) => {
    const answer = answerTo(job, encoders);
    const buffers = answer.kind === "stored" ? [answer.bytes, answer.payload] : [];
    return { answer, transfer: buffers.filter((buffer) => buffer !== undefined) };
  });
}

/**
 * Encoders that return views of one array, valid until the next call. A worker makes little garbage but arrays of payloads, which V8 would let gather up to
 * 64 MiB in each of them.
 */
function encodersInPlace(): Encoders {
  let room = new Uint8Array(0);
  const roomFor = (bytes: number) => {
    if (room.length < bytes) room = new Uint8Array(bytes);
    return room;
  };
  return {
    encodeZstd: (bytes, level) => {
      const output = roomFor(zstdBound(bytes.length));
      return output.subarray(0, encodeZstdInto(bytes, output, level));
    },
    encodeLz4Block: (bytes) => {
      const output = roomFor(lz4BlockBound(bytes.length));
      return output.subarray(0, encodeLz4BlockInto(bytes, output));
    },
  };
}

function answerTo(job: CompressionJob, encoders: Encoders): CompressionAnswer {
  try {
    const { bytes, flags, kept } = compressPayload(new Uint8Array(job.payload), rulesOf(job), encoders);
    const stored = bufferOf(bytes);
    return { kind: "stored", bytes: stored, payload: stored === job.payload ? undefined : job.payload, flags, kept };
  } catch (error) {
    const code = error instanceof MslError ? error.code : "internal";
    return { kind: "failed", code, message: error instanceof Error ? error.message : String(error) };
  }
}
