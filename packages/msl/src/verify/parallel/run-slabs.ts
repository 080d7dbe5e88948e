/** The whole life of a worker that hashes slabs, on any platform. It imports no more than it needs: every worker loads it anew. */
import { hashSlabs } from "@memslice/core-wasm/slab-thread";
import { MslError } from "../../errors.js";
import type { SlabFailure, SlabMessage, SlabTask } from "./slab-task.js";

/** `read` fills an array with the bytes of the file from an offset on; it is called unless the job is fed. */
export function runSlabs(
  { job, thread }: SlabTask,
  tell: (message: SlabMessage) => void,
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

function failure(error: unknown): SlabFailure {
  if (error instanceof MslError) return { kind: "failed", code: error.code, message: error.message, offset: error.offset };
  return { kind: "failed", code: "internal", message: `A thread failed: ${String(error)}`, offset: undefined };
}
