/** What a worker that decompresses is told, and what it tells. Bytes go over as buffers: of an array, Deno looks at every element on its way. */

import type { Deviation } from "../../deviations/deviation.js";
import type { Compression } from "../../format/codes.js";
import type { LimitOptions } from "../limits.js";

export interface DecompressionTask {
  readonly kind: "decompression";
}

/** One after the other; each is answered before the next is handed over. */
export interface DecompressionJob {
  /** The payload as it is stored; nothing else lies in it. */
  readonly stored: ArrayBuffer;
  readonly compression: Compression;
  readonly limits: LimitOptions;
}

/** A sound payload, and what was odd about the compressed one; offsets count from its start. */
export interface DecompressedAhead {
  readonly bytes: Uint8Array;
  readonly deviations: readonly Omit<Deviation, "block">[];
}

export type DecompressionMessage =
  /** The first message: the worker takes jobs. */
  | { readonly kind: "ready" }
  | ({ readonly kind: "decompressed"; readonly bytes: ArrayBuffer } & Pick<DecompressedAhead, "deviations">)
  /** Why is told by whoever decompresses it again, when it is asked for. */
  | { readonly kind: "not decompressed" };
