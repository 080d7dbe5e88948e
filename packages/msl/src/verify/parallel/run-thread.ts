/** A worker's whole life, on any platform. It imports no more than it needs: every worker loads it anew. */
import { hashSlabs } from "@memslice/core-wasm/slab-thread";
import { MslError } from "../../errors.js";
import type { ThreadFailure, ThreadMessage, ThreadTask } from "./thread-task.js";

/** `read` fills an array with the bytes of the file from an offset on; it is called unless the job is fed. */
export function runThread(
  { job, thread }: ThreadTask,
  tell: (message: ThreadMessage) => void,
  read?: (target: Uint8Array, offset: number) => void,
): void {
  try {
    hashSlabs(job, thread, {
      ...(read ? { read } : {}),
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

function failure(error: unknown): ThreadFailure {
  if (error instanceof MslError) return { kind: "failed", code: error.code, message: error.message, offset: error.offset };
  return { kind: "failed", code: "internal", message: `A thread failed: ${String(error)}`, offset: undefined };
}
