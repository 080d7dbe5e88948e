import type { Problem } from "../format/layout/decode.js";
import type { PieceData } from "./piece-data.js";

/** A payload that can be read; `bytes` or `pieces`. */
export type Readable =
  | { readonly bytes: Uint8Array; readonly pieces?: undefined; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly pieces: PieceData; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly pieces?: undefined; readonly problem: Problem };
