/** How each block of the output is stored. */
import { BlockType, type Compression } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { CompressionChoice } from "../write/compress-payload.js";
import { KeptFrame } from "./kept-frames.js";
import type { TranscodeCompression } from "./options.js";

/** Writers store these plain. */
const PLAIN: ReadonlySet<number> = new Set([BlockType.ProcessIdentity, BlockType.ImportProvenance, BlockType.ThreadContext]);

/** For one block; without `compression` it is left to the writer. */
export interface StorageChoice {
  readonly compression?: CompressionChoice;
  readonly offered?: KeptFrame;
}

export class CompressionPolicy {
  readonly #keep: boolean;
  readonly #limit: number;
  /** What holds for blocks that are not told otherwise. */
  readonly standard: CompressionChoice;

  /** `limit`: most bytes of a payload that is held in memory to be compressed. */
  constructor(choice: TranscodeCompression, limit: number) {
    this.#keep = choice === "keep";
    this.#limit = limit;
    this.standard = choice === "keep" ? "none" : choice;
  }

  /** `stored`: how the source has the payload. */
  choose(block: CaptureBlock, stored: Compression, signal: AbortSignal | undefined): StorageChoice {
    if (!this.#keep || PLAIN.has(block.type)) return {};
    if (stored === "none" || stored === "reserved") return { compression: "none" };
    const offers = block.compression !== "none" && !block.truncated && block.stored().size <= this.#limit;
    return { compression: stored, ...(offers && { offered: new KeptFrame(block, signal) }) };
  }
}
