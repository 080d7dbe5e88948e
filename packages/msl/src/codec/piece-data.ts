import type { CodecName, CodecSize } from "./codecs.js";

/** What the decoder has to know of compressed data; one object for the same data. */
export interface PieceData {
  readonly codec: CodecName;
  /** Where it begins in what is stored. */
  readonly at: number;
  readonly size: CodecSize;
  readonly windowLimit: number;
}
