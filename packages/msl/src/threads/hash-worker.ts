/**
 * A worker that hashes in shared memory: slabs of a capture that is verified, or parts of a capture that is written. Its tasks, its messages and its
 * main function, on any platform.
 */
import { hashSlabs, type SlabJob } from "@memslice/core-wasm/slab-thread";
import { type SubtreeJob, SubtreeThread, type SubtreeThreadStart } from "@memslice/core-wasm/subtree-thread";
import { MslError, type MslErrorCode } from "../errors.js";
import { answerJobs, type OpenFile, type StartingThread } from "./threads.js";

export interface SlabTask {
  readonly kind: "hash";
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

/** The task of a worker of a team whose jobs are `SubtreeJob`s. */
export interface SubtreeTask {
  readonly kind: "hash";
  readonly start: SubtreeThreadStart;
}

export interface SubtreeAnswer {
  readonly kind: "hashed";
  /** The chaining values of the subtrees of the job. */
  readonly values: ArrayBuffer;
}

export function run(thread: StartingThread<SlabTask | SubtreeTask>): void {
  const { task } = thread;
  if ("job" in task) hashFile(task, thread);
  else hashParts(task, thread);
}

function hashParts({ start }: SubtreeTask, thread: StartingThread): void {
  const subtrees = new SubtreeThread(start);
  answerJobs(thread, async (job: SubtreeJob) => {
    const values = subtrees.hash(job).buffer;
    return { answer: { kind: "hashed", values } satisfies SubtreeAnswer, transfer: [values] };
  });
}

function hashFile({ job, thread, file }: SlabTask, { tell: post, fill }: StartingThread): void {
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
