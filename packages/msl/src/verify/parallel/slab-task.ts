/** What a worker that hashes slabs is told when it starts, and what it tells. */
import type { SlabJob } from "@memslice/core-wasm/slab-thread";
import type { MslErrorCode } from "../../errors.js";

export interface SlabTask {
  readonly kind: "slabs";
  readonly job: SlabJob;
  /** Which of the job's threads this is. */
  readonly thread: number;
  /** What it reads, unless the job is fed. */
  readonly file: { readonly descriptor: number; readonly path: string } | null;
}

export interface SlabFailure {
  readonly kind: "failed";
  readonly code: MslErrorCode;
  readonly message: string;
  readonly offset: number | undefined;
}

export type SlabMessage =
  /** Broken links as records; `order` sorts those of all threads. */
  | { readonly kind: "breaks"; readonly order: number; readonly records: Uint8Array }
  /** Another slab is done; told only where the job is fed. */
  | { readonly kind: "slab" }
  /** The last message is one of these. */
  | { readonly kind: "done" }
  | SlabFailure;
