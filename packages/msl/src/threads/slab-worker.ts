/** A worker that hashes slabs of a capture: its task, its messages and its main function, on any platform. */
import { hashSlabs, type SlabJob } from "@memslice/core-wasm/slab-thread";
import { MslError, type MslErrorCode } from "../errors.js";
import type { OpenFile, StartingThread } from "./threads.js";

export interface SlabTask {
  readonly kind: "slab";
  readonly job: SlabJob;
  /** The number of this thread in the job. */
  readonly thread: number;
  /** The file that the worker reads; null if the job is fed, that is, if the coordinator copies the bytes to shared memory. */
  readonly file: OpenFile | null;
}

export interface SlabFailure {
  readonly kind: "failed";
  readonly code: MslErrorCode;
  readonly message: string;
  readonly offset: number | undefined;
}

export type SlabMessage =
  /** Broken links as records; `order` sorts the records of all threads. */
  | { readonly kind: "breaks"; readonly order: number; readonly records: Uint8Array }
  /** One more slab was hashed; sent only if the job is fed. */
  | { readonly kind: "slab" }
  /** The last message is one of the next two. */
  | { readonly kind: "done" }
  | SlabFailure;

export function run({ task: { job, thread, file }, tell: post, fill }: StartingThread<SlabTask>): void {
  const tell = (message: SlabMessage) => post(message);
  try {
    hashSlabs(job, thread, {
      ...(file && fill && { read: (target: Uint8Array, offset: number) => fill(file, target, offset) }),
      onBreaks: (order, records) => tell({ kind: "breaks", order, records }),
      onSlab: () => {
        if (job.fed) tell({ kind: "slab" });
      },
    });
    tell({ kind: "done" });
  } catch (error) {
    tell(failure(error));
  }
}

function failure(error: unknown): SlabFailure {
  if (error instanceof MslError) return { kind: "failed", code: error.code, message: error.message, offset: error.offset };
  return { kind: "failed", code: "internal", message: `A thread failed: ${String(error)}`, offset: undefined };
}
