import { MslError } from "../errors.js";
import type { Problem } from "../format/layout/decode.js";
import type { PieceData } from "./piece-data.js";

/** A payload that can be read; `bytes` or `pieces`. */
export type Readable =
  | { readonly bytes: Uint8Array; readonly pieces?: undefined; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly pieces: PieceData; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly pieces?: undefined; readonly problem: Problem };

/**
 * The bytes of a payload that was decompressed once and not kept. Where it does not decompress as it did then, the capture was changed
 * in between: throws `changed`, or `limit` where memory is used up. `name` is for the message.
 */
export function decompressedAgain(name: string, { bytes, problem }: Readable): Uint8Array {
  if (bytes) return bytes;
  if (problem?.id === "CMP-LIMIT") throw new MslError("limit", `${name} cannot be decompressed again: ${problem.message}`);
  const found = problem?.message ?? "it is larger than it was";
  throw new MslError(
    "changed",
    `${name} does not decompress as it did before (${found}): the capture was changed while it was open`,
  );
}
